/** What a rate's bucket has beyond the tokens that isolates can still spend. Pure. */

import { type Bucket, charge, type Rate, tokensIn, whenHolding } from "./bucket.ts";
import type { OpenLease } from "./open-lease.ts";

/** The share of a burst that all kept leases have at most: a quarter where tokens are plentiful, and a sixteenth where they are scarce. */
const KEPT_SHARE = 5 / 16;
/** Nothing is kept of smaller bursts. */
export const MIN_KEPT_BURST = 64;

export function leftOf(rate: Rate, bucket: Bucket, leases: readonly OpenLease[]): number {
  return tokensIn(rate, bucket) - heldOf(rate, leases);
}

/** When there is one token more than is held, if every lease runs to its end. `leases`: in order of their ends. */
export function whenLeft(rate: Rate, bucket: Bucket, leases: readonly OpenLease[], now: number): number {
  let after = bucket;
  for (const [index, lease] of leases.entries()) {
    const at = whenHolding(rate, after, heldOf(rate, leases.slice(index)) + 1);
    if (at <= lease.endsAt) return Math.max(at, now);
    after = charge(rate, after, lease.tokens, lease.endsAt);
  }
  return Math.max(whenHolding(rate, after, 1), now);
}

function heldOf({ burst }: Rate, leases: readonly OpenLease[]): number {
  const sum = (kept: boolean) =>
    leases.reduce((tokens, lease) => ((lease.isKept ?? false) === kept ? tokens + lease.tokens : tokens), 0);
  return sum(false) + Math.min(sum(true), keptAtMost(burst));
}

/**
 * Kept leases have no more, or a wider rate has lent them. Those beyond do not block this rate: with its burst they are still no more
 * than the burst of the wider one, which is at least `MIN_KEPT_BURST`.
 */
function keptAtMost(burst: number): number {
  const beside = MIN_KEPT_BURST * (1 - KEPT_SHARE);
  return Math.min(Math.ceil(burst * KEPT_SHARE), Math.max(0, burst - beside));
}
