import { describe, expect, test } from "vitest";
import { type Code, isRefusal } from "../../src/errors.ts";
import { checkBounds } from "../../src/gateway/bounds.ts";

const KB = 1024;
function codeOf(url: string, headers: [string, string][] = []): Code | undefined {
  const read = checkBounds(new Request(url, { headers }));
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
    expect(checkBounds(new Request("https://h.test/", { headers }))).toEqual(["accept", "authorization", "x-one"]);
  });
});
