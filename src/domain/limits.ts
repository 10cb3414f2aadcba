/** The limits of one key: those of its plan and its own, the lower of two of the same name. */

import type { Rate } from "./bucket.ts";
import type { OwnLimits } from "./key.ts";
import { accountOf, endOfPeriod, type Quota } from "./quota.ts";

export interface Limits {
  readonly rates: readonly Rate[];
  readonly quotas: readonly Quota[];
}

export const NO_LIMITS: Limits = { rates: [], quotas: [] };

export function isUnlimited(limits: Limits): boolean {
  return limits.rates.length === 0 && limits.quotas.length === 0;
}

export function limitsOf(plan: Limits | undefined, own: OwnLimits | null): Limits {
  if (own === null) return plan ?? NO_LIMITS;
  const ownRates = own.rates.map((rate): Rate => ({ ...rate, burst: rate.burst ?? rate.limit }));
  return {
    rates: merge(plan?.rates ?? [], ownRates, ({ name }) => name, lowerRate),
    quotas: merge(plan?.quotas ?? [], own.quotas, accountOf, lowerQuota),
  };
}

/** The first border of a quota's period after `now`. */
export function nextBorder(limits: Limits, now: number): number {
  return Math.min(...limits.quotas.map(({ per }) => endOfPeriod(per, now)));
}

/** Whether a key with `limits` could do more in some interval than one with `bound`. */
export function exceeds(limits: Limits, bound: Limits): boolean {
  const rates = new Map(limits.rates.map((rate) => [rate.name, rate]));
  const quotas = new Map(limits.quotas.map((quota) => [accountOf(quota), quota]));
  return (
    bound.rates.some((rate) => {
      const own = rates.get(rate.name);
      return !own || own.limit / own.window > rate.limit / rate.window || own.burst > rate.burst;
    }) || bound.quotas.some((quota) => (quotas.get(accountOf(quota))?.limit ?? Number.POSITIVE_INFINITY) > quota.limit)
  );
}

/** The slower of the two with the smaller burst: above neither of them in any interval. */
function lowerRate(planned: Rate, own: Rate): Rate {
  const slower = own.limit / own.window <= planned.limit / planned.window ? own : planned;
  return { ...slower, burst: Math.min(own.burst, planned.burst) };
}

function lowerQuota(planned: Quota, own: Quota): Quota {
  return own.limit <= planned.limit ? own : planned;
}

/** One limit for each account: the lower one if the plan and the key both have it. */
function merge<T>(
  plan: readonly T[],
  own: readonly T[],
  account: (limit: T) => string,
  lower: (planned: T, own: T) => T,
): T[] {
  const merged = new Map(plan.map((limit) => [account(limit), limit]));
  for (const limit of own) {
    const planned = merged.get(account(limit));
    merged.set(account(limit), planned ? lower(planned, limit) : limit);
  }
  return [...merged.values()];
}
