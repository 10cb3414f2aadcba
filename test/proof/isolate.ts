/** One isolate: the real steps from a known key to a token, with a clock and a network of its own. */

import type { Gateway } from "../../src/config/compile.ts";
import type { FeedAnswer, FeedQuestion } from "../../src/domain/feed.ts";
import { ApiKeys } from "../../src/gateway/admit/api-keys.ts";
import type { Identifier, Identity } from "../../src/gateway/admit/identify.ts";
import { type AskAuthority, Leases } from "../../src/gateway/admit/lease.ts";
import { newNotes, type Visit } from "../../src/gateway/visit.ts";
import { ASKED, KEY_ID } from "./gateway.ts";

const identity: Identity = { keyId: KEY_ID, hash: "secret", environment: "production", foundIn: "memory" };
const visit = { client: "", waitUntil: () => {}, notes: newNotes() } as unknown as Visit;

export class Isolate {
  readonly #leases: Leases;
  readonly #keys: ApiKeys;

  constructor(
    ask: AskAuthority,
    askFeed: ((question: FeedQuestion) => Promise<FeedAnswer | undefined>) | undefined,
    now: () => number,
    gateway: Gateway,
  ) {
    const identify = async () => identity;
    const identifier = { recall: () => identity, identify, identifyAnew: identify } as unknown as Identifier;
    this.#leases = new Leases(ask, gateway, now, askFeed && { number: 0, ask: (_, question) => askFeed(question) });
    this.#keys = new ApiKeys({ gateway, identifier, leases: this.#leases, now });
  }

  request() {
    return this.#keys.admit({ secret: "kg_live_secret", environment: identity.environment }, ASKED, visit);
  }

  /** A request with another key, of which nothing is known. */
  hum(): void {
    this.#leases.held({ ...identity, keyId: "key_3" }, visit.waitUntil);
  }

  /** A request with another key: the isolate looks at its clock. */
  async otherRequest(): Promise<void> {
    await this.#leases.hold({ ...identity, keyId: "key_2" }, visit.waitUntil);
  }
}
