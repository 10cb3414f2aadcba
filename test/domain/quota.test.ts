import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { endOfPeriod, type Period, startOfPeriod } from "../../src/domain/quota.ts";

const at = (text: string) => Date.parse(text);
const PERIODS = ["hour", "day", "month"] as const;

describe("the periods of a quota", () => {
  test.each<[Period, string, string, string]>([
    ["hour", "2026-06-15T10:00:00.000Z", "2026-06-15T10:00Z", "2026-06-15T11:00Z"],
    ["hour", "2026-06-15T10:59:59.999Z", "2026-06-15T10:00Z", "2026-06-15T11:00Z"],
    ["hour", "2026-12-31T23:30:00.000Z", "2026-12-31T23:00Z", "2027-01-01T00:00Z"],
    ["day", "2026-06-15T00:00:00.000Z", "2026-06-15T00:00Z", "2026-06-16T00:00Z"],
    ["day", "2026-06-15T23:59:59.999Z", "2026-06-15T00:00Z", "2026-06-16T00:00Z"],
    ["day", "2028-02-28T12:00:00.000Z", "2028-02-28T00:00Z", "2028-02-29T00:00Z"],
    ["day", "2026-02-28T12:00:00.000Z", "2026-02-28T00:00Z", "2026-03-01T00:00Z"],
    ["day", "2026-12-31T12:00:00.000Z", "2026-12-31T00:00Z", "2027-01-01T00:00Z"],
    // Where summer time begins or ends, a day in UTC has 24 hours all the same.
    ["day", "2026-03-29T12:00:00.000Z", "2026-03-29T00:00Z", "2026-03-30T00:00Z"],
    ["month", "2026-06-01T00:00:00.000Z", "2026-06-01T00:00Z", "2026-07-01T00:00Z"],
    ["month", "2026-06-30T23:59:59.999Z", "2026-06-01T00:00Z", "2026-07-01T00:00Z"],
    ["month", "2028-02-29T23:59:59.999Z", "2028-02-01T00:00Z", "2028-03-01T00:00Z"],
    ["month", "2026-02-10T00:00:00.000Z", "2026-02-01T00:00Z", "2026-03-01T00:00Z"],
    ["month", "2026-12-31T23:59:59.999Z", "2026-12-01T00:00Z", "2027-01-01T00:00Z"],
  ])("the %s of %s lasts from %s until %s", (per, now, start, end) => {
    expect(startOfPeriod(per, at(now))).toBe(at(start));
    expect(endOfPeriod(per, at(now))).toBe(at(end));
  });

  const anyMoment = fc.integer({ min: 0, max: at("2200-01-01T00:00Z") });

  test.each(PERIODS)("every moment is in one %s, and the next begins where it ends", (per) => {
    fc.assert(
      fc.property(anyMoment, (now) => {
        const [start, end] = [startOfPeriod(per, now), endOfPeriod(per, now)];
        expect(start).toBeLessThanOrEqual(now);
        expect(end).toBeGreaterThan(now);
        expect(startOfPeriod(per, start)).toBe(start);
        expect(startOfPeriod(per, end - 1)).toBe(start);
        expect(startOfPeriod(per, end)).toBe(end);
      }),
    );
  });

  test("hours lie within days, and days within months", () => {
    fc.assert(
      fc.property(anyMoment, (now) => {
        const starts = (["month", "day", "hour"] as const).map((per) => startOfPeriod(per, now));
        const ends = (["hour", "day", "month"] as const).map((per) => endOfPeriod(per, now));
        expect([...starts, now]).toEqual([...starts, now].sort((a, b) => a - b));
        expect([now, ...ends]).toEqual([now, ...ends].sort((a, b) => a - b));
      }),
    );
  });
});
