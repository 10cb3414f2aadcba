import { describe, expect, test } from "vitest";
import { announcedLength } from "../../src/gateway/length.ts";

describe("the announced length of a body", () => {
  test.each([
    ["0", 0],
    ["1366", 1366],
    ["0012", 12],
  ])("is what Content-Length says: %s", (text, length) => {
    expect(announcedLength(new Headers({ "Content-Length": text }))).toBe(length);
  });

  test.each([
    ["undefined"],
    ["NaN"],
    ["1366.5"],
    ["-1"],
    ["+5"],
    ["1e3"],
    ["0x10"],
    [""],
    ["5, 5"],
    ["99999999999999999999"],
  ])("is none if Content-Length is no length: %j", (text) => {
    expect(announcedLength(new Headers({ "Content-Length": text }))).toBeUndefined();
  });

  test("is none without Content-Length", () => {
    expect(announcedLength(new Headers())).toBeUndefined();
  });
});
