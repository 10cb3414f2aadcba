/** The hours or days of a chart. All are whole but the last, which still runs. */

import type { Control } from "../../control/control.ts";
import { DAY_MS, HOUR_MS } from "../../domain/durations.ts";
import { dayOf } from "./words.ts";

export type Unit = "hour" | "day";
const SIZES = { hour: HOUR_MS, day: DAY_MS } as const;

export interface Period {
  readonly by: Unit;
  readonly from: number;
  /** The end of the hour or day that runs now. */
  readonly to: number;
}

/** The last `count` hours or days in UTC, with the one that runs now. */
export function lastOf(count: number, by: Unit, now: number): Period {
  const size = SIZES[by];
  const to = now - (now % size) + size;
  return { by, from: to - count * size, to };
}

/** The last `days` in UTC, or, of one, 24 hours. */
export function lastDays(days: number, now: number): Period {
  return days === 1 ? lastOf(24, "hour", now) : lastOf(days, "day", now);
}

/** As long, and just before it. */
export function before({ by, from, to }: Period): Period {
  return { by, from: from - (to - from), to: from };
}

/** Whether its usage is not deleted yet. */
export function isKept({ from }: Period, { gateway, now }: Pick<Control, "gateway" | "now">): boolean {
  return from > now() - gateway.retention.usageDays * DAY_MS;
}

/** When each begins. */
export function startsOf({ by, from, to }: Period): number[] {
  return Array.from({ length: (to - from) / SIZES[by] }, (_, at) => from + at * SIZES[by]);
}

/** "28 Nov 2026", "28 Nov 2026, 09:00 UTC", and that the last one is not over. */
export function nameIn({ by, to }: Period, at: number): string {
  const name = by === "day" ? dayOf(at) : `${dayOf(at)}, ${new Date(at).toISOString().slice(11, 16)} UTC`;
  return isRunning({ by, to }, at) ? `${name}, so far` : name;
}

export function isRunning({ by, to }: Pick<Period, "by" | "to">, at: number): boolean {
  return at + SIZES[by] >= to;
}
