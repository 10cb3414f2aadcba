/**
 * One key's authority as src/authority/authority.ts is one: what it knows is in its storage, and it lends by `lend`.
 * Beside it there may be a zombie: an instance of before, which does not know that it was replaced.
 */

import { isDeepStrictEqual } from "node:util";
import { RecordKeeper } from "../../src/authority/record-keeper.ts";
import type { Gateway } from "../../src/config/compile.ts";
import { type KeyRecord, lifelessnessOf } from "../../src/domain/key.ts";
import type { Answer, Question } from "../../src/domain/lease.ts";
import type { LedgerState } from "../../src/domain/ledger-state.ts";
import { endKept, type Lending, lend, uncounted } from "../../src/domain/lend.ts";
import { Lender } from "../../src/domain/lender.ts";
import { type KeyLimits, limitsOfRecord, type Plan } from "../../src/domain/plans.ts";
import type { NumberedRecord } from "../../src/store/key-records.ts";
import { KEY_ID } from "./gateway.ts";

interface Stored {
  /** JSON, as it is written. */
  readonly ledger: string | undefined;
  readonly heard: Plan | undefined;
}

interface Zombie extends Stored {
  readonly record: KeyRecord;
  readonly number: number | undefined;
  readonly lender: Lender;
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
  #lender = new Lender();
  #zombie: Zombie;
  #granted = 0;

  /** It has read the record before. */
  constructor(known: NumberedRecord, around: Surroundings) {
    this.#around = around;
    this.#storage.set("record", { ...known, readAt: around.now() });
    this.#records = this.#newKeeper();
    this.#zombie = { ...this.#present(known.record), lender: new Lender() };
  }

  /** Another instance takes over; this one lives on as the zombie. */
  replace(): void {
    this.#zombie = this.#present(this.#records.kept as KeyRecord);
    this.#lender = new Lender();
    this.#records = this.#newKeeper();
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
    const lender = this.#lender;
    const { answer, lending, heard } = this.#answer({ ...this.#stored, record, lender }, asked);
    if (crash) this.#lender = new Lender();
    if (crash === "before the write") throw new Error("crashed");
    const ledger = lending && lender.book(lending);
    this.#stored = { ledger: ledger ? JSON.stringify(ledger) : this.#stored.ledger, heard };
    if (crash === "after the write") throw new Error("crashed");
    if (answer.kind !== "lease" || answer.lease.keepMs === undefined) return answer;
    return { ...answer, lease: { ...answer.lease, number: includes } };
  }

  /**
   * A zombie's writes fail. So it can grant only what it has in advance; a denial may get out, too. Its record is no older than that of
   * the other instance, because the platform gives it no question that is asked later.
   */
  askZombie(question: Question): Answer {
    const zombie = this.#zombie;
    const { answer, lending } = this.#answer(zombie, question);
    if (answer.kind === "lease" && answer.lease.tokens === 0) return answer;
    const isOfToday = isDeepStrictEqual(zombie.record, this.#records.kept);
    if (answer.kind !== "lease" || !lending || !isOfToday || zombie.lender.book(lending)) {
      this.#zombie = { ...zombie, lender: new Lender() };
      throw new Error("replaced");
    }
    return { ...answer, lease: { ...answer.lease, number: zombie.number } };
  }

  #present(record: KeyRecord): Zombie {
    return { ...this.#stored, record, number: this.#records.numberOf(record), lender: this.#lender };
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
    const { heard } = this.#stored;
    const { limits } = this.#limitsOf(undefined, { heard, record: this.#records.kept as KeyRecord });
    const ended = endKept(limits, this.#ledger(this.#lender), gateway.leaseTtlMs, now());
    if (!ended) return;
    this.#stored = { heard, ledger: JSON.stringify(ended) };
    this.#lender.forget();
  }

  #answer(
    { record, ledger, heard, lender }: Stored & Pick<Zombie, "record" | "lender">,
    question: Question,
  ): { readonly answer: Answer; readonly lending?: Lending; readonly heard: Plan | undefined } {
    const { gateway, random, now } = this.#around;
    const { leaseTtlMs: ttlMs, policy } = gateway;
    this.#granted += 1;
    const id = `lease ${this.#granted}`;
    const known = this.#limitsOf(question.plans, { record, heard });
    const stored = lender.ledger(ledger && JSON.parse(ledger));
    const circumstances = { ...{ ttlMs, now: now(), newId: () => id, random }, ...lender.circumstances(now()) };
    if (lifelessnessOf(record, policy.actAs === "member", now())) {
      const report = { waiting: 0, wanted: 0, reports: question.reports };
      const lending = lend(record, known.limits, stored, report, circumstances);
      return { answer: { kind: "lease", lease: uncounted(record, id, ttlMs) }, lending, heard };
    }
    const lending = lend(record, known.limits, stored, question, circumstances);
    return { answer: { kind: "lease", lease: lending.lease }, lending, heard: known.heard ?? heard };
  }

  #ledger(lender: Lender): LedgerState | undefined {
    const { ledger } = this.#stored;
    return lender.ledger(ledger && JSON.parse(ledger));
  }

  #limitsOf(plans: string | undefined, { record, heard }: { record: KeyRecord; heard: Plan | undefined }): KeyLimits {
    const told = plans && JSON.parse(plans);
    return limitsOfRecord(record, { told, heard, own: this.#around.gateway.plans }) as KeyLimits;
  }
}
