/**
 * Answers isolates that ask which records have changed, from the changes that D1 numbers. So nobody tells a feed of a change.
 * Some objects of the courier's class do this. They store nothing: what they know was just read in D1.
 */

import { wait, within } from "../deadline.ts";
import { isRecent } from "../domain/age.ts";
import { type ChangeRow, type FeedAnswer, FeedLog, type FeedQuestion, type FeedStart } from "../domain/feed.ts";
import { READ_CHANGES_EVERY_MS } from "../domain/pace.ts";
import type { Told } from "../domain/record-changes.ts";

/** Rows that one feed remembers. From here on it begins again with those that it needs. */
export const MAX_ROWS = 5_000;
/** An answer that takes longer is of no use to isolates. */
const LOOK_DEADLINE_MS = 1_500;

export interface FeedContacts {
  /** Asks the reconciler. Rejects if it runs code that does not know, as for some minutes after an upgrade. */
  readonly told: () => Promise<Told>;
  /** The rows that a feed begins with, if there are no more; `undefined` if D1 does not number changes yet. */
  readonly readStart: (told: Told, limit: number) => Promise<Omit<FeedStart, "told"> | undefined>;
  /** The rows from this number on. */
  readonly readRows: (number: number, limit: number) => Promise<readonly ChangeRow[]>;
  readonly now: () => number;
}

/** How soon D1 is asked again if there is no feed: a start reads thousands of rows. */
const AFTER_FAULT_MS = 3_000;

export class Feed {
  readonly #contacts: FeedContacts;
  #log: FeedLog | undefined;
  /** The latest one that has begun. */
  #look: Promise<FeedLog | undefined> | undefined;
  #begunAt = Number.NEGATIVE_INFINITY;
  #reads = 0;
  /** The one that has not begun yet. */
  #next: Promise<FeedLog | undefined> | undefined;

  constructor(contacts: FeedContacts) {
    this.#contacts = contacts;
  }

  /** `undefined` if isolates must ask for each key. */
  async since(question: FeedQuestion): Promise<FeedAnswer | undefined> {
    // A look that began before the question can be older than it seems: after a step back, the object's clock stands still.
    this.#next ??= this.#lookNext();
    return (await this.#next)?.answer(question);
  }

  /** One at a time, for all who ask before it begins. */
  async #lookNext(): Promise<FeedLog | undefined> {
    await this.#look?.catch(() => undefined);
    const { now } = this.#contacts;
    if (this.#log && isRecent(this.#begunAt, READ_CHANGES_EVERY_MS, now())) {
      await wait(this.#begunAt + READ_CHANGES_EVERY_MS - now());
    }
    this.#next = undefined;
    if (!this.#log && isRecent(this.#begunAt, AFTER_FAULT_MS, now())) return undefined;
    this.#begunAt = now();
    this.#look = within(LOOK_DEADLINE_MS, this.#read());
    return this.#look;
  }

  async #read(): Promise<FeedLog | undefined> {
    this.#reads += 1;
    const read = this.#reads;
    const log = this.#log;
    const limit = MAX_ROWS - (log?.size ?? 0);
    if (log && limit > 0) {
      // The last row is read once more: if it is still the same, none is missing.
      const rows = await this.#contacts.readRows(log.last.number, limit + 1);
      if (rows.length <= limit && log.append(rows)) return log;
    }
    // One that took too long can end after the next one, which is newer.
    if (read === this.#reads) this.#log = undefined;
    const begun = await this.#begin();
    if (read === this.#reads) this.#log = begun;
    return begun;
  }

  async #begin(): Promise<FeedLog | undefined> {
    // First: of what is not told by then, each row must be among those that are read next.
    const told = await this.#contacts.told().catch(() => undefined);
    const start = told && (await this.#contacts.readStart(told, MAX_ROWS));
    return start && FeedLog.from({ ...start, told });
  }
}
