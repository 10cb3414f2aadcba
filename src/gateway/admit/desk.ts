/** What an isolate knows of the leases of one account. */

import type { FeedChain } from "../../domain/feed-chain.ts";
import type { Cover, Holding } from "../../domain/holding.ts";
import type { LeaseReport, TokenLease, TokenQuestion } from "../../domain/lease.ts";
import type { Refusal } from "../../errors.ts";
import type { WaitUntil } from "./flights.ts";

/** What one isolate knows of one account's leases. */
export interface Desk<L extends TokenLease, Memory> {
  holding: Holding<L> | undefined;
  /** Of the present lease: the question is under way, or brought no other lease. */
  renewal: Renewal<L> | undefined;
  /** Requests that want a token and have none yet. */
  waiting: number;
  /** How many questions were asked that requests waited for. */
  asked: number;
  /** Of leases that are over, until an authority has heard them. */
  reports: LeaseReport[];
  /** After a question that was not answered in time: until when no other is asked. */
  pausedUntil: number;
  /** What else to remember about the account. */
  memory: Memory;
  /** About how much memory it takes. */
  bytes: number;
}

/** How long an authority that did not answer in time is left alone. */
export const PAUSE_MS = 1_000;

/** Of a desk with a lease, without the record of the key: measured, where keys share their rights. */
export const DESK_BYTES = 400;

export function newDesk<L extends TokenLease, Memory>(memory: Memory): Desk<L, Memory> {
  return {
    holding: undefined,
    renewal: undefined,
    waiting: 0,
    asked: 0,
    reports: [],
    pausedUntil: 0,
    memory,
    bytes: DESK_BYTES,
  };
}

/** The next question, if there is one, tells what was spent to the last token. */
export function hasLeft(desk: Desk<TokenLease, unknown> | undefined): boolean {
  return (desk?.holding?.left ?? 0) > 0 || (desk?.reports.some(({ unspent }) => unspent > 0) ?? false);
}

/** Ends a lease, and notes what is to be reported of it. */
export function giveBack<L extends TokenLease>(desk: Desk<L, unknown>, holding: Holding<L>, now: number): void {
  const report = holding.end(now);
  if (report) desk.reports = [...desk.reports, report];
}

/** A question for the next lease while the present one is spent. Each lease is renewed at most once. */
export interface Renewal<L extends TokenLease> {
  readonly of: Holding<L>;
  /** When it was sent, or will be. */
  readonly askedAt: number;
  /** Never rejects. */
  readonly end: Promise<void>;
}

/** For so long after it was asked, or for twice as long as the last answer took, requests that find no token wait for a renewal. Then they ask for themselves. */
const RENEWAL_PATIENCE_MS = 200;

export function patienceWith({ of }: Renewal<TokenLease>, ttlMs: number): number {
  // Its turn has come: who asks once more comes too early for the next one.
  return of.lease.denial ? ttlMs : Math.min(ttlMs, Math.max(RENEWAL_PATIENCE_MS, 2 * of.roundTripMs));
}

/** Who owns accounts of one kind, and how to ask for their tokens. */
export interface Owners<Owner, L extends TokenLease, Memory> {
  /** About how much memory their desks take; up to twice as much. */
  readonly maxBytes: number;
  readonly nameOf: (owner: Owner) => string;
  /** What a question for the owner asks with, if an answer can be wrong for another. */
  readonly secretOf?: (owner: Owner) => string;
  readonly remember: () => Memory;
  /** Rejects if the account cannot be asked. */
  readonly ask: (owner: Owner, question: TokenQuestion, memory: Memory) => Promise<L | Refusal>;
  /** For each request. */
  readonly see?: (now: number, waitUntil: WaitUntil) => void;
  /** What is heard of the owners' changes at the moment; `undefined` if they are not followed. */
  readonly chain?: () => FeedChain | undefined;
  /** What keeps a lease alive after its ttl that was asked for when there was this chain. */
  readonly cover?: (lease: L, chain: FeedChain) => Cover | undefined;
  /** How much memory a lease takes beyond what each does. */
  readonly bytesOf?: (lease: L) => number;
  /** A lease is over, and there is no other. */
  readonly over?: (holding: Holding<L>, memory: Memory) => void;
}
