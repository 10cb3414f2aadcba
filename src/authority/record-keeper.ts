/** The authority's copy of its key's record: in memory, in its own storage, and read again from D1 while the key is in use. */

import type { KeyRecord } from "../domain/key.ts";

interface Kept {
  readonly record: KeyRecord;
  /** When D1 was asked for it. */
  readonly readAt: number;
}

/** How long a record is lent without a look at D1, for changes that nobody told of. */
const FRESH_MS = 60_000;
/** How long it is lent while D1 cannot be read. */
const STALE_IF_ERROR_MS = 3_600_000;

export class RecordKeeper {
  readonly #storage: SyncKvStorage;
  readonly #readD1: (environment: string, keyId: string) => Promise<KeyRecord | undefined>;
  #kept: Kept | undefined;

  constructor(storage: SyncKvStorage, readD1: (environment: string, keyId: string) => Promise<KeyRecord | undefined>) {
    this.#storage = storage;
    this.#readD1 = readD1;
    this.#kept = storage.get<Kept>("record");
  }

  /** `isVoid`: whether a copy that is fresh enough must be read again all the same. */
  async read(
    environment: string,
    keyId: string,
    now: number,
    isVoid: (record: KeyRecord) => boolean,
  ): Promise<KeyRecord | undefined> {
    const kept = this.#kept;
    // Final: a database restored to an earlier hour does not raise the dead.
    if (kept?.record.revokedAt != null) return kept.record;
    if (kept && now - kept.readAt < FRESH_MS && !isVoid(kept.record)) return kept.record;
    try {
      return await this.reread(environment, keyId, now);
    } catch (error) {
      if (!kept || now - kept.readAt > STALE_IF_ERROR_MS) throw error;
      return kept.record;
    }
  }

  /** Throws where D1 cannot be read. */
  async reread(environment: string, keyId: string, now: number): Promise<KeyRecord | undefined> {
    return this.#keep(await this.#readD1(environment, keyId), now);
  }

  /** Answers of D1 may overtake one another; the one that was asked for last counts, and a revocation always. */
  #keep(record: KeyRecord | undefined, readAt: number): KeyRecord | undefined {
    const kept = this.#kept;
    if (kept && (kept.record.revokedAt !== null || kept.readAt > readAt)) return kept.record;
    if (!record) {
      this.#kept = undefined;
      this.#storage.delete("record");
      return undefined;
    }
    this.#kept = { record, readAt };
    this.#storage.put("record", this.#kept);
    return record;
  }
}
