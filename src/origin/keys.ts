/** The public keys of issuers: fetched once, kept for as long as they may be, and fetched again when an unknown one is named. */

import { type CryptoKey, importJWK, type JWK } from "jose";
import { ASSERTION_ALGORITHM, JWKS_LIFE_SECONDS, JWKS_PATH } from "./claims.ts";
import { AssertionError } from "./error.ts";

export type Fetch = (url: string, init: { signal: AbortSignal; redirect: "error" | "manual" }) => Promise<Response>;

const LIFE_MS = JWKS_LIFE_SECONDS * 1000;
/** From this age they are fetched again, while the old ones still serve if the issuer does not answer. */
const REFRESH_AFTER_MS = LIFE_MS / 2;
/** However many unknown keys are named, there is one fetch in this time. */
const COOLDOWN_MS = 30_000;
const RETRY_AFTER_MS = 1_000;
/** How long requests wait for a fetch. */
const DEADLINE_MS = 5_000;
/** The same where the current keys still serve. */
const PATIENCE_MS = 250;

class IssuerKeys {
  readonly #url: string;
  readonly #fetch: Fetch;
  #keys: ReadonlyMap<string, CryptoKey> = new Map();
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #flight: Promise<void> | undefined;

  constructor(issuer: string, fetch: Fetch) {
    this.#url = issuer + JWKS_PATH;
    this.#fetch = fetch;
  }

  async find(kid: string): Promise<CryptoKey> {
    // The clock has stepped back, and nobody knows how old they are: it is time to look.
    if (this.#age() < 0) this.#fetchedAt = Date.now() - REFRESH_AFTER_MS;
    if (this.#age() >= REFRESH_AFTER_MS) {
      const serves = this.#age() < LIFE_MS && this.#keys.has(kid);
      await this.#refresh(RETRY_AFTER_MS, serves ? PATIENCE_MS : DEADLINE_MS);
    }
    if (!this.#keys.has(kid)) await this.#refresh(COOLDOWN_MS);
    if (this.#age() >= LIFE_MS) {
      throw new AssertionError("keys_unavailable", `The issuer's keys cannot be fetched from ${this.#url}.`);
    }
    const key = this.#keys.get(kid);
    if (!key) throw new AssertionError("key_unknown", "The assertion's key does not belong to the issuer.");
    return key;
  }

  /** Unless it was tried within `gapMs`. One flight serves all who wait; they wait until it is `patienceMs` old, and no longer. */
  async #refresh(gapMs: number, patienceMs = DEADLINE_MS): Promise<void> {
    const sinceTried = Date.now() - this.#triedAt;
    // A Worker's fetch can have ended with the request that began it: anyone who cannot answer without keys begins another.
    const flightMs = patienceMs < DEADLINE_MS ? DEADLINE_MS : Math.min(gapMs, DEADLINE_MS);
    if (sinceTried < 0 || sinceTried >= (this.#flight ? flightMs : gapMs)) {
      this.#triedAt = Date.now();
      const flight = this.#load().finally(() => {
        if (this.#flight === flight) this.#flight = undefined;
      });
      this.#flight = flight;
    }
    const leftMs = this.#triedAt + patienceMs - Date.now();
    if (this.#flight && leftMs > 0) await settledWithin(leftMs, this.#flight);
  }

  async #load(): Promise<void> {
    try {
      const begunAt = Date.now();
      // Workers refuse to call their own fetch as a method of something else.
      const get = this.#fetch;
      const response = await get(this.#url, { signal: AbortSignal.timeout(DEADLINE_MS), redirect: "manual" });
      if (response.status !== 200) return;
      this.#keys = await importAll(await response.json());
      this.#fetchedAt = begunAt;
    } catch {
      // The current keys stay valid until they are too old.
    }
  }

  #age(): number {
    return Date.now() - this.#fetchedAt;
  }
}

async function importAll(set: unknown): Promise<Map<string, CryptoKey>> {
  const keys = (set as { keys?: unknown }).keys;
  if (!Array.isArray(keys)) throw new Error("no key set");
  const usable = keys.filter(({ kty, crv, kid }: JWK) => kty === "EC" && crv === "P-256" && typeof kid === "string");
  const imported = usable.map(async ({ kty, crv, x, y, kid }: JWK) => {
    const key = (await importJWK({ kty, crv, x, y } as JWK, ASSERTION_ALGORITHM)) as CryptoKey;
    return [kid as string, key] as const;
  });
  return new Map(await Promise.all(imported));
}

/** In Workers, a promise of a request that has died may never settle. */
async function settledWithin(ms: number, promise: Promise<void>): Promise<void> {
  const late = new AbortController();
  const deadline = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    late.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  await Promise.race([promise, deadline]);
  late.abort();
}

const KNOWN = new WeakMap<Fetch, Map<string, IssuerKeys>>();

/** The key of an issuer that is trusted. Each `fetch` has its own cache. */
export function findKey(issuer: string, kid: string, fetch: Fetch): Promise<CryptoKey> {
  const known = KNOWN.get(fetch) ?? new Map<string, IssuerKeys>();
  KNOWN.set(fetch, known);
  const keys = known.get(issuer) ?? new IssuerKeys(issuer, fetch);
  known.set(issuer, keys);
  return keys.find(kid);
}
