/**
 * A lease: a key's record and some tokens of its limits, lent by the key's authority to one isolate for a short time.
 * While it lives, the isolate serves the key with no I/O. Durations travel, moments do not: the two clocks need not agree.
 */

import type { KeyRecord } from "./key.ts";
import type { Limits } from "./limits.ts";
import type { Plans } from "./plans.ts";
import type { UsageReport } from "./usage.ts";

/** How much longer the authority holds a lease's tokens than the isolate may spend them: covers drift between two clocks. */
export const LEASE_MARGIN_MS = 500;
/** The most by which an isolate's clock may run fast or slow. */
export const MAX_DRIFT = 0.005;

/** Tokens of an account's limits, lent for a short time. */
export interface TokenLease {
  readonly id: string;
  /** `null`: uncounted, for a key without limits, or one that may do nothing. */
  readonly tokens: number | null;
  /** From before the question was sent. */
  readonly ttlMs: number;
  /** Why there are no more tokens, where fewer than waited were granted, or none. */
  readonly denial: Denial | null;
  /** Every limit of the account, as it stands after this grant. */
  readonly policies: readonly PolicyState[];
  /** Tokens are scarce: if these are used up at once, that is to be reported at once, and not with the next question. */
  readonly reportSoon?: boolean;
}

export interface Lease extends TokenLease {
  readonly record: KeyRecord;
}

export interface Denial {
  readonly policy: string;
  readonly kind: "rate" | "quota";
  /** After this time, counted like the ttl, a token can exist. */
  readonly retryAfterMs: number;
}

export interface PolicyState {
  readonly name: string;
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
  /** Tokens that there can be at one time. */
  readonly capacity: number;
  /** Tokens that could be granted still, beside those of this lease. */
  readonly remaining: number;
  /** Until the limit is whole again, or, with nothing remaining, until there is one token. */
  readonly resetMs: number;
}

/** What an isolate tells of a lease that it has done with. */
export interface LeaseReport {
  readonly leaseId: string;
  readonly unspent: number;
  /** How long ago, on the isolate's clock, a token of it was last spent. */
  readonly idleMs: number;
}

/** What an isolate asks of an account. */
export interface TokenQuestion {
  /** Requests that wait for the answer. */
  readonly waiting: number;
  /** How many tokens recent demand would use up. */
  readonly wanted: number;
  readonly reports: readonly LeaseReport[];
}

/** What an isolate asks the authority of a key. */
export interface Question extends TokenQuestion {
  readonly environment: string;
  readonly keyId: string;
  /** The secret that was presented; an authority whose record lacks it looks again in D1. */
  readonly secretHash: string;
  /**
   * The limits of the key's plan, or of all plans where the isolate does not know yet which one that is. Absent where it
   * does not know the plan. Only isolates ask authorities, so that nobody else can name limits.
   */
  readonly plans?: Plans | undefined;
  /** What the isolate has counted, if anything. */
  readonly usage?: UsageReport | undefined;
}

/** Of an account that is no key's: the asker says what its limits are. */
export interface AccountQuestion extends TokenQuestion {
  readonly limits: Limits;
}

export type Answer =
  | { readonly kind: "lease"; readonly lease: Lease }
  | { readonly kind: "no_such_key" }
  | { readonly kind: "plan_unknown"; readonly plan: string };

/** The share of what is available that one isolate gets beyond the requests that wait: what it may keep for the next. */
const STOCK_SHARE = 1 / 9;

/**
 * How many of the `available` tokens to grant: one for each request that waits, and a stock for the demand expected. A
 * question of which nobody waits for the answer, and that wants nothing, only reports.
 */
export function leaseSize(available: number, { waiting, wanted }: Pick<TokenQuestion, "waiting" | "wanted">): number {
  if (waiting === 0 && wanted === 0) return 0;
  const served = Math.min(Math.max(1, waiting), available);
  const stock = Math.min(wanted - served, Math.floor((available - served) * STOCK_SHARE));
  return served + Math.max(0, stock);
}
