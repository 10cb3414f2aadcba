/** The authority's copy of its key's record: in memory, in its own storage, and read again from D1 while the key is in use. */

import { within } from "../deadline.ts";
import { isRecent } from "../domain/age.ts";
import { HOUR_MS, MINUTE_MS } from "../domain/durations.ts";
import type { KeyRecord } from "../domain/key.ts";

interface Kept {
  readonly record: KeyRecord;
  /** When D1 was asked for it. */
  readonly readAt: number;
}

/** How long a record is lent without reading D1, which finds changes that were not announced. */
const FRESH_MS = MINUTE_MS;
/** How long it is lent while D1 cannot be read. */
const STALE_IF_ERROR_MS = HOUR_MS;
/** How long a question waits for D1 if there is a record to lend; half of a lease's life is left then. */
const RENEWAL_DEADLINE_MS = 1_000;

export class RecordKeeper {
  readonly #storage: SyncKvStorage;
  readonly #readD1: (environment: string, keyId: string) => Promise<KeyRecord | undefined>;
  #kept: Kept | undefined;
  /** Reads of D1 so far. They show which read is the latest; the clock cannot, because it can step back. */
  #reads = 0;
  /** The read that `#kept` is from. */
  #keptRead = 0;

  constructor(storage: SyncKvStorage, readD1: (environment: string, keyId: string) => Promise<KeyRecord | undefined>) {
    this.#storage = storage;
    this.#readD1 = readD1;
    this.#kept = storage.get<Kept>("record");
  }

  get kept(): KeyRecord | undefined {
    return this.#kept?.record;
  }

  /** When D1 was asked for it; `-Infinity` if there is none. */
  get readAt(): number {
    return this.#kept?.readAt ?? Number.NEGATIVE_INFINITY;
  }

  /** Once the storage was deleted. */
  forget(): void {
    this.#kept = undefined;
  }

  /** `isVoid`: whether a copy that is fresh enough must be read again all the same. */
  async read(
    environment: string,
    keyId: string,
    now: number,
    isVoid: (record: KeyRecord) => boolean,
  ): Promise<KeyRecord | undefined> {
    const kept = this.#kept;
    // Final: a database that was restored to an earlier time does not bring a revoked key back.
    if (kept?.record.revokedAt != null) return kept.record;
    if (kept && isRecent(kept.readAt, FRESH_MS, now) && !isVoid(kept.record)) return kept.record;
    // The clock has stepped back, and the age of the record is unknown: it no longer counts as fresh.
    if (kept && kept.readAt > now) this.#put({ ...kept, readAt: now - FRESH_MS });
    try {
      const renewed = this.reread(environment, keyId, now);
      return await (kept ? within(RENEWAL_DEADLINE_MS, renewed) : renewed);
    } catch (error) {
      if (!kept || now - this.readAt > STALE_IF_ERROR_MS) throw error;
      return kept.record;
    }
  }

  /** Throws if D1 cannot be read. */
  async reread(environment: string, keyId: string, now: number): Promise<KeyRecord | undefined> {
    this.#reads += 1;
    const read = this.#reads;
    return this.#keep(await this.#readD1(environment, keyId), now, read);
  }

  /** Answers of D1 can overtake one another: the one asked for last counts, and a revocation always does. */
  #keep(record: KeyRecord | undefined, readAt: number, read: number): KeyRecord | undefined {
    const kept = this.#kept;
    if (kept?.record.revokedAt != null || read < this.#keptRead) return kept?.record;
    this.#keptRead = read;
    if (!record) {
      this.#kept = undefined;
      this.#storage.delete("record");
      return undefined;
    }
    this.#put({ record, readAt });
    return record;
  }

  #put(kept: Kept): void {
    this.#kept = kept;
    this.#storage.put("record", kept);
  }
}
