import { describe, expect, test } from "vitest";
import { type ClockHistory, isTrusted, readClock } from "../../src/domain/clock-history.ts";

const HOUR = 3_600_000;
const readings = (...times: number[]) =>
  times.reduce<ClockHistory | undefined>((known, at) => readClock(known, at), undefined) as ClockHistory;
const hourly = (from: number, count: number) => Array.from({ length: count }, (_, hour) => from + hour * HOUR);

describe("A clock is trusted", () => {
  test.each<[string, number[], boolean]>([
    ["not at its first reading", [0], false],
    ["not before a day has passed", hourly(0, 24), false],
    ["after a day without a jump", hourly(0, 25), true],
    [
      "after a day with pauses below three hours",
      [0, ...Array.from({ length: 9 }, (_, at) => (at + 1) * 2.9 * HOUR)],
      true,
    ],
    ["not if it is three hours ahead of the last reading", [...hourly(0, 25), 27 * HOUR], false],
    ["not if it is behind the last reading", [...hourly(0, 25), 24 * HOUR - 1], false],
    ["again a day after a jump", [...hourly(0, 25), ...hourly(1_000 * HOUR, 25)], true],
    [
      "not a day after the jump by which a jump ended",
      [...hourly(0, 25), 1_000 * HOUR, ...hourly(25 * HOUR, 24)],
      false,
    ],
  ])("%s", (_, times, trusted) => {
    expect(isTrusted(readings(...times))).toBe(trusted);
  });
});
