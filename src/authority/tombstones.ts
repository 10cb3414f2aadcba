/**
 * Remembers what ended: revoked keys and removed members, for 35 days, and suspended organizations. Once a minute it compares that
 * with D1. What D1 has lost in a restore, it ends there again. One object of the courier's class does this.
 */

import { type ClockHistory, isTrusted, readClock } from "../domain/clock-history.ts";
import { DAY_MS, MINUTE_MS } from "../domain/durations.ts";
import { messageLine } from "../domain/log-line.ts";
import { toConsole } from "../log.ts";
import { newChangeId } from "../store/outbox.ts";
import {
  endAgain,
  findLiving,
  findReactivated,
  type Kind,
  type Place,
  type ReadEnded,
  readRemovedMembers,
  readRevocation,
  readRevokedKeys,
  readSuspendedOrganizations,
  type Tombstone,
} from "../store/tombstones.ts";

/** How long an end is remembered: longer than D1's Time Travel reaches back (30 days). */
export const TOMBSTONE_MS = 35 * DAY_MS;
/** How soon after a restore D1 is compared with what is remembered. */
const COMPARE_EVERY_MS = MINUTE_MS;
/** How far the clocks of those who write to D1 may be apart, and how long their writes may take. */
const SKEW_MS = MINUTE_MS;
const PAGE = 1_000;
/** Ids in one query and in memory, 200 KB of them, and of one kind in one minute. */
const COMPARED_AT_ONCE = 5_000;
const COMPARED_A_MINUTE = 100_000;
/** A reason may have 2,000 characters, each up to six bytes of JSON, and D1 takes 2 MB: https://developers.cloudflare.com/d1/platform/limits/ */
const ENDED_AGAIN_AT_ONCE = 100;

const READ: Record<Kind, ReadEnded> = {
  api_key: readRevokedKeys,
  member: readRemovedMembers,
  organization: readSuspendedOrganizations,
};
const KINDS = Object.keys(READ) as Kind[];

type Collected = Partial<Record<Kind, Place>>;

interface Contacts {
  readonly db: () => D1Database;
  readonly callCourier: () => Promise<void>;
}

export class Tombstones {
  readonly #storage: DurableObjectStorage;
  readonly #contacts: Contacts;

  constructor(storage: DurableObjectStorage, contacts: Contacts) {
    this.#storage = storage;
    this.#contacts = contacts;
  }

  /** Whether this object is the one that does it. */
  get isHere(): boolean {
    return this.#storage.kv.get<Collected>("collected") !== undefined;
  }

  /** From the first call on, an alarm rings every minute. */
  async start(now: number): Promise<void> {
    if (!this.isHere) this.#storage.kv.put("collected", {});
    const set = await this.#storage.getAlarm();
    if (set === null || set > now + COMPARE_EVERY_MS) await this.#storage.setAlarm(now + COMPARE_EVERY_MS);
  }

