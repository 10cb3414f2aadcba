/**
 * One key's authority as src/authority/authority.ts is one: what it knows is in its storage, and it lends by `lend`.
 * Beside it there may be a zombie: an instance of before, which does not know that it was replaced.
 */

import type { Gateway } from "../../src/config/compile.ts";
import { type KeyRecord, lifelessnessOf } from "../../src/domain/key.ts";
import type { Answer, Question } from "../../src/domain/lease.ts";
import { FLOOD_PER_SECOND, lend, uncounted } from "../../src/domain/lend.ts";
import { type KeyLimits, limitsOfRecord, type Plan } from "../../src/domain/plans.ts";

interface Stored {
  readonly record: KeyRecord;
  /** JSON: every question is answered from what was written, as if the authority had just been restarted. */
  readonly ledger: string | undefined;
  readonly heard: Plan | undefined;
}

export type Crash = "before the write" | "after the write";

export class Authority {
  readonly #gateway: Gateway;
  readonly #random: () => number;
  #stored: Stored;
  #zombie: Stored;
  #granted = 0;
  #second = { startedAt: 0, questions: 0 };

  constructor(record: KeyRecord, gateway: Gateway, random: () => number) {
    this.#gateway = gateway;
    this.#random = random;
    this.#stored = { record, ledger: undefined, heard: undefined };
    this.#zombie = this.#stored;
  }

  get record(): KeyRecord {
    return this.#stored.record;
  }

  learn(record: KeyRecord): void {
    this.#stored = { ...this.#stored, record };
  }

  /** Another instance takes over; this one lives on as the zombie. */
  replace(): void {
    this.#zombie = this.#stored;
    this.#second = { startedAt: 0, questions: 0 };
  }

  /** Throws where it crashes. */
  ask(question: Question, now: number, crash?: Crash): Answer {
    const { answer, ledger, heard } = this.#answer(this.#stored, question, now);
    if (crash === "before the write") throw new Error("crashed");
    this.#stored = { ...this.#stored, ledger: ledger ?? this.#stored.ledger, heard };
    if (crash === "after the write") throw new Error("crashed");
    return answer;
  }

  /** A zombie's writes fail, so that it can grant nothing; a denial may get out. */
  askZombie(question: Question, now: number): Answer {
    const { answer } = this.#answer(this.#zombie, question, now);
    if (answer.kind === "lease" && answer.lease.tokens === 0) return answer;
    throw new Error("replaced");
  }

  #answer(
    { record, ledger, heard }: Stored,
    question: Question,
    now: number,
  ): { answer: Answer } & Pick<Stored, "ledger" | "heard"> {
    const { leaseTtlMs: ttlMs, policy, plans: own } = this.#gateway;
    this.#granted += 1;
    const id = `lease ${this.#granted}`;
    if (lifelessnessOf(record, policy.actAs === "member", now)) {
      return { answer: { kind: "lease", lease: uncounted(record, id, ttlMs) }, ledger, heard };
    }
    const known = limitsOfRecord(record, {
      told: question.plans && JSON.parse(question.plans),
      heard,
      own,
    }) as KeyLimits;
    const { lease, state } = lend(record, known.limits, ledger && JSON.parse(ledger), question, {
      ttlMs,
      now,
      newId: () => id,
      flooded: this.#countQuestion(now) > FLOOD_PER_SECOND,
      random: this.#random,
    });
    return { answer: { kind: "lease", lease }, ledger: state && JSON.stringify(state), heard: known.heard };
  }

  #countQuestion(now: number): number {
    if (now - this.#second.startedAt >= 1000) this.#second = { startedAt: now, questions: 0 };
    this.#second.questions += 1;
    return this.#second.questions;
  }
}
