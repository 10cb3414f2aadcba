/** The authority of one simulated key: it lends by the code of the real one, and counts what that one reads and writes. */

import { SECOND_MS } from "../../domain/durations.ts";
import type { TokenLease, TokenQuestion } from "../../domain/lease.ts";
import type { LedgerState } from "../../domain/ledger-state.ts";
import { lendTokens } from "../../domain/lend.ts";
import { Lender } from "../../domain/lender.ts";
import type { Limits } from "../../domain/limits.ts";
import type { Tally } from "./tally.ts";

/** The platform keeps an object in memory for 70 to 140 s after its last call. */
const FORGETS_AFTER_MS = 70 * SECOND_MS;

export class SimulatedAuthority {
  readonly #limits: Limits;
  readonly #ttlMs: number;
  readonly #random: () => number;
  readonly #tally: Tally;
  #stored: LedgerState | undefined;
  #lender = new Lender();
  #askedAt = Number.NEGATIVE_INFINITY;
  #hasRecord = false;
  #leases = 0;

  constructor(limits: Limits, ttlMs: number, random: () => number, tally: Tally) {
    this.#limits = limits;
    this.#ttlMs = ttlMs;
    this.#random = random;
    this.#tally = tally;
  }

  ask(question: TokenQuestion, at: number): TokenLease {
    // A ledger counts in whole milliseconds: between two of them it would lose what was spent.
    const now = Math.floor(at);
    this.#tally.questions += 1;
    this.#tally.objectRequests += 1;
    if (!this.#hasRecord) this.#readRecord();
    if (now - this.#askedAt > FORGETS_AFTER_MS) this.#lender = new Lender();
    this.#askedAt = now;
    this.#leases += 1;
    const lending = lendTokens(this.#limits, this.#lender.ledger(this.#stored), question, {
      ...{ ttlMs: this.#ttlMs, now, newId: () => String(this.#leases), random: this.#random },
      ...this.#lender.circumstances(now),
    });
    const stored = this.#lender.book(lending);
    if (!stored) return lending.lease;
    this.#stored = stored;
    // The account is one row.
    this.#tally.objectRows += 1;
    return lending.lease;
  }

  /** Once: it hears of changes. The alarm frees the storage when the key has ended. */
  #readRecord(): void {
    this.#hasRecord = true;
    this.#tally.d1Reads += 1;
    this.#tally.objectRows += 1;
    this.#tally.alarmSets += 1;
  }
}
