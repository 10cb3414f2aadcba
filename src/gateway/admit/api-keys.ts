/** The scheme of API keys: from a key to a principal with a token spent, or the reason why not. */

import { type Asked, authorize } from "../../decide/authorize.ts";
import { type Credential, readCredential } from "../../decide/credentials.ts";
import { lifeRefusal, principalOf } from "../../decide/key-principal.ts";
import type { Holding } from "../../domain/holding.ts";
import { knowsSecret } from "../../domain/key.ts";
import type { LeaseState } from "../../domain/log-line.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Visit } from "../visit.ts";
import type { Identity } from "./identify.ts";
import { findRecord, type Keys } from "./record.ts";
import type { Admission, Scheme } from "./scheme.ts";

/** How long a request tries for a token while others take those that its leases bring. */
const PATIENCE_MS = 10_000;

interface Leased {
  readonly found: Holding;
  readonly identity: Identity;
  readonly state: LeaseState;
}

export class ApiKeys implements Scheme<Credential> {
  readonly #keys: Keys;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  read(headers: Headers): Credential | Refusal | undefined {
    return readCredential(headers, this.#keys.gateway);
  }

  /** Nearly every request is decided from memory and a lease in hand, and then nothing is awaited. */
  async admit(credential: Credential, asked: Asked, visit: Visit): Promise<Admission> {
    const { leases } = this.#keys;
    const identity = this.#keys.identifier.recall(credential) ?? (await this.#identify(credential, visit));
    if (isRefusal(identity)) return refused(identity);
    const found = leases.held(identity, visit.waitUntil);
    const known = found && knowsSecret(found.lease.record, identity.hash);
    const decided = known ? this.#decide({ found, identity, state: "held" }, identity, asked, visit) : undefined;
    return decided ?? leases.queue(identity, () => this.#wait(credential, identity, asked, visit));
  }

  async readmit(credential: Credential, asked: Asked, visit: Visit): Promise<Refusal | undefined> {
    const { identifier, leases, gateway, now } = this.#keys;
    const first = await identifier.identify(credential, visit.client, visit.waitUntil);
    if (isRefusal(first)) return first;
    const known = await findRecord(credential, first, this.#keys, visit, {
      read: (identity) => leases.look(identity, visit.waitUntil),
      recordIn: (record) => record,
    });
    if (isRefusal(known)) return known;
    const { found: key, identity } = known;
    const dead = lifeRefusal(key, identity.hash, gateway, now());
    return dead ?? authorize(principalOf(key, identity, gateway), asked, gateway);
  }

  async #identify(credential: Credential, { client, waitUntil, notes }: Visit): Promise<Identity | Refusal> {
    const { identifier, now } = this.#keys;
    const askedAt = now();
    const identity = await identifier.identify(credential, client, waitUntil);
    notes.identifyMs = now() - askedAt;
    return identity;
  }

  async #wait(credential: Credential, identity: Identity, asked: Asked, visit: Visit): Promise<Admission> {
    const { now } = this.#keys;
    const askedAt = now();
    for (;;) {
      const leased = await this.#leaseOrFallback(credential, identity, asked, visit);
      visit.notes.leaseMs = now() - askedAt;
      if (isRefusal(leased)) return refused(leased, identity);
      const decided = this.#decide(leased, identity, asked, visit);
      if (decided) return decided;
      if (now() > askedAt + PATIENCE_MS) return refused({ code: "authority_unavailable" }, identity);
    }
  }

  /** `undefined` if others have taken what the lease brought. */
  #decide(
    { found: holding, identity, state }: Leased,
    { foundIn }: Identity,
    asked: Asked,
    { notes }: Visit,
  ): Admission | undefined {
    const { gateway } = this.#keys;
    const now = this.#keys.now();
    const { tokens, record: key } = holding.lease;
    notes.lease = state;
    notes.leaseKind = tokens === null ? "uncounted" : holding.left > 0 ? "tokens" : "denial";
    const caller = principalOf(key, identity, gateway);
    const { account } = caller;
    const refusal = lifeRefusal(key, identity.hash, gateway, now) ?? authorize(caller, asked, gateway);
    if (refusal) return { outcome: refusal, caller, foundIn, account, policies: [] };
    const spent = spend(holding, now);
    if (spent === "none left") return undefined;
    const outcome = spent === "spent" ? caller : spent;
    return { outcome, caller, foundIn, account, policies: holding.policies, degraded: state === "degraded" };
  }

  /** If the authority cannot be reached, some routes continue with the record of its last lease. */
  async #leaseOrFallback(
    credential: Credential,
    identity: Identity,
    { match }: Asked,
    visit: Visit,
  ): Promise<Leased | Refusal> {
    const { leases } = this.#keys;
    const leased = await findRecord<Holding>(credential, identity, this.#keys, visit, {
      read: (identity) => leases.hold(identity, visit.waitUntil),
      recordIn: ({ lease }) => lease.record,
    });
    if (!isRefusal(leased)) return { ...leased, state: "asked" };
    if (leased.code !== "authority_unavailable") return leased;
    if (isRefusal(match) || match.route.onAuthorityFailure === "closed") return leased;
    const found = leases.holdWithoutAuthority(identity);
    if (!found || !knowsSecret(found.lease.record, identity.hash)) return leased;
    return { found, identity, state: "degraded" };
  }
}

/** Takes one token. Nothing is awaited between this check of the lease's life and the decision. */
export function spend(holding: Holding, now: number): "spent" | "none left" | Refusal {
  if (!holding.isLive(now)) return "none left";
  const denial = holding.denial(now);
  if (denial) {
    const { policy, retryAfterMs } = denial;
    return { code: denial.kind === "rate" ? "rate_exceeded" : "quota_exceeded", policy, retryAfterMs };
  }
  return holding.spend(now) ? "spent" : "none left";
}

function refused(outcome: Refusal, identity?: Identity): Admission {
  // Other refusals can be about another key, because memory or KV can name the wrong one.
  const isOfKey = outcome.code === "authority_unavailable" || outcome.code === "plan_unknown";
  const account = isOfKey ? identity : undefined;
  return { outcome, caller: undefined, foundIn: identity?.foundIn, account, policies: [] };
}
