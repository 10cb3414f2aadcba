/** The principal of a key, and whether the key works at all. */

import type { Gateway } from "../config/compile.ts";
import { Generations } from "../domain/generations.ts";
import { type KeyRecord, type Lifelessness, lifelessnessOf, secretExpired } from "../domain/key.ts";
import { type Policy, type Rights, rightsOf } from "../domain/rights.ts";
import type { Code, Refusal } from "../errors.ts";
import type { Account, Principal } from "./principal.ts";

/** Made once for each record, which is kept as long as its lease, and again if another secret of the key is used. */
export function principalOf(key: KeyRecord, account: Account, { policy }: Pick<Gateway, "policy">): Principal {
  const known = PRINCIPALS.get(key);
  if (known?.account.hash === account.hash) return known;
  const principal = {
    subject: key.id,
    organization: key.organization.id,
    // An origin can go by the role, which a removed member no longer has.
    member: policy.actAs === "organization" && key.member?.removed ? null : key.member,
    environment: key.environment,
    rights: known?.rights ?? sharedRights(key, policy),
    allowedAddresses: key.allowedAddresses,
    expiresAt: key.expiresAt,
    account,
  };
  PRINCIPALS.set(key, principal);
  return principal;
}

const PRINCIPALS = new WeakMap<KeyRecord, Principal>();

/** Of what rights come from, and at most twice as many; the rights themselves take about as much. */
const MAX_CHARACTERS = 500_000;
/** Many keys have the same rights, which an isolate keeps once: by what they come from. */
const RIGHTS = new Generations<string, Shared>(MAX_CHARACTERS, ({ characters }) => characters);

interface Shared {
  readonly rights: Rights;
  readonly policy: Policy;
  readonly characters: number;
}

function sharedRights({ scopes, permission, reach, workspaces, member }: KeyRecord, policy: Policy): Rights {
  const grants = {
    ...{ scopes, permission, reach, workspaces },
    member: member && { role: member.role, workspaces: member.workspaces },
  };
  const name = JSON.stringify(grants);
  const known = RIGHTS.get(name);
  if (known?.policy === policy) return known.rights;
  const rights = rightsOf(grants, policy);
  RIGHTS.set(name, { rights, policy, characters: name.length });
  return rights;
}

/** Why the key, or this secret of it, does not work at `now`. */
export function lifeRefusal(
  key: KeyRecord,
  secretHash: string,
  { policy }: Pick<Gateway, "policy">,
  now: number,
): Refusal | undefined {
  const lifeless = lifelessnessOf(key, policy.actAs === "member", now);
  if (lifeless) return { code: lifeless };
  return secretExpired(key, secretHash, now) ? { code: "key_expired" } : undefined;
}

const LIFELESS: ReadonlySet<Code> = new Set<Lifelessness>([
  "key_revoked",
  "key_disabled",
  "member_inactive",
  "organization_suspended",
]);

/** Whether a request that was refused was a use of its key: it is not if the key does not work. A replaced secret of one that works is. */
export function isUse({ code }: Refusal, { expiresAt }: Pick<Principal, "expiresAt">, now: number): boolean {
  return code === "key_expired" ? now < expiresAt : !LIFELESS.has(code);
}