  /** Of a key's authority, which knows that the key is revoked, even if D1 has lost it by now. */
  async remember(id: string, at: number, now: number): Promise<void> {
    await this.start(now);
    if (this.#find("api_key", id)) return;
    const told = await readRevocation(this.#contacts.db(), id).catch(() => undefined);
    this.#keep("api_key", told ?? { id, at, by: null, reason: null });
  }

  /** Reads from D1 what ended since the last time. */
  async collect(now: number): Promise<void> {
    await this.start(now);
    for (const kind of KINDS) await this.#collect(kind, now);
  }

  async alarm(now: number): Promise<void> {
    // Before anything that can fail, so that there is always a next one.
    await this.#storage.setAlarm(now + COMPARE_EVERY_MS);
    this.#storage.kv.put("clock", readClock(this.#storage.kv.get<ClockHistory>("clock"), now));
    for (const kind of KINDS) {
      const failed = [
        await faultOf(() => this.#collect(kind, now)),
        // Also if nothing new can be read: what is known must not wait for that.
        await faultOf(() => this.#compare(kind, now)),
      ].filter((fault) => fault !== undefined);
      for (const fault of failed) {
        const message = `D1 was not compared with tombstones (${kind}): ${fault}`;
        toConsole(messageLine("error", message));
      }
    }
  }

  async #collect(kind: Kind, now: number): Promise<void> {
    const db = this.#contacts.db();
    const latest = beginning(kind, now - SKEW_MS);
    let after = this.#storage.kv.get<Collected>("collected")?.[kind] ?? beginning(kind, now - TOMBSTONE_MS);
    // The clock was ahead, and it is not known how far D1 had been read before that.
    if (after[0] > now) after = beginning(kind, now - TOMBSTONE_MS);
    else if (after[0] > latest[0]) after = latest;
    for (;;) {
      const page = await READ[kind](db, after, kind === "organization" ? now : now + SKEW_MS, PAGE);
      for (const { place, ...tombstone } of page) this.#keep(kind, tombstone);
      const last = page.length === PAGE ? page.at(-1)?.place : undefined;
      after = last ?? latest;
      this.#storage.kv.put("collected", { ...this.#storage.kv.get<Collected>("collected"), [kind]: after });
      if (!last) return;
    }
  }

  /** A limited number in each minute, however many there are. The next minute continues where this one ended. */
  async #compare(kind: Kind, now: number): Promise<void> {
    const begin = this.#compared[kind] ?? "";
    let after = begin;
    let isPastEnd = false;
    let fault: string | undefined;
    for (let compared = 0; compared < COMPARED_A_MINUTE; compared += COMPARED_AT_ONCE) {
      const page = this.#pageAfter(kind, after, now);
      const living = page.ids.length > 0 ? await findLiving(this.#contacts.db(), kind, page.ids) : [];
      for (let first = 0; first < living.length; first += ENDED_AGAIN_AT_ONCE) {
        const some = living.slice(first, first + ENDED_AGAIN_AT_ONCE);
        // The others do not wait for these.
        fault = (await faultOf(() => this.#endAgain(kind, some, now))) ?? fault;
      }
      after = page.last ?? "";
      isPastEnd ||= !page.last;
      // All of them.
      if (isPastEnd && after >= begin) break;
    }
    if (after !== begin) this.#storage.kv.put("compared", { ...this.#compared, [kind]: after });
    if (fault !== undefined) throw new Error(fault);
  }

  /** Those that were compared last, by kind. Not in memory, which an object loses between two alarms. */
  get #compared(): Partial<Record<Kind, string>> {
    return this.#storage.kv.get("compared") ?? {};
  }

  /** Their ids, in order, without those that can be forgotten. `last`: if there are more. */
  #pageAfter(kind: Kind, after: string, now: number): { ids: string[]; last: string | undefined } {
    const range = { prefix: nameOf(kind, ""), ...(after && { startAfter: nameOf(kind, after) }) };
    const clock = this.#storage.kv.get<ClockHistory>("clock");
    // A suspension lasts until it is ended.
    const forgets = kind !== "organization" && clock !== undefined && isTrusted(clock);
    const old: string[] = [];
    const ids: string[] = [];
    let last: string | undefined;
    // One at a time: with their reasons, all of them may be more than an object's memory.
    for (const [, { id, at }] of this.#storage.kv.list<Tombstone>({ ...range, limit: COMPARED_AT_ONCE })) {
      const isOld = forgets && at <= now - TOMBSTONE_MS;
      (isOld ? old : ids).push(id);
      last = id;
    }
    for (const id of old) this.#drop(kind, id);
    return { ids, last: old.length + ids.length < COMPARED_AT_ONCE ? undefined : last };
  }

  async #endAgain(kind: Kind, living: readonly string[], now: number): Promise<void> {
    const db = this.#contacts.db();
    const tombstones = living.map((id) => this.#find(kind, id) as Tombstone);
    const reactivated = kind === "organization" ? await findReactivated(db, tombstones.map(seenEarlier)) : new Set();
    for (const id of reactivated) this.#drop(kind, id as string);
    const lost = tombstones.filter(({ id }) => !reactivated.has(id));
    if (lost.length === 0) return;
    // Authorities hear of it by the outbox.
    await this.#contacts.callCourier().catch(() => undefined);
    await endAgain(db, kind, lost, { changeId: newChangeId(), at: now });
    const message = `D1 had lost the end of ${lost.length} (${kind}), as after a restore; they were ended again`;
    toConsole(messageLine("warn", message, { ids: lost.map(({ id }) => id) }));
  }

  #keep(kind: Kind, tombstone: Tombstone): void {
    const known = this.#find(kind, tombstone.id);
    const isBetter = tombstone.by !== null && known?.by === null;
    if (!known || isBetter) this.#storage.kv.put(nameOf(kind, tombstone.id), tombstone);
  }

  #find(kind: Kind, id: string): Tombstone | undefined {
    return this.#storage.kv.get<Tombstone>(nameOf(kind, id));
  }

  #drop(kind: Kind, id: string): void {
    this.#storage.kv.delete(nameOf(kind, id));
  }
}

const faultOf = (work: () => Promise<void>): Promise<string | undefined> =>
  work().then(
    () => undefined,
    (error) => String(error),
  );

const nameOf = (kind: Kind, id: string) => `ended/${kind}/${id}`;

/** Suspended organizations are read whole, by their ids. */
const beginning = (kind: Kind, at: number): Place => [kind === "organization" ? 0 : at, ""];

/** Who ended the suspension may have had a clock that was behind. */
const seenEarlier = ({ id, at }: Tombstone) => ({ id, at: at - SKEW_MS });
