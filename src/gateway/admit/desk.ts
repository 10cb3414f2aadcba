/** The types of what an isolate knows of the leases of one account. */

import type { Holding } from "../../domain/holding.ts";
import type { LeaseReport, TokenLease, TokenQuestion } from "../../domain/lease.ts";
import type { Refusal } from "../../errors.ts";

/** What one isolate knows of one account's leases. */
export interface Desk<L extends TokenLease, Memory> {
  holding: Holding<L> | undefined;
  /** The last one, until another question replaces it. */
  renewal: Renewal<L> | undefined;
  /** Requests that want a token and have none yet. */
  waiting: number;
  /** Of leases that are over, until an authority has heard them. */
  reports: LeaseReport[];
  /** After a question that was not answered in time: until when no other is asked. */
  pausedUntil: number;
  /** What else to remember about the account. */
  memory: Memory;
}

/** A question for the next lease while the present one is spent. Each lease is renewed at most once. */
export interface Renewal<L extends TokenLease> {
  readonly of: Holding<L>;
  readonly askedAt: number;
  /** Never rejects. */
  readonly end: Promise<void>;
}

/** Who owns accounts of one kind, and how to ask for their tokens. */
export interface Owners<Owner, L extends TokenLease, Memory> {
  readonly nameOf: (owner: Owner) => string;
  readonly remember: () => Memory;
  /** Rejects if the account cannot be asked. */
  readonly ask: (owner: Owner, question: TokenQuestion, memory: Memory) => Promise<L | Refusal>;
}
