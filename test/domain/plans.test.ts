import { describe, expect, test } from "vitest";
import type { OwnLimits } from "../../src/domain/key.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { limitsOfRecord, type PlanSources, type Plans } from "../../src/domain/plans.ts";

const minute = (limit: number): Limits => ({
  rates: [{ name: "minute", limit, window: 60, burst: limit }],
  quotas: [],
});
const on = (plan: string | null, limits: OwnLimits | null = null) => ({ plan, limits });
const sources = (changes: Partial<PlanSources>): PlanSources => ({
  ...{ told: undefined, heard: undefined, own: {} },
  ...changes,
});

describe("the limits of a key on a plan", () => {
  const own: Plans = { free: minute(3) };
  const heard = { name: "free", limits: minute(5) };
  const told: Plans = { free: minute(8), other: minute(1) };

  test.each([
    ["as the question tells them, whatever else is known", { told, heard, own }, minute(8)],
    ["as they were heard last, where the question does not tell", { heard, own }, minute(5)],
    ["as heard, where the question tells of other plans", { told: { other: minute(1) }, heard, own }, minute(5)],
    ["as configured, where nobody ever told", { own }, minute(3)],
    ["as configured, where another plan was heard of", { heard: { name: "other", limits: minute(9) }, own }, minute(3)],
    ["not known, where nobody ever told and none are configured", {}, undefined],
  ])("are %s", (_, from, limits) => {
    expect(limitsOfRecord(on("free"), sources(from))?.limits).toEqual(limits);
  });

  test("are lowered by the key's own, which no question can raise", () => {
    const lower = { rates: [{ name: "minute", limit: 2, window: 60 }], quotas: [] };
    expect(limitsOfRecord(on("free", lower), sources({ told }))?.limits).toEqual(minute(2));
    expect(limitsOfRecord(on(null, lower), sources({ told }))?.limits).toEqual(minute(2));
  });

  test("are to be remembered only where the question tells them", () => {
    expect(limitsOfRecord(on("free"), sources({ told, heard, own }))?.heard).toEqual({
      name: "free",
      limits: minute(8),
    });
    expect(limitsOfRecord(on("free"), sources({ heard, own }))?.heard).toBeUndefined();
    expect(limitsOfRecord(on("free"), sources({ own }))?.heard).toBeUndefined();
    expect(limitsOfRecord(on(null), sources({ told, heard }))?.heard).toBeUndefined();
  });

  test("are those of a plan that is configured so, not of what every object has", () => {
    for (const name of ["constructor", "toString", "__proto__"]) {
      expect(limitsOfRecord(on(name), sources({ told, own }))).toBeUndefined();
    }
  });
});
