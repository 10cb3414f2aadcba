/** What a rate's bucket has beyond the tokens that isolates can still spend. Pure. */

import { type Bucket, charge, type Rate, tokensIn, whenHolding } from "./bucket.ts";
import { SECOND_MS } from "./durations.ts";
import { type OpenLease, tokensOf } from "./open-lease.ts";

/** If this share of a rate's burst is left, tokens are plentiful, and the rest can be kept for long. */
export const PLENTIFUL_SHARE = 3 / 4;
/** The share of a burst that all isolates together can keep otherwise, each a few tokens, shortly. */
export const FEW_SHARE = 1 / 16;
/** The share of a burst that all kept leases have at most. */
const KEPT_SHARE = 1 - PLENTIFUL_SHARE + FEW_SHARE;
/** Nothing is kept of smaller bursts. */
export const MIN_KEPT_BURST = 64;
/** So late can a client come that waits as told: `Retry-After` has whole seconds, and the way takes time, too. */
const LATE_MS = 2 * SECOND_MS;

export function leftOf(rate: Rate, bucket: Bucket, leases: readonly OpenLease[]): number {
  return tokensIn(rate, bucket) - heldOf(rate, leases);
}

/** When there is one token more than is held, if every lease runs to its end. `leases`: in order of their ends. */
export function whenLeft(rate: Rate, bucket: Bucket, leases: readonly OpenLease[], now: number): number {
  const most = keptAtMost(rate.burst);
  let after = bucket;
  let held = tokensOf(leases);
  let kept = tokensOf(leases.filter(isKept));
  for (const lease of leases) {
    const beyond = Math.max(0, kept - most);
    const at = whenHolding(rate, after, held - beyond + 1);
    // At its end, what was not held for it counts as spent, too.
    if (at <= lease.endsAt - (beyond > 0 ? LATE_MS : 0)) return Math.max(at, now);
    after = charge(rate, after, lease.tokens, lease.endsAt);
    held -= lease.tokens;
    if (isKept(lease)) kept -= lease.tokens;
  }
  return Math.max(whenHolding(rate, after, 1), now);
}

function heldOf({ burst }: Rate, leases: readonly OpenLease[]): number {
  const kept = tokensOf(leases.filter(isKept));
  return tokensOf(leases) - Math.max(0, kept - keptAtMost(burst));
}

const isKept = ({ isKept = false }: OpenLease) => isKept;

/**
 * If kept leases have more, a wider rate lent the rest. The rest does not block this rate: with its whole burst it is still no more than
 * the burst of the wider one, which is at least `MIN_KEPT_BURST`.
 */
function keptAtMost(burst: number): number {
  const beside = MIN_KEPT_BURST * (1 - KEPT_SHARE);
  return Math.min(Math.ceil(burst * KEPT_SHARE), Math.max(0, burst - beside));
}
