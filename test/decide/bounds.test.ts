import { describe, expect, test } from "vitest";
import { compile } from "../../src/config/compile.ts";
import { checkBounds, checkControlRequest, readUrl } from "../../src/decide/bounds.ts";
import { type Code, isRefusal } from "../../src/errors.ts";
import { CONFIG } from "../gateway/config.ts";

const KB = 1024;
function codeOf(url: string, headers: [string, string][] = []): Code | undefined {
  const read = checkBounds(new URL(url), new Headers(headers));
  return isRefusal(read) ? read.code : undefined;
}

describe("how much of a request is taken", () => {
  test("is a URL of 16 KB, and not one byte more", () => {
    const base = "https://h.test/";
    expect(codeOf(base.padEnd(16 * KB, "a"))).toBeUndefined();
    expect(codeOf(base.padEnd(16 * KB + 1, "a"))).toBe("url_too_long");
  });

  test("is 64 KB of header fields, names included, and not one byte more", () => {
    expect(codeOf("https://h.test/", [["x", "a".repeat(64 * KB - 1)]])).toBeUndefined();
    expect(codeOf("https://h.test/", [["x", "a".repeat(64 * KB)]])).toBe("headers_too_large");
    const halves: [string, string][] = [
      ["x", "a".repeat(32 * KB)],
      ["y", "a".repeat(32 * KB)],
    ];
    expect(codeOf("https://h.test/", halves)).toBe("headers_too_large");
  });

  test("is 200 header fields, and not one more", () => {
    const fields = (count: number) => Array.from({ length: count }, (_, i): [string, string] => [`x-${i}`, "a"]);
    expect(codeOf("https://h.test/", fields(200))).toBeUndefined();
    expect(codeOf("https://h.test/", fields(201))).toBe("headers_too_large");
  });

  test("is an Authorization of any length: the step that reads it says what is wrong", () => {
    expect(codeOf("https://h.test/", [["Authorization", "a".repeat(100 * KB)]])).toBeUndefined();
  });

  test("is a body of 100 MB as announced, and not one byte more", () => {
    expect(codeOf("https://h.test/", [["Content-Length", `${100 * KB * KB}`]])).toBeUndefined();
    expect(codeOf("https://h.test/", [["Content-Length", `${100 * KB * KB + 1}`]])).toBe("body_too_large");
  });

  test("is read with the names of all its headers, in lower case", () => {
    const headers = { Accept: "*/*", Authorization: "Bearer a", "X-One": "1" };
    expect(checkBounds(new URL("https://h.test/"), new Headers(headers))).toEqual(["accept", "authorization", "x-one"]);
  });
});

describe("a URL", () => {
  const read = (text: string, urlBytes = 100) => {
    const url = readUrl(text, { urlBytes });
    return isRefusal(url) ? url : url.href;
  };
  const base = "https://h.test/";

  test("is not read where it is longer than any route takes", () => {
    expect(read(base.padEnd(100, "a"))).toBe(base.padEnd(100, "a"));
    expect(read(base.padEnd(101, "a"))).toEqual({ code: "url_too_long", limit: 100 });
    expect(read(`${base}${"a/../".repeat(20)}`)).toEqual({ code: "url_too_long", limit: 100 });
  });

  test("is measured in the form that is forwarded too", () => {
    expect(read(`${base}${'"'.repeat(28)}`)).toBe(`${base}${"%22".repeat(28)}`);
    expect(read(`${base}${'"'.repeat(29)}`)).toEqual({ code: "url_too_long", limit: 100 });
  });

  test.each(["*", "http://a,b:c/", ""])("that is none (%j) is at no base URL", (text) => {
    expect(read(text)).toBe("http://unknown.invalid/");
  });

  test("may be as long as the route takes that takes the longest", () => {
    const limits = (urlBytes: number) => ({ ...CONFIG.routes[0], limits: { urlBytes } }) as (typeof CONFIG.routes)[0];
    expect(compile(CONFIG).urlBytes).toBe(16 * KB);
    expect(compile({ ...CONFIG, routes: [limits(300)] }).urlBytes).toBe(16 * KB);
    expect(compile({ ...CONFIG, routes: [limits(40_000)] }).urlBytes).toBe(40_000);
  });
});

describe("a request of the control plane", () => {
  const codeAt = (path: string, headers: [string, string][] = []) =>
    checkControlRequest(new URL(path, "https://keys.test"), new Headers(headers))?.code;

  test("has a URL whose parts can be decoded", () => {
    for (const path of ["/", "/errors/x", "/audit?q=%C3%A9+%20", "/?a=%25"]) expect(codeAt(path)).toBeUndefined();
    for (const path of ["/errors/%E4x", "/sign-in/%", "/?q=%zz", `/errors/${"%E4x".repeat(4_000)}`]) {
      expect(codeAt(path)).toBe("request_invalid");
    }
  });

  test("has no more of anything than other requests", () => {
    expect(codeAt("/", [["x", "a".repeat(64 * KB)]])).toBe("headers_too_large");
    expect(codeAt(`/${"a".repeat(16 * KB)}`)).toBe("url_too_long");
  });
});
