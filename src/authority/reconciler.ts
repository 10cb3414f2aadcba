/**
 * Finds what was changed in D1 by hand, and restores of D1. One object of the courier's class does this, every few seconds while the
 * gateway is in use: it asks D1 for the changes since the last number, and tells the authorities of the keys that they concern. What
 * it stored last it repeats after a crash, and skips nothing.
 */

import { isRecent } from "../domain/age.ts";
import { MINUTE_MS } from "../domain/durations.ts";
import { messageLine } from "../domain/log-line.ts";
import { RECONCILE_EVERY_MS } from "../domain/pace.ts";
import {
  type ChangedHolder,
  type ChangedKey,
  concernedBy,
  later,
  type Mark,
  type Reconciled,
  removableUpTo,
  type Told,
  toldUpTo,
  wasRestored,
} from "../domain/record-changes.ts";
import { toConsole } from "../log.ts";
import { tellAll } from "../store/delivery.ts";
import { newChangeId, type Pending, putInOutbox } from "../store/outbox.ts";
import { markRestore, readChanges, readKeysOf, readMarks, removeChanges } from "../store/record-changes.ts";

/** How soon it is tried again if D1 does not answer. */
const AFTER_FAULT_MS = 1_000;
/** The pause before the next round while there is more to tell: an authority that hears of a change reads D1, which others need too. */
const ROUND_MS = 500;
/** How long after a call the gateway counts as in use. */
const WATCH_MS = 5 * MINUTE_MS;
/** Changes and keys in one round: a Worker may make 1,000 calls per invocation. What remains is for the keys of holders. */
const CHANGES_AT_ONCE = 300;
const TOLD_AT_ONCE = 400;
/** D1 answers nobody else while it deletes. */
const REMOVED_AT_ONCE = 10_000;

const STATE = "reconciler";
/** Of members and organizations whose keys are being told. */
const PREFIX = "holder/";

interface State {
  readonly watchUntil: number;
  /** The newest change that is known to exist. If D1 no longer has it, D1 was restored. */
  readonly seen?: Mark | undefined;
  /** All changes up to it were told, or are in the storage as holders. */
  readonly done: number;
  /** The number of the latest restore that was found; 0 if there was none. */
  readonly generation: number;
  readonly restoredAt?: number | undefined;
  /** When D1 was last asked, and answered. */
  readonly lookedAt?: number | undefined;
}

/** A member or an organization whose keys are being told. */
interface Holder extends ChangedHolder {
  /** Which of its keys come next. */
  readonly after: "lately" | string;
}

export interface Contacts {
  readonly db: D1Database;
  readonly tell: (key: ChangedKey) => Promise<void>;
  readonly callCourier: () => Promise<void>;
}

export class Reconciler {
  readonly #storage: DurableObjectStorage;
  readonly #contacts: Contacts;

  constructor(storage: DurableObjectStorage, contacts: Contacts) {
    this.#storage = storage;
    this.#contacts = contacts;
  }

  /** Whether this object is the one that does it. */
  get isHere(): boolean {
    return this.#storage.kv.get(STATE) !== undefined;
  }

  get latest(): Reconciled {
    const { lookedAt = null, restoredAt = null } = this.#state;
    return { lookedAt, restoredAt };
  }

