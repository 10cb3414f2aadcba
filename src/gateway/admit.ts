/** Steps 4 to 7 together: from a credential to a principal with a token spent, or the reason why not. */

import type { Holding } from "../domain/holding.ts";
import { type KeyRecord, knowsSecret } from "../domain/key.ts";
import type { PolicyState } from "../domain/lease.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { type Asked, authorize, type Principal } from "./authorize.ts";
import type { Credential } from "./credentials.ts";
import type { DataPlane, Visit } from "./data-plane.ts";
import type { Identity } from "./identify.ts";
import { policiesOf, spend } from "./spend.ts";

export interface Admission {
  readonly outcome: Principal | Refusal;
  readonly key: KeyRecord | undefined;
  readonly foundIn: Identity["foundIn"] | undefined;
  readonly policies: readonly PolicyState[];
}

/** How long a request tries for a token while others take those that its leases bring. */
const PATIENCE_MS = 10_000;

export async function admit(credential: Credential, asked: Asked, plane: DataPlane, visit: Visit): Promise<Admission> {
  const identity = await plane.identifier.identify(credential, visit.client, visit.waitUntil);
  if (isRefusal(identity)) return refused(identity);
  return plane.leases.queue(identity, async () => {
    const giveUpAt = plane.now() + PATIENCE_MS;
    for (;;) {
      const leased = await leaseOf(credential, identity, plane, visit);
      if (isRefusal(leased)) return refused(leased, identity);
      const { record: key } = leased.holding.lease;
      const principal = authorize(key, leased.hash, asked, plane.gateway, plane.now());
      if (isRefusal(principal)) return { outcome: principal, key, foundIn: identity.foundIn, policies: [] };
      const spent = spend(leased.holding, plane.now());
      if (spent !== "none left") {
        const outcome = spent === "spent" ? principal : spent;
        return { outcome, key, foundIn: identity.foundIn, policies: policiesOf(leased.holding) };
      }
      if (plane.now() > giveUpAt) return refused({ code: "authority_unavailable" }, identity);
    }
  });
}

/**
 * A lease whose record has the secret. A record without it means that memory or KV pointed at the wrong key, so D1 is
 * asked; if D1 says the same, the lease is older than the secret, and a new one is taken, once.
 */
async function leaseOf(
  credential: Credential,
  identity: Identity,
  plane: DataPlane,
  visit: Visit,
): Promise<{ holding: Holding; hash: string } | Refusal> {
  const held = await plane.leases.hold(identity, visit.waitUntil);
  const misled = isRefusal(held) ? held.code === "key_unknown" : !knowsSecret(held.lease.record, identity.hash);
  if (!misled) return isRefusal(held) ? held : { holding: held, hash: identity.hash };
  const recorded = await plane.identifier.identifyAnew(credential, visit.client, visit.waitUntil);
  if (isRefusal(recorded)) return recorded;
  plane.leases.drop(recorded);
  const renewed = await plane.leases.hold(recorded, visit.waitUntil);
  if (isRefusal(renewed)) return renewed;
  return knowsSecret(renewed.lease.record, recorded.hash)
    ? { holding: renewed, hash: recorded.hash }
    : { code: "key_unknown" };
}

function refused(outcome: Refusal, identity?: Identity): Admission {
  return { outcome, key: undefined, foundIn: identity?.foundIn, policies: [] };
}
