/**
 * The authority's copy of its key's record: in memory, and in its own storage. It is lent until the authority hears of a change,
 * is asked with a secret that it does not know, or hears that D1 was restored.
 */

import { within } from "../deadline.ts";
import { isRecent } from "../domain/age.ts";
import { MINUTE_MS } from "../domain/durations.ts";
import { type KeyRecord, knowsSecret } from "../domain/key.ts";
import type { NumberedRecord } from "../store/key-records.ts";

interface Kept {
  readonly record: KeyRecord;
  /** When D1 was asked for it. */
  readonly readAt: number;
  /** Of the newest change that it includes. Absent if code from before numbers stored it, or if D1 does not number changes yet. */
  readonly number?: number | undefined;
}

export interface Needs {
  /** Whether the record does not serve the question, however new it is. */
  readonly isVoid?: (record: KeyRecord) => boolean;
  /** The number of the latest restore of D1, as far as the asker knows. */
  readonly generation?: number | undefined;
  /** Of the newest change of the record, as far as the asker knows. */
  readonly number?: number | undefined;
}

type ReadD1 = (environment: string, keyId: string) => Promise<NumberedRecord | undefined>;

/** How long a record without a number is lent. */
const UNNUMBERED_MS = MINUTE_MS;
/** In how much time the authorities in use read D1 again after a restore. */
const SPREAD_MS = MINUTE_MS;
/** How long a question waits for D1 if there is a record to lend; half of a lease's life is left then. */
const RENEWAL_DEADLINE_MS = 1_000;
/** How long questions do not wait for D1 again after it has not answered one. */
const AFTER_FAULT_MS = 2_000;

export class RecordKeeper {
  readonly #storage: SyncKvStorage;
  readonly #readD1: ReadD1;
  readonly #random: () => number;
  readonly #changed: () => void;
  #kept: Kept | undefined;
  /** Reads of D1 so far. They show which read is the latest; the clock cannot, because it can step back. */
  #reads = 0;
  /** The read that `#kept` is from. */
  #keptRead = 0;
  #readsUnderWay = 0;
  #latestRead: Promise<void> = Promise.resolve();
  #failedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** When to read again after a restore. */
  #renewal: { readonly generation: number; readonly from: number; readonly afterMs: number } | undefined;

  /** `changed`: the record is another one now, and not only by a new secret. */
  constructor(storage: SyncKvStorage, readD1: ReadD1, random = Math.random, changed = () => {}) {
    this.#storage = storage;
    this.#readD1 = readD1;
    this.#random = random;
    this.#changed = changed;
    this.#kept = storage.get<Kept>("record");
  }

  get kept(): KeyRecord | undefined {
    return this.#kept?.record;
  }

  /** When D1 was asked for it; `-Infinity` if there is none. */
  get readAt(): number {
    return this.#kept?.readAt ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether a change can be missing here. Also while D1 is being read: the answer can be from before the change. */
  lacks(number: number): boolean {
    if (this.#readsUnderWay > 0) return true;
    return this.#kept !== undefined && this.#kept.record.revokedAt === null && (this.#kept.number ?? 0) < number;
  }

  /** Of the newest change that the record includes; `undefined` if that is unknown, or if the record is another one by now. */
  numberOf(record: KeyRecord): number | undefined {
    return this.#kept?.record === record ? this.#kept.number : undefined;
  }

  /** Once the storage was deleted. */
  forget(): void {
    this.#kept = undefined;
  }

  async read(environment: string, keyId: string, now: number, needs: Needs = {}): Promise<KeyRecord | undefined> {
    // All who have heard of a change ask at the same time.
    if (this.#isOlder(needs, now) && this.#readsUnderWay > 0) {
      await within(RENEWAL_DEADLINE_MS, this.#latestRead).catch(() => undefined);
    }
    const kept = this.#kept;
    // Final: a database that was restored to an earlier time does not bring a revoked key back.
    if (kept?.record.revokedAt != null) return kept.record;
    const isDue = kept && (this.#isDue(kept, needs.generation ?? 0, now) || this.#isOlder(needs, now));
    this.#askedAt = now;
    if (kept && !isDue && !needs.isVoid?.(kept.record)) return kept.record;
    try {
      const renewed = this.reread(environment, keyId, now, needs.generation);
      return await (kept ? within(RENEWAL_DEADLINE_MS, renewed) : renewed);
    } catch (error) {
      if (!kept) throw error;
      this.#failedAt = now;
      // The next question must not wait for D1 again.
      if (this.#renewal) this.#renewal = { ...this.#renewal, from: now, afterMs: this.#random() * SPREAD_MS };
      return kept.record;
    }
  }

  /** Throws if D1 cannot be read. */
  reread(environment: string, keyId: string, now: number, generation = 0): Promise<KeyRecord | undefined> {
    const read = this.#read(environment, keyId, now, generation);
    this.#latestRead = read.then(
      () => {},
      () => {},
    );
    return read;
  }

  async #read(environment: string, keyId: string, now: number, generation: number): Promise<KeyRecord | undefined> {
    this.#reads += 1;
    const read = this.#reads;
    this.#readsUnderWay += 1;
    try {
      const found = await this.#readD1(environment, keyId);
      // D1 can have lost the restore's own number in another restore, which is not known yet.
      const number = found?.number && Math.max(found.number, generation);
      return this.#keep(found && { record: found.record, readAt: now, number }, read);
    } finally {
      this.#readsUnderWay -= 1;
    }
  }

  /** Than a change that the asker has heard of. */
  #isOlder({ number = 0 }: Needs, now: number): boolean {
    return (
      this.#kept !== undefined && (this.#kept.number ?? 0) < number && !isRecent(this.#failedAt, AFTER_FAULT_MS, now)
    );
  }

  /** After a restore. An authority in use waits for a random moment, so that not all of them read D1 at the same time. */
  #isDue({ number, readAt }: Kept, generation: number, now: number): boolean {
    if (number === undefined) return !isRecent(readAt, UNNUMBERED_MS, now);
    if (number >= generation) return false;
    if (this.#renewal?.generation !== generation) {
      const isInUse = isRecent(this.#askedAt, SPREAD_MS, now);
      this.#renewal = { generation, from: now, afterMs: isInUse ? this.#random() * SPREAD_MS : 0 };
    }
    return !isRecent(this.#renewal.from, this.#renewal.afterMs, now);
  }

  /** Answers of D1 can overtake one another: the one asked for last counts, and a revocation always does. */
  #keep(read: Kept | undefined, readNumber: number): KeyRecord | undefined {
    const kept = this.#kept;
    if (kept?.record.revokedAt != null || readNumber < this.#keptRead) return kept?.record;
    // First: an object that was replaced cannot store anything, and must not say that it knows a change.
    if (read) this.#storage.put("record", read);
    else this.#storage.delete("record");
    this.#keptRead = readNumber;
    this.#kept = read;
    // All at once with the record, so that a restart finds both or none.
    if (kept && !isSame(kept.record, read?.record)) this.#changed();
    return read?.record;
  }
}

/** But for new secrets, of which feeds tell nobody. */
function isSame(kept: KeyRecord, read: KeyRecord | undefined): boolean {
  const secrets = read?.secrets.filter(({ hash }) => knowsSecret(kept, hash));
  return JSON.stringify(kept) === JSON.stringify(read && { ...read, secrets });
}
