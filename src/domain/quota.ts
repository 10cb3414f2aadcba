/** Calendar quotas: at most `limit` in each UTC hour, day or month. */

import { DAY_MS, HOUR_MS } from "./durations.ts";

export type Period = "hour" | "day" | "month";

export interface Quota {
  readonly name: string;
  readonly limit: number;
  readonly per: Period;
}

/** The name under which its use is counted: the same name with another period is another quota. */
export function accountOf({ name, per }: Quota): string {
  return `${name} per ${per}`;
}

export function periodOf(account: string): Period {
  return account.slice(account.lastIndexOf(" ") + 1) as Period;
}

export function startOfPeriod(per: Period, now: number): number {
  const date = new Date(now);
  if (per === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  const length = PERIOD_MS[per];
  return Math.floor(now / length) * length;
}

export function endOfPeriod(per: Period, now: number): number {
  const date = new Date(now);
  if (per === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  return startOfPeriod(per, now) + PERIOD_MS[per];
}

const PERIOD_MS = { hour: HOUR_MS, day: DAY_MS };