  /** For a feed, which trusts that the rows of all later changes are in D1. */
  get told(): Told {
    const { done, generation, seen } = this.#state;
    const holders = [...this.#storage.kv.list<Holder>({ prefix: PREFIX })].map(([, { number }]) => number);
    return { number: toldUpTo(done, holders), generation, seen };
  }

  /** The gateway is in use. Returns the number of the latest restore. */
  async watch(now: number): Promise<number> {
    const { watchUntil, lookedAt = 0, generation } = this.#state;
    // Not a row for each call.
    if (!isRecent(watchUntil - WATCH_MS, MINUTE_MS, now)) this.#put({ watchUntil: now + WATCH_MS });
    const set = await this.#storage.getAlarm();
    const due = isRecent(lookedAt, RECONCILE_EVERY_MS, now) ? lookedAt + RECONCILE_EVERY_MS : now;
    // An alarm that is far away was set before the clock stepped back.
    if (set === null || set > now + RECONCILE_EVERY_MS) await this.#storage.setAlarm(due);
    return generation;
  }

  /** D1 was changed just now. Once its number is known, a restore that loses the change is noticed. */
  async noteChange(now: number): Promise<void> {
    await this.watch(now);
    for (;;) {
      const { seen } = this.#state;
      const { found, newest } = await readMarks(this.#contacts.db, seen?.number ?? 0);
      if (!wasRestored(seen, found)) return this.#put({ seen: later(this.#state.seen, newest) });
      // Otherwise a round has seen newer changes meanwhile, and deleted that row.
      if (this.#state.seen?.number === seen?.number) return this.#storage.setAlarm(now);
    }
  }

  async alarm(now: number): Promise<void> {
    const { watchUntil } = this.#state;
    // First, so that there is a next alarm whatever fails below.
    await this.#storage.setAlarm(now + RECONCILE_EVERY_MS);
    try {
      if (await this.#round(now)) return await this.#storage.setAlarm(now + ROUND_MS);
    } catch (error) {
      toConsole(messageLine("error", `D1 was not asked for changes: ${error}`));
      return this.#storage.setAlarm(now + AFTER_FAULT_MS);
    }
    // A call during the round relies on the alarm that it found.
    const isUsed = isRecent(watchUntil - WATCH_MS, WATCH_MS, now) || this.#state.watchUntil !== watchUntil;
    if (!isUsed) await this.#storage.deleteAlarm();
  }

  /** Returns whether there is more to do. */
  async #round(now: number): Promise<boolean> {
    const { db } = this.#contacts;
    const { seen, done } = this.#state;
    const look = await readChanges(db, { seen: seen?.number ?? 0, done, limit: CHANGES_AT_ONCE });
    if (wasRestored(seen, look.found)) {
      await this.#markRestore(now, seen as Mark);
      return false;
    }
    this.#put({ seen: later(this.#state.seen, look.newest), lookedAt: now });
    const { keys, holders } = concernedBy(look.changes);
    await this.#tell(keys, now);
    // Both at once: nothing is awaited between them.
    for (const holder of holders) this.#storage.kv.put(nameOf(holder), { ...holder, after: "lately" });
    if (look.upTo > done) this.#put({ done: look.upTo });
    const hasMoreKeys = await this.#tellHolders(TOLD_AT_ONCE - keys.length, now);
    const hasMoreRows = await this.#removeTold(look.oldest);
    return hasMoreKeys || hasMoreRows || look.changes.length === CHANGES_AT_ONCE;
  }

  /** `oldest`: of the rows that there are. Returns whether more can be deleted. */
  async #removeTold(oldest: Mark | undefined): Promise<boolean> {
    const upTo = removableUpTo(this.told.number, this.#state.seen?.number ?? 0);
    return oldest !== undefined && oldest.number <= upTo && removeChanges(this.#contacts.db, upTo, REMOVED_AT_ONCE);
  }

  /** Every record is read again before it is lent: isolates hear the number, and put it in their questions. */
  async #markRestore(now: number, seen: Mark): Promise<void> {
    const mark = await markRestore(this.#contacts.db, seen.number);
    for (const [name] of [...this.#storage.kv.list({ prefix: PREFIX })]) this.#storage.kv.delete(name);
    this.#put({ seen: mark, done: mark.number, generation: mark.number, restoredAt: now, lookedAt: now });
    const message = "D1 was restored to an earlier time; every record is read again within two minutes";
    toConsole(messageLine("warn", message));
  }

  /** Returns whether keys are left. */
  async #tellHolders(atMost: number, now: number): Promise<boolean> {
    let budget = atMost;
    const holders = [...this.#storage.kv.list<Holder>({ prefix: PREFIX, limit: TOLD_AT_ONCE })];
    for (const [name, stored] of holders) {
      let holder: Holder | undefined = stored;
      while (holder && budget > 0) {
        const page = await readKeysOf(this.#contacts.db, holder, holder.after, budget);
        await this.#tell(
          page.map(({ environment, id }) => ({ environment, id, number: stored.number })),
          now,
        );
        holder = nextPage(
          holder,
          page.map(({ id }) => id),
          budget,
        );
        // Each holder costs a query, even if it has no keys.
        budget -= Math.max(1, page.length);
        if (holder) this.#storage.kv.put(name, holder);
        else this.#storage.kv.delete(name);
      }
      if (holder) return true;
    }
    return holders.length === TOLD_AT_ONCE;
  }

  /** A key that cannot be told now is left to the courier, so that the others do not wait for it. */
  async #tell(keys: readonly ChangedKey[], now: number): Promise<void> {
    const { db, tell, callCourier } = this.#contacts;
    const told = new Set(await tellAll(keys, tell));
    const left = keys.filter((key) => !told.has(key));
    if (left.length === 0) return;
    await callCourier().catch(() => undefined);
    // A change has a key once, but a key that was moved to another environment is here twice.
    const rows = left.map(({ environment, id }): Pending => ({ changeId: newChangeId(), environment, keyId: id }));
    await putInOutbox(db, rows, now);
  }

  get #state(): State {
    return this.#storage.kv.get<State>(STATE) ?? { watchUntil: 0, done: 0, generation: 0 };
  }

  #put(changes: Partial<State>): void {
    this.#storage.kv.put(STATE, { ...this.#state, ...changes });
  }
}

/** Those used lately come first, and once more among all. */
function nextPage(holder: Holder, ids: readonly string[], limit: number): Holder | undefined {
  if (ids.length < limit) return undefined;
  return { ...holder, after: holder.after === "lately" ? "" : (ids.at(-1) as string) };
}

const nameOf = ({ kind, id }: ChangedHolder) => `${PREFIX}${kind}/${id}`;
