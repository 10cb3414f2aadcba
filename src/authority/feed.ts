/**
 * Answers isolates that ask which records have changed, from the changes that D1 numbers. So nobody tells a feed of a change.
 * Some objects of the courier's class do this. They store nothing: what they know was just read in D1.
 */

import { within } from "../deadline.ts";
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

interface Look {
  readonly begunAt: number;
  /** `undefined` if there is no feed at the moment. */
  readonly log: Promise<FeedLog | undefined>;
  isUnderWay: boolean;
  /** For so long, it serves for other questions. */
  servesMs: number;
}

export class Feed {
  readonly #contacts: FeedContacts;
  #log: FeedLog | undefined;
  #look: Look | undefined;

  constructor(contacts: FeedContacts) {
    this.#contacts = contacts;
  }

  /** `undefined` if isolates must ask for each key. */
  async since(question: FeedQuestion): Promise<FeedAnswer | undefined> {
    const arrivedAt = this.#contacts.now();
    const { begunAt, log } = this.#lookAt(arrivedAt);
    return (await log)?.answer(question, arrivedAt - begunAt);
  }

  /** One at a time, for all who ask meanwhile and a moment later. How old it is goes into their answers. */
  #lookAt(now: number): Look {
    const last = this.#look;
    if (last && (isRecent(last.begunAt, last.servesMs, now) || (last.isUnderWay && last.begunAt <= now))) return last;
    const log = within(LOOK_DEADLINE_MS, this.#read());
    const look: Look = { begunAt: now, log, isUnderWay: true, servesMs: READ_CHANGES_EVERY_MS };
    this.#look = look;
    const end = (found?: FeedLog) => {
      look.isUnderWay = false;
      if (!found) look.servesMs = AFTER_FAULT_MS;
    };
    log.then(end, () => end());
    return look;
  }

  async #read(): Promise<FeedLog | undefined> {
    const log = this.#log;
    const limit = MAX_ROWS - (log?.size ?? 0);
    if (log && limit > 0) {
      // The last row is read once more: if it is still the same, none is missing.
      const rows = await this.#contacts.readRows(log.last.number, limit + 1);
      if (rows.length <= limit && log.append(rows)) return log;
    }
    this.#log = await this.#begin();
    return this.#log;
  }

  async #begin(): Promise<FeedLog | undefined> {
    // First: of what is not told by then, each row must be among those that are read next.
    const told = await this.#contacts.told().catch(() => undefined);
    const start = told && (await this.#contacts.readStart(told, MAX_ROWS));
    return start && FeedLog.from({ ...start, told });
  }
}
