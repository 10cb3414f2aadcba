/**
 * One key's authority as src/authority/authority.ts is one: what it knows is in its storage, and it lends by `lend`.
 * Beside it there may be a zombie: an instance of before, which does not know that it was replaced.
 */

import { RecordKeeper } from "../../src/authority/record-keeper.ts";
import type { Gateway } from "../../src/config/compile.ts";
import { type KeyRecord, lifelessnessOf } from "../../src/domain/key.ts";
import type { Answer, Question } from "../../src/domain/lease.ts";
import { endKept, FLOOD_PER_SECOND, lend, uncounted } from "../../src/domain/lend.ts";
import { type KeyLimits, limitsOfRecord, type Plan } from "../../src/domain/plans.ts";
import type { NumberedRecord } from "../../src/store/key-records.ts";
import { KEY_ID } from "./gateway.ts";

interface Stored {
  /** JSON: every question is answered from what was written, as if the authority had just been restarted. */
  readonly ledger: string | undefined;
  readonly heard: Plan | undefined;
}

export type Crash = "before the write" | "after the write";

export interface Surroundings {
  readonly gateway: Gateway;
  readonly random: () => number;
  readonly readD1: () => Promise<NumberedRecord>;
  /** The time as the authority has it. */
  readonly now: () => number;
  /** It runs code from before the feed. */
  readonly isOld: () => boolean;
}

export class Authority {
  readonly #around: Surroundings;
  /** What the keeper of the record stores. */
  readonly #storage = new Map<string, unknown>();
  #records: RecordKeeper;
  #stored: Stored = { ledger: undefined, heard: undefined };
  #zombie: Stored & { readonly record: KeyRecord };
  #granted = 0;
  #second = { startedAt: 0, questions: 0 };

  /** It has read the record before. */
  constructor(known: NumberedRecord, around: Surroundings) {
    this.#around = around;
    this.#storage.set("record", { ...known, readAt: around.now() });
    this.#records = this.#newKeeper();
    this.#zombie = { ...this.#stored, record: known.record };
  }

  /** Another instance takes over; this one lives on as the zombie. */
  replace(): void {
    this.#zombie = { ...this.#stored, record: this.#records.kept as KeyRecord };
    this.#records = this.#newKeeper();
    this.#second = { startedAt: 0, questions: 0 };
  }

  async recordChanged(number?: number): Promise<void> {
    if (number !== undefined && !this.#records.lacks(number)) return;
    await this.#records.reread("production", KEY_ID, this.#around.now());
  }

  /** Throws where it crashes. */
  async ask(question: Question, crash?: Crash): Promise<Answer> {
    const records = this.#records;
    const isOld = this.#around.isOld();
    const { generation } = question;
    const number = isOld ? undefined : question.number;
    const record = (await records.read("production", KEY_ID, this.#around.now(), { generation, number })) as KeyRecord;
    if (records !== this.#records) throw new Error("replaced");
    const includes = records.numberOf(record);
    const isCurrent = includes !== undefined && includes >= Math.max(generation ?? 0, number ?? 0);
    const asked = isCurrent && !isOld ? question : { ...question, keeps: undefined };
    const { answer, ledger, heard } = this.#answer({ ...this.#stored, record }, asked);
    if (crash === "before the write") throw new Error("crashed");
    this.#stored = { ledger: ledger ?? this.#stored.ledger, heard };
    if (crash === "after the write") throw new Error("crashed");
    if (answer.kind !== "lease" || answer.lease.keepMs === undefined) return answer;
    return { ...answer, lease: { ...answer.lease, number: includes } };
  }

  /** A zombie's writes fail, so that it can grant nothing; a denial may get out. */
  askZombie(question: Question): Answer {
    const { answer } = this.#answer(this.#zombie, question);
    if (answer.kind === "lease" && answer.lease.tokens === 0) return answer;
    throw new Error("replaced");
  }

  /** On the same storage. What the instance of before writes fails. */
  #newKeeper(): RecordKeeper {
    const write = (act: () => void) => {
      if (this.#records !== keeper) throw new Error("replaced");
      act();
    };
    const kv = {
      get: (name: string) => this.#storage.get(name),
      put: (name: string, value: unknown) => write(() => this.#storage.set(name, value)),
      delete: (name: string) => write(() => this.#storage.delete(name)),
    };
    const { readD1, random } = this.#around;
    const keeper: RecordKeeper = new RecordKeeper(kv as unknown as SyncKvStorage, readD1, random, () =>
      this.#endKept(),
    );
    return keeper;
  }

  #endKept(): void {
    const { gateway, now, isOld } = this.#around;
    if (isOld()) return;
    const { ledger, heard } = this.#stored;
    const { limits } = this.#limitsOf(undefined, { heard, record: this.#records.kept as KeyRecord });
    const ended = endKept(limits, ledger && JSON.parse(ledger), gateway.leaseTtlMs, now());
    if (ended) this.#stored = { heard, ledger: JSON.stringify(ended) };
  }

  #answer({ record, ledger, heard }: Stored & { record: KeyRecord }, question: Question): { answer: Answer } & Stored {
    const { gateway, random, now } = this.#around;
    const { leaseTtlMs: ttlMs, policy } = gateway;
    this.#granted += 1;
    const id = `lease ${this.#granted}`;
    if (lifelessnessOf(record, policy.actAs === "member", now())) {
      return { answer: { kind: "lease", lease: uncounted(record, id, ttlMs) }, ledger, heard };
    }
    const known = this.#limitsOf(question.plans, { record, heard });
    const { lease, state } = lend(record, known.limits, ledger && JSON.parse(ledger), question, {
      ttlMs,
      now: now(),
      newId: () => id,
      flooded: this.#countQuestion(now()) > FLOOD_PER_SECOND,
      random,
    });
    return { answer: { kind: "lease", lease }, ledger: state && JSON.stringify(state), heard: known.heard };
  }

  #limitsOf(plans: string | undefined, { record, heard }: { record: KeyRecord; heard: Plan | undefined }): KeyLimits {
    const told = plans && JSON.parse(plans);
    return limitsOfRecord(record, { told, heard, own: this.#around.gateway.plans }) as KeyLimits;
  }

  #countQuestion(now: number): number {
    if (now - this.#second.startedAt >= 1000) this.#second = { startedAt: now, questions: 0 };
    this.#second.questions += 1;
    return this.#second.questions;
  }
}
