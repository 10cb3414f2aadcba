/** The limits of one key: those of its plan and its own, the lower of two of the same name. */

import type { Rate } from "./bucket.ts";
import type { OwnLimits } from "./key.ts";
import { endOfPeriod, type Quota } from "./quota.ts";

export interface Limits {
  readonly rates: readonly Rate[];
  readonly quotas: readonly Quota[];
}

export const NO_LIMITS: Limits = { rates: [], quotas: [] };

export function isUnlimited(limits: Limits): boolean {
  return limits.rates.length === 0 && limits.quotas.length === 0;
}

export function limitsOf(plan: Limits | undefined, own: OwnLimits | null): Limits {
  const ownRates = (own?.rates ?? []).map((rate): Rate => ({ ...rate, burst: rate.burst ?? rate.limit }));
  return {
    rates: lowerOfEach(plan?.rates ?? [], ownRates, (rate) => rate.limit / rate.window),
    quotas: lowerOfEach(plan?.quotas ?? [], own?.quotas ?? [], (quota) => quota.limit / LONGEST_HOURS[quota.per]),
  };
}

/** The first border of a quota's period after `now`. */
export function nextBorder(limits: Limits, now: number): number {
  return Math.min(...limits.quotas.map(({ per }) => endOfPeriod(per, now)));
}

const LONGEST_HOURS = { hour: 1, day: 24, month: 31 * 24 };

function lowerOfEach<T extends { name: string }>(
  plan: readonly T[],
  own: readonly T[],
  perTime: (limit: T) => number,
): T[] {
  const merged = new Map(plan.map((limit) => [limit.name, limit]));
  for (const limit of own) {
    const planned = merged.get(limit.name);
    if (!planned || perTime(limit) <= perTime(planned)) merged.set(limit.name, limit);
  }
  return [...merged.values()];
}
