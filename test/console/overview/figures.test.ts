import { describe, expect, test } from "vitest";
import { before, lastDays } from "../../../src/console/frame/period.ts";
import { Figures } from "../../../src/console/overview/parts.tsx";
import type { UsageSum } from "../../../src/domain/usage-sums.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.UTC(2026, 10, 30);

/** What the overview says of the last `days`, if each whole hour or day had as many requests as `countAt` says. */
function textOf(days: number, now: number, countAt: (at: number) => number): string {
  const period = lastDays(days, now);
  const size = period.by === "day" ? DAY : HOUR;
  const sumsOf = ({ from, to }: { from: number; to: number }) =>
    Array.from({ length: (to - from) / size }, (_, n): UsageSum => {
      const [at, rest] = [from + n * size, { refused: 0, failed: 0, answered: [] }];
      const part = Math.min(1, (now - at) / size);
      return { group: { [period.by]: at, outcome: "forwarded" }, requests: Math.round(part * countAt(at)), ...rest };
    });
  const page = String(Figures({ period, sums: sumsOf(period), previous: sumsOf(before(period)) }));
  return page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

describe("the overview compares whole hours and days alone", () => {
  test.for([
    [7, MIDNIGHT + 5 * MINUTE, "600"],
    [7, MIDNIGHT + 23 * HOUR, "696"],
    [30, MIDNIGHT + 5 * MINUTE, "2,900"],
    [1, MIDNIGHT + MINUTE, "2,302"],
  ] as const)("so that steady use of %i days is no change, at %i", ([days, now, requests]) => {
    expect(textOf(days, now, () => 100)).toContain(`Requests ${requests} as many as before`);
  });

  test("and says how much more or less it was", () => {
    const now = MIDNIGHT + 5 * MINUTE;
    const isRecent = (at: number) => at >= MIDNIGHT - 6 * DAY;
    expect(textOf(7, now, (at) => (isRecent(at) ? 150 : 100))).toContain("50 % more than before");
    expect(textOf(7, now, (at) => (isRecent(at) ? 80 : 100))).toContain("20 % fewer than before");
    expect(textOf(7, now, (at) => (isRecent(at) ? 80 : 0))).not.toContain("before");
  });
});
