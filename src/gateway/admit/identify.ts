/** Which key the credential belongs to. Memory, then KV, then D1; one look-up at a time for each secret. */

import { within } from "../../deadline.ts";
import type { Credential } from "../../decide/credentials.ts";
import type { Account } from "../../decide/principal.ts";
import { Generations } from "../../domain/generations.ts";
import type { FoundIn } from "../../domain/log-line.ts";
import { REMEMBERED_SECRETS } from "../../domain/pace.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { FoundKey, KeyFinder } from "../../store/key-finder.ts";
import { Flights, type WaitUntil } from "./flights.ts";
import { type LookupBudget, Lookups } from "./lookups.ts";

/** The key, and where it was found. */
export interface Identity extends Account {
  readonly foundIn: FoundIn;
}

const KV_DEADLINE_MS = 1_000;
const D1_DEADLINE_MS = 5_000;

export class Identifier {
  readonly #finder: KeyFinder;
  readonly #lookups: Lookups;
  readonly #known = new Generations<string, Identity>(REMEMBERED_SECRETS);
  readonly #flights: Flights<Identity | Refusal>;

  constructor(finder: KeyFinder, lookupBudget: LookupBudget, now: () => number) {
    this.#finder = finder;
    this.#lookups = new Lookups(lookupBudget, now);
    this.#flights = new Flights(now);
  }

  async identify(credential: Credential, client: string, waitUntil: WaitUntil): Promise<Identity | Refusal> {
    return (
      this.recall(credential) ??
      this.#join(
        credential.secret,
        waitUntil,
        async () => (await this.#inKv(credential, waitUntil)) ?? this.#inD1(credential, client, waitUntil),
      )
    );
  }

  /** What memory says, at once; `undefined` if it says nothing. */
  recall({ secret }: Credential): Identity | Refusal | undefined {
    const known = this.#known.get(secret);
    if (known) return known;
    return this.#lookups.isMissing(secret) ? { code: "key_unknown" } : undefined;
  }

  /** For an identity that the key's own record denies: memory and KV were wrong, and D1 decides. */
  async identifyAnew(credential: Credential, client: string, waitUntil: WaitUntil): Promise<Identity | Refusal> {
    this.#known.delete(credential.secret);
    // Starts its own look-up: one that is already under way can rely on KV.
    return this.#join(`anew ${credential.secret}`, waitUntil, () => this.#inD1(credential, client, waitUntil));
  }

  async #join(
    flight: string,
    waitUntil: WaitUntil,
    find: () => Promise<Identity | Refusal>,
  ): Promise<Identity | Refusal> {
    try {
      return await within(KV_DEADLINE_MS + D1_DEADLINE_MS, this.#flights.join(flight, find, waitUntil));
    } catch {
      return { code: "key_store_unavailable" };
    }
  }

  /** KV down or slow is a miss: D1 finds the key all the same. */
  async #inKv({ secret, environment }: Credential, waitUntil: WaitUntil): Promise<Identity | undefined> {
    const found = await within(KV_DEADLINE_MS, this.#finder.inKv(secret, environment)).catch(() => undefined);
    if (!found) return undefined;
    this.#remember(secret, environment, found);
    waitUntil(this.#rehash(secret, environment, found).catch(() => undefined));
    return { ...found, environment, foundIn: "kv" };
  }

  async #inD1({ secret, environment }: Credential, client: string, waitUntil: WaitUntil): Promise<Identity | Refusal> {
    const found = await this.#lookups.find(secret, client, () => within(D1_DEADLINE_MS, this.#finder.inD1(secret)));
    if (!found) return { code: "key_unknown" };
    if (isRefusal(found)) return found;
    this.#remember(secret, environment, found);
    waitUntil(
      this.#finder
        .remember(secret, environment, found)
        .then(() => this.#rehash(secret, environment, found))
        .catch(() => undefined),
    );
    return { ...found, environment, foundIn: "d1" };
  }

  #remember(secret: string, environment: string, { keyId, hash }: FoundKey): void {
    this.#known.set(secret, { environment, keyId, hash, foundIn: "memory" });
  }

  /** Does not change memory: the record of the present lease can have only the old hash of the secret. */
  async #rehash(secret: string, environment: string, found: FoundKey): Promise<void> {
    const current = await this.#finder.rehash(secret, found);
    if (current.hash !== found.hash) await this.#finder.remember(secret, environment, current);
  }
}
