/**
 * A lease: a key's record and some tokens of its limits, lent by the key's authority to one isolate for a short time.
 * Until it expires, the isolate serves the key without I/O. Messages contain durations, not times, so the clocks need not agree.
 */

import { MINUTE_MS } from "./durations.ts";
import type { KeyRecord } from "./key.ts";
import type { Limits } from "./limits.ts";
import type { UsageReport } from "./usage.ts";

/** How much longer the authority holds a lease's tokens than the isolate can spend them: covers drift between two clocks. */
export const LEASE_MARGIN_MS = 500;
/** How long tokens can be kept where they are plentiful. */
export const KEEP_MS = 10 * MINUTE_MS;
/** How much an isolate's clock can run fast or slow at most. */
export const MAX_DRIFT = 0.005;

/** Tokens of an account's limits, lent for a short time. */
export interface TokenLease {
  readonly id: string;
  /** `null`: uncounted, for a key without limits, or a key that cannot do anything. */
  readonly tokens: number | null;
  /** From before the question was sent. Without tokens, no longer than the denial. */
  readonly ttlMs: number;
  /** Present if the denial ends with the isolate's turn: it asks again just then. How long its rights hold meanwhile. */
  readonly rightsMs?: number;
  /** Why there are no more tokens, if not every waiting request got one. */
  readonly denial: Denial | null;
  /** Every limit of the account, as it stands after this grant. */
  readonly policies: readonly PolicyState[];
  /** Tokens are scarce: if these are used up at once, report that at once, and not with the next question. */
  readonly reportSoon?: boolean;
  /** The lease that the question renews is over, and what was left of it is among these tokens. */
  readonly renewed?: boolean;
  /** From before the question was sent, its tokens can be spent for so long, if the feed says that the record is still right. */
  readonly keepMs?: number;
}

export interface Lease extends TokenLease {
  readonly record: KeyRecord;
  /** Of the newest change in D1 that the record includes, if the lease can be kept. */
  readonly number?: number | undefined;
}

export interface Denial {
  readonly policy: string;
  readonly kind: "rate" | "quota";
  /** After this time, counted from when the answer arrives, a token can exist. */
  readonly retryAfterMs: number;
}

export interface PolicyState {
  readonly name: string;
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
  /** Tokens that there can be at one time. */
  readonly capacity: number;
  /** Tokens that could still be granted, without those of this lease. */
  readonly remaining: number;
  /** Time until the limit is full again, or, if nothing remains, until there is one token. */
  readonly resetMs: number;
}

/** What an isolate reports about a finished lease. */
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
  /** The present lease, which is spent until the answer comes: what is left of it goes into the next one. */
  readonly renews?: LeaseReport | undefined;
  /** How many tokens demand would use up in `KEEP_MS`. Only of an isolate that follows the feed, and so can keep tokens longer. */
  readonly keeps?: number | undefined;
}

/** What an isolate asks the authority of a key. */
export interface Question extends TokenQuestion {
  readonly environment: string;
  readonly keyId: string;
  /** The secret that was presented; an authority whose record lacks it looks again in D1. */
  readonly secretHash: string;
  /**
   * JSON of `Plans`: the limits of the key's plan, or of all plans if the isolate does not know yet which plan the key has. Absent if its
   * configuration does not have the plan. Only isolates ask authorities, so nobody else can name limits.
   */
  readonly plans?: string | undefined;
  /** What the isolate has counted, if anything. */
  readonly usage?: UsageReport | undefined;
  /** The number of the latest restore of D1 that the isolate has heard of. An authority whose record is older reads D1 again. */
  readonly generation?: number | undefined;
  /** The number of the newest change of the record that the isolate has heard of. An authority whose record is older reads D1 again. */
  readonly number?: number | undefined;
  /** The key is used, though the question is for no request to an origin: it calls the management API. */
  readonly isUsed?: boolean;
}

/** Of an account that does not belong to a key: the asker says what its limits are. */
export interface AccountQuestion extends TokenQuestion {
  readonly limits: Limits;
}

export type Answer =
  | { readonly kind: "lease"; readonly lease: Lease }
  | { readonly kind: "no_such_key" }
  | { readonly kind: "plan_unknown"; readonly plan: string };

/** The share of the available tokens that one isolate gets in addition to one for each waiting request: a stock for the next. */
const STOCK_SHARE = 1 / 9;

/**
 * How many of the `available` tokens to grant: one for each request that waits, and a stock for the demand expected. A question without waiting requests that wants nothing is only a report.
 */
export function leaseSize(available: number, { waiting, wanted }: Pick<TokenQuestion, "waiting" | "wanted">): number {
  if (waiting === 0 && wanted === 0) return 0;
  const served = Math.min(Math.max(1, waiting), available);
  const stock = Math.min(wanted - served, Math.floor((available - served) * STOCK_SHARE));
  return served + Math.max(0, stock);
}
