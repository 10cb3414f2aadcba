import { describe, expect, test } from "vitest";
import { describe as describeRefusal, ERRORS, isRefusal } from "../../src/errors.ts";

describe("A refusal", () => {
  test("is told by a code of the table, also after it was copied on its way from another isolate", () => {
    for (const code of Object.keys(ERRORS)) expect(isRefusal(structuredClone({ code }))).toBe(true);
    expect(isRefusal({ code: "plan_unknown", plan: "free" })).toBe(true);
  });

  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "not_found"],
    ["an answer", new Response()],
    ["a list", []],
    ["a record that has a code of its own", { id: "org_1", code: "ACME" }],
    ["an empty code", { code: "" }],
    ["no code", { code: undefined }],
    ["a name that every object has", { code: "toString" }],
    ["another such name", { code: "__proto__" }],
    ["an error of the platform", new DOMException("gone", "AbortError")],
    ["an error of Node", Object.assign(new Error("refused"), { code: "ECONNREFUSED" })],
    ["a list of codes", { code: ["not_found"] }],
    ["what becomes a code", { code: { toString: () => "not_found" } }],
  ])("is not %s", (_, value) => {
    expect(isRefusal(value)).toBe(false);
  });

  test("describes the first five wrong fields in its detail, counts the others, and lists all of them", () => {
    const errors = Array.from({ length: 500 }, (_, at) => ({ field: `keys.${at}.name`, problem: "is too long" }));
    const { detail, members } = describeRefusal({ code: "validation_failed", errors });
    expect(detail).toMatch(/^keys\.0\.name: is too long; .*; keys\.4\.name: is too long; and 495 more$/);
    expect(members).toEqual({ errors });
  });
});
