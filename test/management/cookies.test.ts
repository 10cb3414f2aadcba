import { describe, expect, test } from "vitest";
import { cookieIn, cookieLine } from "../../src/management/cookies.ts";

const read = (cookie: string | undefined) =>
  cookieIn(new Request("https://gateway.test/", { headers: cookie === undefined ? {} : { cookie } }), "session");

describe("A cookie of the console", () => {
  test("is for this host, over TLS, and for no script or form of another site", () => {
    expect(cookieLine("session", "a-b_1")).toBe("__Host-keygate_session=a-b_1; Path=/; HttpOnly; Secure; SameSite=Lax");
    expect(cookieLine("session", "", 0)).toBe(
      "__Host-keygate_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
    );
  });

  test.for<[cookie: string | undefined, value: string | undefined]>([
    [undefined, undefined],
    ["", undefined],
    ["__Host-keygate_session=a", "a"],
    ["other=1; __Host-keygate_session=a=b ;more=2", "a=b"],
    ["__Host-keygate_session=", ""],
    ["__Host-keygate_session=first; __Host-keygate_session=second", "first"],
    ["__Host-keygate_sessions=a; x__Host-keygate_session=b; keygate_session=c", undefined],
    ["other=__Host-keygate_session=a", undefined],
    ["__Host-keygate_session=%E0%A4%A", "%E0%A4%A"],
  ])("in %j is %j", ([cookie, value]) => {
    expect(read(cookie)).toBe(value);
  });
});
