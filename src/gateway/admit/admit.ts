/** From a credential to a principal with a token spent, or the reason why not. */

import { type Asked, authorize, type Principal } from "../../decide/authorize.ts";
import type { Credential } from "../../decide/credentials.ts";
import type { Holding } from "../../domain/holding.ts";
import { type KeyRecord, knowsSecret } from "../../domain/key.ts";
import type { PolicyState } from "../../domain/lease.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { DataPlane, Visit } from "../data-plane.ts";
import type { Identity } from "./identify.ts";
import { policiesOf, spend } from "./spend.ts";

export interface Admission {
  readonly outcome: Principal | Refusal;
  readonly key: KeyRecord | undefined;
  readonly foundIn: Identity["foundIn"] | undefined;
  /** The key whose use this is. */
  readonly used: Identity | undefined;
  readonly policies: readonly PolicyState[];
  /** The authority could not be reached, but the route allows that. */
  readonly degraded?: boolean;
}

/** How long a request tries for a token while others take those that its leases bring. */
const PATIENCE_MS = 10_000;

/** Nearly every request is decided from memory and a lease in hand, and then nothing is awaited. */
export async function admit(credential: Credential, asked: Asked, plane: DataPlane, visit: Visit): Promise<Admission> {
  const identity =
    plane.identifier.recall(credential) ?? (await plane.identifier.identify(credential, visit.client, visit.waitUntil));
  if (isRefusal(identity)) return refused(identity);
  const held = plane.leases.held(identity);
  const known = held && knowsSecret(held.lease.record, identity.hash);
  const decided = known ? decide({ holding: held, identity }, identity, asked, plane) : undefined;
  return decided ?? plane.leases.queue(identity, () => wait(credential, identity, asked, plane, visit));
}

async function wait(
  credential: Credential,
  identity: Identity,
  asked: Asked,
  plane: DataPlane,
  visit: Visit,
): Promise<Admission> {
  const giveUpAt = plane.now() + PATIENCE_MS;
  for (;;) {
    const leased = await leaseOrFallback(credential, identity, asked, plane, visit);
    if (isRefusal(leased)) return refused(leased, identity);
    const decided = decide(leased, identity, asked, plane);
    if (decided) return decided;
    if (plane.now() > giveUpAt) return refused({ code: "authority_unavailable" }, identity);
  }
}

/** `undefined` where others have taken what the lease brought. */
function decide(
  { holding, identity: used, degraded }: Leased,
  { foundIn }: Identity,
  asked: Asked,
  { gateway, now }: DataPlane,
): Admission | undefined {
  const { record: key } = holding.lease;
  const known = { key, foundIn, used };
  const principal = authorize(key, used.hash, asked, gateway, now());
  if (isRefusal(principal)) return { ...known, outcome: principal, policies: [] };
  const spent = spend(holding, now());
  if (spent === "none left") return undefined;
  const outcome = spent === "spent" ? principal : spent;
  return { ...known, outcome, policies: policiesOf(holding), degraded };
}

interface Leased {
  readonly holding: Holding;
  /** Of the secret, as the record has it. */
  readonly identity: Identity;
  readonly degraded?: boolean;
}

/** If the authority cannot be reached, some routes continue with the record of its last lease. */
async function leaseOrFallback(
  credential: Credential,
  identity: Identity,
  { match }: Asked,
  plane: DataPlane,
  visit: Visit,
): Promise<Leased | Refusal> {
  const leased = await leaseOf(credential, identity, plane, visit);
  if (!isRefusal(leased) || leased.code !== "authority_unavailable") return leased;
  if (isRefusal(match) || match.route.onAuthorityFailure === "closed") return leased;
  const holding = plane.leases.holdWithoutAuthority(identity);
  if (!holding || !knowsSecret(holding.lease.record, identity.hash)) return leased;
  return { holding, identity, degraded: true };
}

/**
 * A lease whose record has the secret. A record without it means that memory or KV pointed at the wrong key, so D1 is
 * asked; if D1 says the same, the lease is older than the secret, and a new one is taken, once. If that one lacks the
 * secret too, the authority cannot read what D1 holds: a fault, which says nothing of the key.
 */
async function leaseOf(
  credential: Credential,
  identity: Identity,
  plane: DataPlane,
  visit: Visit,
): Promise<Leased | Refusal> {
  const held = await plane.leases.hold(identity, visit.waitUntil);
  const misled = isRefusal(held) ? held.code === "key_unknown" : !knowsSecret(held.lease.record, identity.hash);
  if (!misled) return isRefusal(held) ? held : { holding: held, identity };
  const recorded = await plane.identifier.identifyAnew(credential, visit.client, visit.waitUntil);
  if (isRefusal(recorded)) return recorded;
  plane.leases.drop(recorded);
  const renewed = await plane.leases.hold(recorded, visit.waitUntil);
  if (isRefusal(renewed)) return renewed;
  return knowsSecret(renewed.lease.record, recorded.hash)
    ? { holding: renewed, identity: recorded }
    : { code: "authority_unavailable" };
}

function refused(outcome: Refusal, identity?: Identity): Admission {
  // Of other refusals nobody knows that they are this key's: memory or KV may have pointed at the wrong one.
  const isOfKey = outcome.code === "authority_unavailable" || outcome.code === "plan_unknown";
  return { outcome, key: undefined, foundIn: identity?.foundIn, used: isOfKey ? identity : undefined, policies: [] };
}
