/** The authority of one simulated key: it lends by the code of the real one, and counts what that one reads and writes. */

import { MINUTE_MS } from "../../domain/durations.ts";
import type { TokenLease, TokenQuestion } from "../../domain/lease.ts";
import type { LedgerState } from "../../domain/ledger.ts";
import { FLOOD_PER_SECOND, lendTokens } from "../../domain/lend.ts";
import type { Limits } from "../../domain/limits.ts";
import type { Agenda } from "./agenda.ts";
import type { Tally } from "./tally.ts";

/** As in `authority/authority.ts` and `authority/record-keeper.ts`. */
const RECORD_FRESH_MS = MINUTE_MS;
const USAGE_EVERY_MS = MINUTE_MS;
const USAGE_SOON_MS = 5_000;

export class SimulatedAuthority {
  readonly #limits: Limits;
  readonly #ttlMs: number;
  readonly #random: () => number;
  readonly #tally: Tally;
  readonly #agenda: Agenda;
  #state: LedgerState | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #alarmAt = Number.POSITIVE_INFINITY;
  #hasUsage = false;
  #second = { startedAt: 0, questions: 0 };
  #leases = 0;

  constructor(limits: Limits, ttlMs: number, random: () => number, tally: Tally, agenda: Agenda) {
    this.#limits = limits;
    this.#ttlMs = ttlMs;
    this.#random = random;
    this.#tally = tally;
    this.#agenda = agenda;
  }

  /** `usage`: whether the question carries counts. */
  ask(question: TokenQuestion, usage: boolean, now: number): TokenLease {
    this.#tally.questions += 1;
    this.#tally.objectRequests += 1;
    if (now - this.#readAt >= RECORD_FRESH_MS) {
      this.#readAt = now;
      this.#tally.d1Reads += 1;
      this.#tally.objectRows += 1;
    }
    if (usage || question.waiting > 0) {
      this.#hasUsage = true;
      this.#ringBy(Math.max(now + USAGE_SOON_MS, Math.min(this.#writtenAt, now) + USAGE_EVERY_MS));
    }
    this.#leases += 1;
    const { lease, state } = lendTokens(this.#limits, this.#state, question, {
      ttlMs: this.#ttlMs,
      now,
      newId: () => String(this.#leases),
      flooded: this.#countQuestion(now) > FLOOD_PER_SECOND,
      random: this.#random,
    });
    this.#state = state ?? this.#state;
    // The account is one row.
    if (state || usage || question.waiting > 0) this.#tally.objectRows += 1;
    return lease;
  }

  #ringBy(at: number): void {
    if (this.#alarmAt <= at) return;
    this.#alarmAt = at;
    this.#tally.alarmSets += 1;
    this.#agenda.add(at, (now) => this.#alarm(now));
  }

  #alarm(now: number): void {
    if (now !== this.#alarmAt) return;
    this.#alarmAt = Number.POSITIVE_INFINITY;
    this.#tally.objectRequests += 1;
    // The alarm that frees the storage some day is set again each time.
    this.#tally.alarmSets += 1;
    if (!this.#hasUsage) return;
    this.#hasUsage = false;
    this.#writtenAt = now;
    this.#tally.d1Batches += 1;
    this.#tally.objectRows += 1;
  }

  #countQuestion(now: number): number {
    if (now - this.#second.startedAt >= 1_000) this.#second = { startedAt: now, questions: 0 };
    this.#second.questions += 1;
    return this.#second.questions;
  }
}
