import fc from "fast-check";
import { expect, test } from "vitest";
import { barsOf } from "../../../src/console/frame/chart.tsx";
import { lastOf, nameIn, startsOf } from "../../../src/console/frame/period.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 29, 2, 19, 30);

test("a chart of n hours or days has n bars, each with another name, at whatever moment it is drawn", () => {
  const anyUnit = fc.constantFrom("hour" as const, "day" as const);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 90 }), anyUnit, fc.nat({ max: 4e12 }), (count, by, now) => {
      const period = lastOf(count, by, now);
      const starts = startsOf(period);
      expect(starts).toHaveLength(count);
      expect(new Set(starts.map((at) => nameIn(period, at))).size).toBe(count);
      expect(starts.every((at) => at % (by === "hour" ? HOUR : DAY) === 0)).toBe(true);
      expect(starts.at(-1)).toBeLessThanOrEqual(now);
      expect(period.to).toBeGreaterThan(now);
    }),
  );
});

test.for([
  [7, "day", "23 Nov 2026", "29 Nov 2026, so far"],
  [24, "hour", "28 Nov 2026, 03:00 UTC", "29 Nov 2026, 02:00 UTC, so far"],
] as const)("of the last %i, by %s, the first is %s and the last is %s", ([count, by, first, last]) => {
  const period = lastOf(count, by, NOW);
  const names = startsOf(period).map((at) => nameIn(period, at));
  expect([names[0], names.at(-1)]).toEqual([first, last]);
});

test("at midnight a day begins, and its chart has it", () => {
  const midnight = Date.UTC(2026, 10, 29);
  expect(startsOf(lastOf(2, "day", midnight))).toEqual([midnight - DAY, midnight]);
  expect(startsOf(lastOf(2, "day", midnight - 1))).toEqual([midnight - 2 * DAY, midnight - DAY]);
});

test("the first bar is a whole day, as a sum over that day is", () => {
  const period = lastOf(7, "day", NOW);
  expect(period.from % DAY).toBe(0);
  const sums = [
    { group: { day: period.from, outcome: "forwarded" }, requests: 2_337, refused: 0 },
    { group: { day: period.from, outcome: "rate_exceeded" }, requests: 5, refused: 5 },
  ];
  expect(barsOf(sums, period)[0]).toEqual({ at: period.from, forwarded: 2_337, limited: 5, refused: 0 });
});
