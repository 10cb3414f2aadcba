/** How a change gets from D1 to the key's authority: by whoever makes it, by the outbox, or by the reconciler. */

import type { KeyRecord } from "../../src/domain/key.ts";
import type { Agenda } from "./agenda.ts";
import type { Authority } from "./authority.ts";
import type { Database } from "./database.ts";
import { named } from "./gateway.ts";
import { Reconciler } from "./reconciler.ts";
import { type Fate, LOST_AFTER_MS, type World } from "./world.ts";

/** A record, and from when on those of before must not act for longer than a lease. */
export interface Entry {
  from: number;
  readonly record: KeyRecord;
  readonly number: number;
}

/** How often the courier looks at the outbox. */
const DELIVERED_AGAIN_MS = 2_000;

export interface Ways {
  readonly agenda: Agenda;
  readonly database: Database;
  readonly authority: Authority;
  /** Of the calls to the authority. */
  readonly nextFate: () => Fate;
  readonly isCut: (what: "told" | "D1") => boolean;
  readonly pagesMs: number;
  readonly isOld: (what: "reconciler") => boolean;
}

export class Changes {
  readonly records: Entry[];
  readonly reconciler: Reconciler;
  readonly #ways: Ways;
  /** Those that a restore has lost are not in force any more. */
  readonly #lost = new Set<Entry>();

  constructor(ways: Ways) {
    this.#ways = ways;
    const { agenda, database } = ways;
    this.records = [{ from: agenda.now, record: database.record, number: database.newest.number }];
    this.reconciler = new Reconciler(
      database,
      async (number) => {
        const entry = this.records.findLast((entry) => entry.number === number && !this.#lost.has(entry));
        const isTold = await this.#tell(number).then(
          () => true,
          () => false,
        );
        if (!isTold && entry) this.#putInOutbox(entry);
      },
      (ms) => agenda.after(ms),
      ways.pagesMs,
      () => ways.isOld("reconciler"),
    );
  }

  /** `isFollowed`: all this is about a world in which isolates follow a feed. */
  async make({ change, of = "key", byHand }: World["changes"][number], isFollowed: boolean): Promise<void> {
    const { agenda, database, authority } = this.#ways;
    const record = named({ ...database.record, ...change }, `v${this.records.length + 1}`);
    const entry: Entry = { from: Number.POSITIVE_INFINITY, record, number: database.change(record, of) };
    this.records.push(entry);
    if (!isFollowed) {
      await authority.recordChanged();
      entry.from = agenda.now;
    } else if (!byHand) {
      this.#putInOutbox(entry);
      await this.#deliver();
    } else if (byHand !== true) entry.from = agenda.now + byHand.heardWithin;
  }

  restore(snapshot: Database["snapshot"]): void {
    const { number } = snapshot.rows.at(-1) as { number: number };
    for (const entry of this.records) {
      if (entry.number > number) this.#lost.add(entry);
    }
    for (const entry of this.#lost) entry.from = Number.POSITIVE_INFINITY;
    this.#ways.database.restore(snapshot);
  }

  /** To the authority, until it has read D1. */
  async #tell(number?: number): Promise<void> {
    const { agenda, authority, nextFate, isCut } = this.#ways;
    const { up, down, fault } = nextFate();
    const newest = this.records.filter((entry) => !this.#lost.has(entry) && entry.number <= (number ?? Infinity));
    if (fault === "question lost" || isCut("told")) await this.#loseCall();
    await agenda.after(up);
    await authority.recordChanged(number);
    if (fault === "answer lost") await this.#loseCall();
    await agenda.after(down);
    for (const entry of newest) if (!this.#lost.has(entry)) entry.from = Math.min(entry.from, agenda.now);
  }

  async #loseCall(): Promise<never> {
    await this.#ways.agenda.after(LOST_AFTER_MS);
    throw new Error("lost");
  }

  #putInOutbox(entry: Entry): void {
    const { agenda, database } = this.#ways;
    const isQuiet = database.outbox.size === 0;
    database.outbox.add(entry);
    if (isQuiet) agenda.add(agenda.now + DELIVERED_AGAIN_MS, () => void this.#courier());
  }

  async #courier(): Promise<void> {
    const { agenda, database } = this.#ways;
    await this.#deliver();
    if (database.outbox.size > 0) agenda.add(agenda.now + DELIVERED_AGAIN_MS, () => void this.#courier());
  }

  async #deliver(): Promise<void> {
    const { outbox } = this.#ways.database;
    const pending = [...outbox];
    if (pending.length === 0) return;
    await this.#tell().then(
      () => {
        for (const entry of pending) outbox.delete(entry);
      },
      () => {},
    );
  }
}
