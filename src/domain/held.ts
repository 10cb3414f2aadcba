/** What a rate's bucket has beyond the tokens that isolates can still spend. Pure. */

import { type Bucket, charge, type Rate, tokensIn, whenHolding } from "./bucket.ts";
import type { Charge } from "./journal.ts";
import { isKeptShortly, type OpenLease, presumed, tokensOf } from "./open-lease.ts";

/** If this share of a rate's burst is left, tokens are plentiful, and the rest can be kept for long. */
export const PLENTIFUL_SHARE = 3 / 4;
/** The share of a burst that all isolates together can keep otherwise, each a few tokens, shortly. */
export const FEW_SHARE = 1 / 16;
/** The share of a burst that all leases which are kept for long have at most. */
const KEPT_SHARE = 1 - PLENTIFUL_SHARE + FEW_SHARE;
/** Nothing is kept of smaller bursts. */
export const MIN_KEPT_BURST = 64;

export function leftOf(rate: Rate, bucket: Bucket, leases: readonly OpenLease[]): number {
  return tokensIn(rate, bucket) - heldOf(rate, leases);
}

/** What a rate holds for leases if none of them has ended. */
export function heldOf(rate: Rate, leases: readonly OpenLease[]): number {
  return held(rate, tokensOf(leases), keptOf(leases));
}

/** When there is one token more than is held, if every lease runs to its end. `leases`: in order of their ends. */
export function whenLeft(rate: Rate, bucket: Bucket, leases: readonly OpenLease[], now: number): number {
  let after = bucket;
  let [tokens, kept] = [tokensOf(leases), keptOf(leases)];
  for (const lease of leases) {
    const before = held(rate, tokens, kept);
    const at = whenHolding(rate, after, before + 1);
    if (at <= lease.endsAt) return Math.max(at, now);
    tokens -= lease.tokens;
    if (isKeptLong(lease)) kept -= lease.tokens;
    after = charge(rate, after, before - held(rate, tokens, kept), lease.endsAt);
  }
  return Math.max(whenHolding(rate, after, 1), now);
}

/** What a rate is charged for leases that have ended and nobody has reported. `open`: these and all others, in order of their ends. */
export function presumedOf(rate: Rate, ended: readonly OpenLease[], open: readonly OpenLease[]): readonly Charge[] {
  if (keptOf(open) <= keptAtMost(rate.burst)) return ended.map(presumed);
  return ended.map((lease) => ({ tokens: heldFor(rate, lease, open), at: lease.endsAt }));
}

/** What a rate held for a lease until its end, and no longer. So the end of a lease that nobody reports changes nothing for others. */
export function heldFor(rate: Rate, lease: OpenLease, open: readonly OpenLease[]): number {
  if (!isKeptLong(lease) || keptOf(open) <= keptAtMost(rate.burst)) return lease.tokens;
  const later = open.slice(open.indexOf(lease) + 1).filter(({ grantedAt }) => grantedAt <= lease.endsAt);
  return heldOf(rate, [lease, ...later]) - heldOf(rate, later);
}

/** Of so many tokens that isolates can spend, of which so many are kept for long. */
function held({ burst }: Rate, tokens: number, kept: number): number {
  return tokens - Math.max(0, kept - keptAtMost(burst));
}

/** Those that are kept shortly are held and charged in full: a rate's own would cost it nothing while many long ones of a wider rate are open. */
const isKeptLong = (lease: OpenLease) => lease.isKept === true && !isKeptShortly(lease);
const keptOf = (leases: readonly OpenLease[]) => tokensOf(leases.filter(isKeptLong));

/**
 * If leases that are kept for long have more, a wider rate lent the rest. The rest does not block this rate: with its whole burst it is
 * still no more than the burst of the wider one, which is at least `MIN_KEPT_BURST`.
 */
function keptAtMost(burst: number): number {
  const beside = MIN_KEPT_BURST * (1 - KEPT_SHARE);
  return Math.min(Math.ceil(burst * KEPT_SHARE), Math.max(0, burst - beside));
}
