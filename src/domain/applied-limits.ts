/** Every limit that applies to a key, with its source, and which of them can ever refuse a request that the others admit. */

import type { Rate } from "./bucket.ts";
import { DAY_MS, HOUR_MS } from "./durations.ts";
import type { OwnLimits } from "./key.ts";
import type { Limits } from "./limits.ts";
import type { Period, Quota } from "./quota.ts";

export type Limit = ({ readonly kind: "rate" } & Rate) | ({ readonly kind: "quota" } & Quota);

export interface AppliedLimit {
  readonly source: "plan" | "key";
  readonly limit: Limit;
  /** A limit that is always reached first or at the same time; `undefined` if this one binds. */
  readonly boundBy: Pick<AppliedLimit, "source" | "limit"> | undefined;
}

export function appliedLimits(plan: Limits | undefined, own: OwnLimits | null): AppliedLimit[] {
  const all = [...listOf("plan", plan), ...listOf("key", own)];
  const bounds = (a: number, b: number) => isBound((all[b] as Sourced).limit, (all[a] as Sourced).limit);
  // Of two that bound each other, the first binds.
  const isFirst = (a: number, b: number) => a !== b && bounds(a, b) && (!bounds(b, a) || a < b);
  const boundersOf = (b: number) => all.filter((_, a) => isFirst(a, b));
  const binding = all.filter((_, b) => boundersOf(b).length === 0);
  return all.map((limit, b) => {
    const bounders = boundersOf(b);
    return { ...limit, boundBy: bounders.find((one) => binding.includes(one)) ?? bounders[0] };
  });
}

type Sourced = Pick<AppliedLimit, "source" | "limit">;

function listOf(source: "plan" | "key", limits: Limits | OwnLimits | null | undefined): Sourced[] {
  return [
    ...(limits?.rates ?? []).map((rate) => ({
      source,
      limit: { ...rate, kind: "rate" as const, burst: rate.burst ?? rate.limit },
    })),
    ...(limits?.quotas ?? []).map((quota) => ({ source, limit: { ...quota, kind: "quota" as const } })),
  ];
}

/** Whether `by` never admits what `limit` refuses. */
function isBound(limit: Limit, by: Limit): boolean {
  if (limit.kind === "rate") return by.kind === "rate" ? isRateBound(limit, by) : isRateBoundByQuota(limit, by);
  return by.kind === "quota" ? isQuotaBound(limit, by) : isQuotaBoundByRate(limit, by);
}

function isRateBound(rate: Rate, by: Rate): boolean {
  return by.burst <= rate.burst && by.limit * rate.window <= rate.limit * by.window;
}

function isQuotaBound(quota: Quota, by: Quota): boolean {
  const periods = Math.max(1, Math.round(MAX_PERIOD_MS[quota.per] / MIN_PERIOD_MS[by.per]));
  return by.limit * periods <= quota.limit;
}

/** A rate admits at most its burst and what comes back in the period. */
function isQuotaBoundByRate(quota: Quota, by: Rate): boolean {
  return by.burst + Math.floor((by.limit * MAX_PERIOD_MS[quota.per]) / (by.window * 1000)) <= quota.limit;
}

/** Around the border of two periods a quota can be used up twice at once. */
function isRateBoundByQuota(rate: Rate, by: Quota): boolean {
  return 2 * by.limit <= rate.burst && by.limit * rate.window * 1000 <= rate.limit * MIN_PERIOD_MS[by.per];
}

const MAX_PERIOD_MS: Record<Period, number> = { hour: HOUR_MS, day: DAY_MS, month: 31 * DAY_MS };
const MIN_PERIOD_MS: Record<Period, number> = { hour: HOUR_MS, day: DAY_MS, month: 28 * DAY_MS };
