import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Rate } from "../../src/domain/bucket.ts";
import type { OwnLimits } from "../../src/domain/key.ts";
import { isUnlimited, type Limits, limitsOf, NO_LIMITS, nextBorder } from "../../src/domain/limits.ts";
import type { Period, Quota } from "../../src/domain/quota.ts";

const rate = (limit: number, window = 60, burst = limit): Rate => ({ name: "minute", limit, window, burst });
const quota = (limit: number, per: Period = "day"): Quota => ({ name: "calendar", limit, per });
const plan = (limits: Partial<Limits>): Limits => ({ ...NO_LIMITS, ...limits });
const own = (limits: Partial<OwnLimits>): OwnLimits => ({ rates: [], quotas: [], ...limits });

describe("the limits of a key", () => {
  test("without a plan and limits of its own there are none", () => {
    expect(limitsOf(undefined, null)).toEqual(NO_LIMITS);
    expect(isUnlimited(limitsOf(undefined, own({})))).toBe(true);
  });

  test("one rate or one quota is a limit", () => {
    expect(isUnlimited(plan({ rates: [rate(1)] }))).toBe(false);
    expect(isUnlimited(plan({ quotas: [quota(1)] }))).toBe(false);
  });

  test("those of the plan hold where the key has none of its own", () => {
    const limits = plan({ rates: [rate(60)], quotas: [quota(10)] });
    expect(limitsOf(limits, null)).toEqual(limits);
    expect(limitsOf(limits, own({}))).toEqual(limits);
  });

  test("a limit of the key's own by a name that its plan does not have is one more", () => {
    const second = { ...rate(2, 1), name: "second" };
    const month = { ...quota(100, "month"), name: "month" };
    expect(
      limitsOf(plan({ rates: [rate(60)], quotas: [quota(10)] }), own({ rates: [second], quotas: [month] })),
    ).toEqual({
      rates: [rate(60), second],
      quotas: [quota(10), month],
    });
  });

  test("the burst of a rate of the key's own is its limit unless it says otherwise", () => {
    expect(limitsOf(undefined, own({ rates: [{ name: "minute", limit: 5, window: 60 }] })).rates).toEqual([rate(5)]);
    expect(limitsOf(undefined, own({ rates: [rate(5, 60, 9)] })).rates).toEqual([rate(5, 60, 9)]);
  });

  test.each([
    ["lower", rate(60), rate(30), rate(30)],
    ["higher", rate(60), rate(90), rate(60)],
    ["slower by its window", rate(60, 60), rate(60, 120), rate(60, 120)],
    ["faster by its window", rate(60, 60), rate(60, 30), rate(60, 60)],
    ["slower, with a greater burst", rate(60), rate(59, 60, 1_000_000), rate(59, 60, 60)],
    ["as fast, with a greater burst", rate(60), rate(60, 60, 1_000_000), rate(60)],
    ["slower, over a window that makes for a greater burst", rate(60, 60), rate(3000, 3600), rate(3000, 3600, 60)],
    ["as fast, with a smaller burst", rate(60), rate(1, 1), rate(1, 1)],
    ["faster, with a smaller burst", rate(60), rate(90, 60, 5), rate(60, 60, 5)],
  ])("an own rate that is %s leaves the lower of the two", (_, planned, ownRate, expected) => {
    expect(limitsOf(plan({ rates: [planned] }), own({ rates: [ownRate] })).rates).toEqual([expected]);
  });

  test.each([
    ["lower", quota(10), quota(9), quota(9)],
    ["higher", quota(10), quota(11), quota(10)],
  ])("an own quota that is %s leaves the lower of the two", (_, planned, ownQuota, expected) => {
    expect(limitsOf(plan({ quotas: [planned] }), own({ quotas: [ownQuota] })).quotas).toEqual([expected]);
  });

  test("an own quota over another period holds beside the plan's, whatever its name", () => {
    const both = [quota(50, "hour"), quota(500, "day")];
    expect(limitsOf(plan({ quotas: [quota(50, "hour")] }), own({ quotas: [quota(500, "day")] })).quotas).toEqual(both);
  });

  test("whatever a key's own rate is, no interval allows more than the plan does", () => {
    const anyRate = fc
      .tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }))
      .map(([limit, window, burst]) => rate(limit, window, burst));
    const most = ({ limit, window, burst }: Rate, seconds: number) => burst + (limit * seconds) / window;
    fc.assert(
      fc.property(anyRate, anyRate, fc.nat(10_000), (planned, ownRate, seconds) => {
        const [merged] = limitsOf(plan({ rates: [planned] }), own({ rates: [ownRate] })).rates;
        for (const each of [planned, ownRate])
          expect(most(merged as Rate, seconds)).toBeLessThanOrEqual(most(each, seconds));
      }),
    );
  });
});

describe("the next border", () => {
  const now = Date.parse("2026-06-15T10:30:00Z");

  test("is the first at which any quota ends", () => {
    const quotas = (["month", "day", "hour"] as const).map((per) => quota(1, per));
    expect(nextBorder(plan({ quotas }), now)).toBe(Date.parse("2026-06-15T11:00Z"));
    expect(nextBorder(plan({ quotas: quotas.slice(0, 2) }), now)).toBe(Date.parse("2026-06-16T00:00Z"));
    expect(nextBorder(plan({ quotas: quotas.slice(0, 1) }), now)).toBe(Date.parse("2026-07-01T00:00Z"));
  });

  test("never comes where there are no quotas", () => {
    expect(nextBorder(plan({ rates: [rate(1)] }), now)).toBe(Number.POSITIVE_INFINITY);
  });
});
