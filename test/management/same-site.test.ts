import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { isSameSite } from "../../src/management/same-site.ts";
import { readSession } from "../../src/management/session.ts";
import { codeOf, controlOf, GATEWAY } from "../helpers/control.ts";
import { makeMember, makeOrganization, sessionTokenFor } from "../helpers/people.ts";
import { migrate } from "../helpers/workerd.ts";

const SITE = GATEWAY.controlUrl;
const control = controlOf();
let token: string;

beforeAll(async () => {
  await migrate();
  token = await sessionTokenFor(control, (await makeMember(await makeOrganization())).id);
});

function request(method: string, headers: Record<string, string | undefined>, cookie?: string, site = SITE): Request {
  const sent = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Request(`${site}/v1/sessions`, {
    method,
    headers: [...sent, ...(cookie ? [["Cookie", cookie]] : [])] as [string, string][],
  });
}

const bySession = async (method: string, headers: Record<string, string | undefined>, site = SITE) =>
  codeOf(await readSession(request(method, headers, `__Host-keygate_session=${token}`, site), control));

describe("a change by a browser's session", () => {
  test.each([
    ["same-origin", undefined, "granted"],
    ["same-origin", SITE, "granted"],
    ["same-origin", "null", "granted"],
    ["none", undefined, "granted"],
    ["none", SITE, "granted"],
    [undefined, SITE, "granted"],
    [undefined, undefined, "refused"],
    [undefined, "null", "refused"],
    [undefined, "", "refused"],
    [undefined, "https://evil.example", "refused"],
    [undefined, `${SITE}.evil.example`, "refused"],
    [undefined, `${SITE}:8443`, "refused"],
    [undefined, SITE.replace("https:", "http:"), "refused"],
    [undefined, `${SITE}, https://evil.example`, "refused"],
    ["same-origin", "https://evil.example", "refused"],
    ["none", "https://evil.example", "refused"],
    ["same-site", undefined, "refused"],
    ["same-site", SITE, "refused"],
    ["cross-site", undefined, "refused"],
    ["cross-site", SITE, "refused"],
    ["cross-site", "null", "refused"],
    ["cross-site", "https://evil.example", "refused"],
    ["", SITE, "refused"],
    ["SAME-ORIGIN", SITE, "refused"],
    ["same-origin, cross-site", SITE, "refused"],
  ])("with Sec-Fetch-Site %s and Origin %s is %s", async (site, origin, outcome) => {
    const headers = { "Sec-Fetch-Site": site, Origin: origin };
    expect(isSameSite(request("POST", headers))).toBe(outcome === "granted");
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"]) {
      const expected = outcome === "granted" ? "granted" : "cross_site_refused";
      expect([method, await bySession(method, headers)]).toEqual([method, expected]);
    }
  });
});

describe("a change by a browser's session, where the control plane has several hosts", () => {
  const OTHER = "https://console.example.com";
  const LOCAL = "http://localhost:8787";
  const SITES = [SITE, OTHER, LOCAL];

  test.each(SITES)("is granted at %s to a script of the same host, and to none of another", async (site) => {
    for (const [origin, sentFor] of SITES.flatMap((from) => [
      [from, "same-origin"],
      [from, undefined],
    ])) {
      const headers = { "Sec-Fetch-Site": sentFor, Origin: origin };
      const expected = origin === site ? "granted" : "cross_site_refused";
      expect([origin, sentFor, await bySession("POST", headers, site)]).toEqual([origin, sentFor, expected]);
    }
  });

  test.each([
    [SITE, OTHER],
    [OTHER, SITE],
  ])("is refused at %s to a page of %s, which the browser calls the same site", async (site, origin) => {
    const headers = { "Sec-Fetch-Site": "same-site", Origin: origin };
    expect(await bySession("POST", headers, site)).toBe("cross_site_refused");
  });
});

describe("a reading by a browser's session", () => {
  test.each([
    [undefined, undefined, "granted"],
    ["same-origin", "cors", "granted"],
    ["same-origin", "navigate", "granted"],
    ["none", "navigate", "granted"],
    ["cross-site", "navigate", "granted"],
    ["same-site", "navigate", "granted"],
    ["cross-site", "cors", "cross_site_refused"],
    ["cross-site", "no-cors", "cross_site_refused"],
    ["cross-site", "websocket", "cross_site_refused"],
    ["cross-site", undefined, "cross_site_refused"],
    ["same-site", "cors", "cross_site_refused"],
    ["same-site", "no-cors", "cross_site_refused"],
  ])("with Sec-Fetch-Site %s and Sec-Fetch-Mode %s: %s", async (site, mode, outcome) => {
    for (const method of ["GET", "HEAD"]) {
      expect(await bySession(method, { "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode })).toBe(outcome);
    }
  });
});

describe("the session of a request", () => {
  const read = (cookie?: string) => readSession(request("GET", {}, cookie), control);

  test.each([undefined, "", "other=1", "keygate_session=x", "__Secure-keygate_session=x", "x__Host-keygate_session=x"])(
    "is none where its cookies are %j",
    async (cookie) => {
      expect(await read(cookie)).toBeUndefined();
    },
  );

  test("is found among other cookies", async () => {
    expect(await read(`a=1; __Host-keygate_session=${token}; b=2`)).toMatchObject({ revokedAt: null });
  });

  test.each(["", "x", `kgs_${"A".repeat(43)}`, "%E0%A4%A", '"'])(
    "has ended where its cookie holds %j",
    async (value) => {
      expect(codeOf(await read(`__Host-keygate_session=${value}`))).toBe("session_ended");
    },
  );

  test("is not looked up for another site", async () => {
    const calls: string[] = [];
    const db = new Proxy(env.DB, { get: (_, name) => calls.push(String(name)) });
    const cookie = `__Host-keygate_session=${token}`;
    const foreign = request("POST", { "Sec-Fetch-Site": "cross-site" }, cookie);
    expect(codeOf(await readSession(foreign, { ...control, db }))).toBe("cross_site_refused");
    expect(calls).toEqual([]);
  });
});
