/**
 * KV finds the key of a secret quickly; it decides nothing. An entry may be a minute stale or more, wrong, or unreadable:
 * the authority's record says whether the secret is the key's. Misses are not stored.
 *
 * Name: `secret:<environment>:<hash under the current pepper>`. Value: `{"key_id", "pepper_id"}`. Life: a day.
 */

import { DAY_SECONDS } from "../domain/durations.ts";
import type { Pepper } from "./peppers.ts";
import { rehashInsert } from "./secrets.ts";

export interface FoundKey {
  readonly keyId: string;
  /** The secret's hash as its record has it. */
  readonly hash: string;
}

const ENTRY_SECONDS = DAY_SECONDS;
/** How long an edge location can answer from its own copy. */
const EDGE_CACHE_SECONDS = 300;

export class KeyFinder {
  readonly #kv: KVNamespace;
  readonly #db: D1Database;
  /** The current one, and the retiring one, if there is one. */
  readonly #peppers: readonly [Pepper, ...Pepper[]];

  constructor(kv: KVNamespace, db: D1Database, peppers: readonly [Pepper, ...Pepper[]]) {
    this.#kv = kv;
    this.#db = db;
    this.#peppers = peppers;
  }

  async inKv(secret: string, environment: string): Promise<FoundKey | undefined> {
    const [current] = this.#peppers;
    const currentHash = await current.hash(secret);
    const text = await this.#kv.get(nameOf(environment, currentHash), { cacheTtl: EDGE_CACHE_SECONDS });
    const entry = text === null ? undefined : parseEntry(text);
    const pepper = this.#peppers.find(({ id }) => id === entry?.pepperId);
    if (!entry || !pepper) return undefined;
    return { keyId: entry.keyId, hash: pepper === current ? currentHash : await pepper.hash(secret) };
  }

  /** By the current pepper, if it is known by both. */
  async inD1(secret: string): Promise<FoundKey | undefined> {
    const hashes = await Promise.all(this.#peppers.map((pepper) => pepper.hash(secret)));
    const row = await this.#db
      .prepare("SELECT key_id, hash FROM api_key_secrets WHERE hash IN (?1, ?2) ORDER BY hash <> ?1 LIMIT 1")
      .bind(hashes[0], hashes[1] ?? hashes[0])
      .first<{ key_id: string; hash: string }>();
    return row ? { keyId: row.key_id, hash: row.hash } : undefined;
  }

  /**
   * Stores a secret that was found by the retiring pepper under the current one too, and says how it is found now. The old hash
   * stays until the pepper is retired, because some authorities and isolates know only that.
   */
  async rehash(secret: string, found: FoundKey): Promise<FoundKey> {
    const [current, retiring] = this.#peppers;
    const hash = retiring ? await current.hash(secret) : found.hash;
    if (hash === found.hash) return found;
    await rehashInsert(this.#db, { from: found.hash, to: hash, pepperId: current.id }).run();
    return (await this.inD1(secret)) ?? found;
  }

  async remember(secret: string, environment: string, found: FoundKey): Promise<void> {
    for (const pepper of this.#peppers) {
      if ((await pepper.hash(secret)) !== found.hash) continue;
      const entry = JSON.stringify({ key_id: found.keyId, pepper_id: pepper.id });
      const name = nameOf(environment, await this.#peppers[0].hash(secret));
      await this.#kv.put(name, entry, { expirationTtl: ENTRY_SECONDS });
    }
  }
}

/** `hash`: under the current pepper. */
function nameOf(environment: string, hash: string): string {
  return `secret:${environment}:${hash}`;
}

function parseEntry(text: string): { keyId: string; pepperId: string } | undefined {
  try {
    const { key_id: keyId, pepper_id: pepperId } = JSON.parse(text) as Record<string, unknown>;
    return typeof keyId === "string" && typeof pepperId === "string" ? { keyId, pepperId } : undefined;
  } catch {
    return undefined;
  }
}
