/**
 * Whether the next lease should be asked for before the present one is over, so that no request has to wait for it. Too early, and
 * there are more questions; for a key that is seldom used, a question in vain. Pure: time is an argument.
 */

import type { TokenLease } from "./lease.ts";

/** How a lease went until now. */
export interface Course {
  readonly lease: TokenLease;
  readonly lifeMs: number;
  /** Tokens; 0 if they are not counted. */
  readonly left: number;
  /** Requests that it served. */
  readonly spent: number;
  /** Since the question for it. */
  readonly elapsedMs: number;
  /** Of the question for it. */
  readonly roundTripMs: number;
}

/** After so many requests, more are expected at the same pace. */
const STEADY = 8;
/** Where tokens are scarce, leases have few of them and are used up before their time. */
const STEADY_WHERE_SCARCE = 16;
/** A lease is renewed when no more requests than these are expected before its end. */
const REQUESTS_AHEAD = 2;
/** A kept lease that is nearly used up is renewed unless fewer are expected before its end: a question in vain costs less than a wait. */
const REQUESTS_AHEAD_WHERE_KEPT = 1 / 2;
/** How many round trips an answer can take. */
const ROUND_TRIPS_AHEAD = 2;
/** The share of its tokens with which a lease is nearly used up. */
const LOW_SHARE = 1 / 16;
/** The share of its life in which it is never renewed because of its age. */
const YOUTH_SHARE = 1 / 2;

/** How often a lease is asked for again at the end of a denial, after a first question in vain. */
export const MAX_IN_VAIN = 3;

/** With so many tokens a lease is nearly used up. */
export const lowMark = ({ tokens }: TokenLease): number => Math.max(1, (tokens ?? 0) * LOW_SHARE);

export const youthMs = (lifeMs: number): number => lifeMs * YOUTH_SHARE;

export function isWorthRenewing({ lease, lifeMs, left, spent, elapsedMs, roundTripMs }: Course): boolean {
  // When it is its turn there can be a token. After other denials, only the authority knows.
  if (lease.denial) return left <= 1 && lease.denial.retryAfterMs <= (lease.rightsMs ?? 0);
  if (lease.tokens === 0) return false;
  const remainingMs = lifeMs - elapsedMs;
  const isLow = lease.tokens !== null && left <= lowMark(lease);
  // It lasts so long that few requests say enough.
  if (isLow && lifeMs > lease.ttlMs) return remainingMs * (spent + 1) >= REQUESTS_AHEAD_WHERE_KEPT * elapsedMs;
  if (spent < (lease.reportSoon ? STEADY_WHERE_SCARCE : STEADY)) return false;
  // Tokens that come back while nobody asks are not lent to others meanwhile.
  if (isLow && !lease.reportSoon) return true;
  if (elapsedMs < youthMs(lifeMs)) return false;
  return remainingMs * spent <= REQUESTS_AHEAD * elapsedMs || remainingMs <= ROUND_TRIPS_AHEAD * roundTripMs;
}

/** How many tokens the next lease should have, with those that are left: for as many requests as came until now, and some by chance. */
export function wantedAhead({ lease: { tokens }, spent, elapsedMs }: Course, forMs: number): number {
  if (!tokens) return 1;
  const expected = (spent * forMs) / Math.max(1, elapsedMs);
  return Math.min(2 * tokens, Math.ceil(expected + Math.sqrt(expected)));
}
