/** What src/authority/reconciler.ts does for one key, by the same decisions. */

import type { ChangeRow } from "../../src/domain/feed.ts";
import { removableUpTo, type Told, toldUpTo, wasRestored } from "../../src/domain/record-changes.ts";
import type { Database } from "./database.ts";
import { KEY_ID } from "./gateway.ts";

export class Reconciler {
  readonly #database: Database;
  readonly #tell: (number: number) => Promise<void>;
  readonly #wait: (ms: number) => Promise<void>;
  readonly #pagesMs: number;
  readonly #isOld: () => boolean;
  #done = 0;
  #seen: ChangeRow | undefined;
  #generation = 0;
  readonly #holders: number[] = [];

  /** `isOld`: it runs code from before the feed. `tell`: the key's authority; or it goes into the outbox. `pagesMs`: until the key's turn comes among those of its member. */
  constructor(
    database: Database,
    tell: (number: number) => Promise<void>,
    wait: (ms: number) => Promise<void>,
    pagesMs: number,
    isOld: () => boolean,
  ) {
    this.#database = database;
    this.#tell = tell;
    this.#wait = wait;
    this.#pagesMs = pagesMs;
    this.#isOld = isOld;
  }

  get told(): Told {
    if (this.#isOld()) throw new Error("no such method");
    return { number: toldUpTo(this.#done, this.#holders), generation: this.#generation, seen: this.#seen };
  }

  async round(): Promise<void> {
    const seen = this.#seen;
    const { rows, newest } = this.#database;
    const found = rows.find(({ number }) => number === seen?.number);
    if (wasRestored(seen, found)) return this.#markRestore(seen as ChangeRow);
    this.#seen = newest;
    const changes = rows.filter(({ number }) => number > this.#done);
    const ofKey = changes.findLast(({ subject }) => subject === KEY_ID);
    if (ofKey) await this.#tell(ofKey.number);
    const ofMember = changes.findLast(({ kind }) => kind === "member");
    if (ofMember) void this.#tellPages(ofMember.number);
    if (this.#seen !== newest) return;
    this.#done = Math.max(this.#done, newest.number);
    // Older code left only the newest row.
    const last = this.#isOld() ? newest.number - 1 : removableUpTo(this.told.number, newest.number);
    this.#database.remove(last);
  }

  async #tellPages(number: number): Promise<void> {
    this.#holders.push(number);
    await this.#wait(this.#pagesMs);
    if (!this.#holders.includes(number)) return;
    await this.#tell(number);
    this.#holders.splice(this.#holders.indexOf(number), 1);
  }

  #markRestore(seen: ChangeRow): void {
    this.#seen = this.#database.markRestore(seen.number);
    this.#done = this.#seen.number;
    this.#generation = this.#done;
    this.#holders.length = 0;
  }
}
