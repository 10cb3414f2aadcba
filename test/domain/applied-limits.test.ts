import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appliedLimits, type Limit } from "../../src/domain/applied-limits.ts";
import { charge, fullBucket, refill, tokensIn } from "../../src/domain/bucket.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/domain/durations.ts";
import type { OwnLimits } from "../../src/domain/key.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { startOfPeriod } from "../../src/domain/quota.ts";

const rate = (name: string, limit: number, window: number, burst = limit) => ({ name, limit, window, burst });
const plan = (...rates: Limits["rates"]): Limits => ({ rates, quotas: [] });
const quotas = (...list: Limits["quotas"]): Limits => ({ rates: [], quotas: list });
const bindingOf = (of: Limits | undefined, own: OwnLimits | null) =>
  appliedLimits(of, own).map(
    ({ source, limit, boundBy }) =>
      `${source} ${limit.name}${boundBy ? ` < ${boundBy.source} ${boundBy.limit.name}` : ""}`,
  );

describe("the limits of a key", () => {
  test.for<[string, Limits | undefined, OwnLimits | null, string[]]>([
    ["none", undefined, null, []],
    [
      "the key's above the plan's",
      plan(rate("minute", 5, 60)),
      plan(rate("minute", 30, 60)),
      ["plan minute", "key minute < plan minute"],
    ],
    [
      "the same by another name",
      plan(rate("minute", 5, 60)),
      plan(rate("mine", 30, 60)),
      ["plan minute", "key mine < plan minute"],
    ],
    [
      "the key's below the plan's",
      plan(rate("minute", 5, 60)),
      plan(rate("minute", 3, 60)),
      ["plan minute < key minute", "key minute"],
    ],
    ["equal ones", plan(rate("a", 5, 60)), plan(rate("b", 5, 60)), ["plan a", "key b < plan a"]],
    ["a slower one with a larger burst", plan(rate("a", 5, 60)), plan(rate("b", 3, 60, 50)), ["plan a", "key b"]],
    ["the same speed, written otherwise", plan(rate("a", 1, 1)), plan(rate("b", 60, 60)), ["plan a", "key b < plan a"]],
    [
      "a quota that a rate never lets anyone reach",
      plan(rate("slow", 1, 3600)),
      quotas({ name: "day", limit: 25, per: "day" }),
      ["plan slow", "key day < plan slow"],
    ],
    [
      "a quota that is just in reach",
      plan(rate("slow", 1, 3600)),
      quotas({ name: "day", limit: 24, per: "day" }),
      ["plan slow", "key day"],
    ],
    [
      "quotas of two periods",
      quotas({ name: "h", limit: 10, per: "hour" }),
      quotas({ name: "d", limit: 240, per: "day" }, { name: "m", limit: 1000, per: "month" }),
      ["plan h", "key d < plan h", "key m"],
    ],
  ])("%s", ([, of, own, expected]) => expect(bindingOf(of, own)).toEqual(expected));

  test("that do not bind refuse nothing that the others admit", () => {
    const limits = fc.record({
      rates: fc.array(
        fc.record({
          name: fc.constantFrom("a", "b"),
          limit: fc.integer({ min: 1, max: 40 }),
          window: fc.constantFrom(1, 60, 3600),
          burst: fc.integer({ min: 1, max: 60 }),
        }),
        { maxLength: 2 },
      ),
      quotas: fc.array(
        fc.record({
          name: fc.constantFrom("q", "r"),
          limit: fc.integer({ min: 1, max: 300 }),
          per: fc.constantFrom("hour" as const, "day" as const, "month" as const),
        }),
        { maxLength: 2 },
      ),
    });
    // Near the end of a month, an hour and a day.
    const times = fc.array(fc.oneof(fc.constant(0), fc.nat(MINUTE_MS), fc.nat(2 * HOUR_MS)), {
      minLength: 20,
      maxLength: 200,
    });
    fc.assert(
      fc.property(limits, limits, times, (of, own, waits) => {
        const applied = appliedLimits(of, own);
        const all = applied.map(({ limit }) => limit);
        const binding = applied.filter(({ boundBy }) => !boundBy).map(({ limit }) => limit);
        expect(admitted(all, waits)).toEqual(admitted(binding, waits));
      }),
      { numRuns: 500 },
    );
  });
});

/** Which of these requests pass all limits. */
function admitted(limits: readonly Limit[], waits: readonly number[]): boolean[] {
  const start = Date.UTC(2026, 1, 28, 22);
  const rates = limits.flatMap((limit) => (limit.kind === "rate" ? [{ limit, bucket: fullBucket(limit, start) }] : []));
  const counts = limits.flatMap((limit) => (limit.kind === "quota" ? [{ limit, used: 0, period: 0 }] : []));
  let now = start;
  return waits.map((wait) => {
    now += wait;
    for (const one of counts) {
      const period = startOfPeriod(one.limit.per, now);
      if (period !== one.period) Object.assign(one, { period, used: 0 });
    }
    for (const one of rates) one.bucket = refill(one.limit, one.bucket, now);
    const passes =
      rates.every(({ limit, bucket }) => tokensIn(limit, bucket) >= 1) &&
      counts.every(({ limit, used }) => used < limit.limit);
    if (!passes) return false;
    for (const one of rates) one.bucket = charge(one.limit, one.bucket, 1, now);
    for (const one of counts) one.used++;
    return true;
  });
}
