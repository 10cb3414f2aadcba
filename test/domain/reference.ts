/** What limits promise, worked out the naive way from the moments at which tokens were truly spent. */

import type { Rate } from "../../src/domain/bucket.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { type Quota, startOfPeriod } from "../../src/domain/quota.ts";

/** Every interval between two spends is looked at; `undefined` if none holds more than burst + limit·Δ/window. */
export function overRate({ name, limit, window, burst }: Rate, spends: readonly number[]): string | undefined {
  const sorted = spends.toSorted((a, b) => a - b);
  for (let i = 0; i < sorted.length; i++) {
    for (let j = i; j < sorted.length; j++) {
      const [from, to, count] = [sorted[i] as number, sorted[j] as number, j - i + 1];
      if ((count - burst) * window * 1000 > limit * (to - from)) return `${name}: ${count} from ${from} to ${to}`;
    }
  }
  return undefined;
}

/** `undefined` if no period holds more than the limit. */
export function overQuota({ name, limit, per }: Quota, spends: readonly number[]): string | undefined {
  for (const [start, within] of Map.groupBy(spends, (at) => startOfPeriod(per, at))) {
    if (within.length > limit) return `${name}: ${within.length} in the ${per} from ${start}`;
  }
  return undefined;
}

export function violations({ rates, quotas }: Limits, spends: readonly number[]): string[] {
  return [...rates.map((rate) => overRate(rate, spends)), ...quotas.map((quota) => overQuota(quota, spends))].filter(
    (violation) => violation !== undefined,
  );
}
