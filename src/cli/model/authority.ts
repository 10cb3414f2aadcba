/** The authority of one simulated key: it lends by the code of the real one, and counts what that one reads and writes. */

import type { TokenLease, TokenQuestion } from "../../domain/lease.ts";
import type { LedgerState } from "../../domain/ledger-state.ts";
import { FLOOD_PER_SECOND, lendTokens } from "../../domain/lend.ts";
import type { Limits } from "../../domain/limits.ts";
import type { Tally } from "./tally.ts";

export class SimulatedAuthority {
  readonly #limits: Limits;
  readonly #ttlMs: number;
  readonly #random: () => number;
  readonly #tally: Tally;
  #state: LedgerState | undefined;
  #hasRecord = false;
  #second = { startedAt: 0, questions: 0 };
  #leases = 0;

  constructor(limits: Limits, ttlMs: number, random: () => number, tally: Tally) {
    this.#limits = limits;
    this.#ttlMs = ttlMs;
    this.#random = random;
    this.#tally = tally;
  }

  ask(question: TokenQuestion, now: number): TokenLease {
    this.#tally.questions += 1;
    this.#tally.objectRequests += 1;
    if (!this.#hasRecord) this.#readRecord();
    this.#leases += 1;
    const { lease, state } = lendTokens(this.#limits, this.#state, question, {
      ttlMs: this.#ttlMs,
      now,
      newId: () => String(this.#leases),
      flooded: this.#countQuestion(now) > FLOOD_PER_SECOND,
      random: this.#random,
    });
    if (!state) return lease;
    this.#state = state;
    // The account is one row.
    this.#tally.objectRows += 1;
    return lease;
  }

  /** Once: it hears of changes. The alarm frees the storage when the key has ended. */
  #readRecord(): void {
    this.#hasRecord = true;
    this.#tally.d1Reads += 1;
    this.#tally.objectRows += 1;
    this.#tally.alarmSets += 1;
  }

  #countQuestion(now: number): number {
    if (now - this.#second.startedAt >= 1_000) this.#second = { startedAt: now, questions: 0 };
    this.#second.questions += 1;
    return this.#second.questions;
  }
}
