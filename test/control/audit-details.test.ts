import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundedDetails, MAX_BYTES } from "../../src/control/audit-details.ts";
import { differences } from "../../src/control/validation.ts";

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

describe("the details of an audit event", () => {
  test("stay as they are where they are short", () => {
    const details = {
      name: { from: "Key", to: "New" },
      scopes: ["a:read", "b:write"],
      reason: null,
      grace_seconds: 60,
    };
    expect(boundedDetails(details)).toEqual(details);
  });

  test("say of a text that was cut how long it was", () => {
    const { description } = boundedDetails({ description: { from: null, to: "a".repeat(2_000) } });
    expect(description).toEqual({ from: null, to: `${"a".repeat(200)}… (2000 characters)` });
  });

  test("say of a list that was cut how many are missing", () => {
    const scopes = Array.from({ length: 60 }, (_, at) => `r${at}:read`);
    expect(boundedDetails({ scopes })).toEqual({ scopes: [...scopes.slice(0, 50), "… and 10 more"] });
  });

  test("cut no character in two", () => {
    const { name } = boundedDetails({ name: `${"a".repeat(199)}😀 and more` });
    expect(name).toBe(`${"a".repeat(199)}… (210 characters)`);
  });

  test.each([
    ["texts of control characters, which JSON writes six times as long", "\u0000".repeat(2_000)],
    ["texts of four bytes a character", "😀".repeat(1_000)],
    ["long lists", Array.from({ length: 500 }, () => "x".repeat(64))],
    ["long lists of long lists", Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => "x".repeat(64)))],
    ["long lists of records", Array.from({ length: 500 }, () => ({ name: "x".repeat(64), limit: 1, window: 60 }))],
  ])("never grow beyond their bound: %s", (_, value) => {
    const names = ["name", "description", "scopes", "workspace_ids", "allowed_addresses", "limits"];
    const details = Object.fromEntries(names.map((name) => [name, { from: value, to: value }]));
    expect(bytesOf(boundedDetails(details))).toBeLessThanOrEqual(MAX_BYTES);
  });

  test("never grow beyond their bound, whatever they hold", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything({ values: [fc.string({ maxLength: 3_000 })] })), (details) => {
        expect(bytesOf(boundedDetails(details))).toBeLessThanOrEqual(MAX_BYTES);
      }),
    );
  });
});

describe("what an event says of a changed list", () => {
  test("is the list before and after, where both are short", () => {
    expect(differences({ scopes: ["a"] }, { scopes: ["b"] })).toEqual({ scopes: { from: ["a"], to: ["b"] } });
  });

  test("is what went and what came, where one is long, so that a cut hides no change of a few", () => {
    const scopes = Array.from({ length: 500 }, (_, at) => `r${at}:read`);
    const changed = [...scopes.slice(1), "admin"];
    expect(differences({ scopes }, { scopes: changed })).toEqual({
      scopes: { removed: ["r0:read"], added: ["admin"] },
    });
  });
});
