/** One isolate: the real steps from a known key to a token, with a clock and a network of its own. */

import type { Gateway } from "../../src/config/compile.ts";
import { admit } from "../../src/gateway/admit/admit.ts";
import type { Identity } from "../../src/gateway/admit/identify.ts";
import { type AskAuthority, Leases } from "../../src/gateway/admit/lease.ts";
import type { DataPlane, Visit } from "../../src/gateway/data-plane.ts";
import { ASKED, KEY_ID } from "./gateway.ts";

const identity: Identity = { keyId: KEY_ID, hash: "secret", environment: "production", foundIn: "memory" };
const visit = { client: "", waitUntil: () => {} } as unknown as Visit;

export class Isolate {
  readonly #plane: DataPlane;

  constructor(ask: AskAuthority, now: () => number, gateway: Gateway) {
    const identify = async () => identity;
    const identifier = { recall: () => identity, identify, identifyAnew: identify };
    this.#plane = { gateway, identifier, leases: new Leases(ask, gateway, now), now } as unknown as DataPlane;
  }

  request() {
    return admit({ secret: "kg_live_secret", environment: identity.environment }, ASKED, this.#plane, visit);
  }

  /** A request with another key: the isolate looks at its clock. */
  async otherRequest(): Promise<void> {
    await this.#plane.leases.hold({ ...identity, keyId: "key_2" }, visit.waitUntil);
  }
}
