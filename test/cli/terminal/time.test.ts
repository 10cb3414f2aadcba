import { expect, test } from "vitest";
import { rowOf } from "../../../src/cli/import/row.ts";
import { time } from "../../../src/cli/terminal/options.ts";
import { NO_TIMES, SAME_TIMES } from "../../domain/times.ts";

const TERMS = { reach: "organization", permission: "read-only", scopes: ["read:all"] };
const importOf = (expires_at: unknown) => rowOf({ sha256: "0".repeat(64), name: "A", expires_at }, TERMS);

test.each(NO_TIMES)("neither an option nor an import takes %j for a day or a time", (text) => {
  expect(() => time(text)).toThrow("Give a day such as");
  expect(importOf(text)).toEqual({ problem: expect.stringMatching(/^expires_at must be a day/) });
});

test.each(["2027-01-31", ...SAME_TIMES("2027-01-31", "2027-01-30")])("options and imports take %j", (text) => {
  expect(time(text)).toBe("2027-01-31T00:00:00.000Z");
  expect(importOf(text)).toMatchObject({ row: { expires_at: "2027-01-31T00:00:00.000Z" } });
});

test.each([20270131, 1801353600000, ["2027-01-31"], {}, true])("an import does not take the JSON value %j", (value) => {
  expect(importOf(value)).toHaveProperty("problem");
});
