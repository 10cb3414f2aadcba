/** Nobody grants more than they have: for all that hands out a key's rights, which is creating, changing, rotating and enabling it. */

import { limitsOfKey, unknownPlanOf } from "../../config/compile.ts";
import { areWithin } from "../../domain/address.ts";
import type { KeyRecord } from "../../domain/key.ts";
import { exceeds } from "../../domain/limits.ts";
import { expand, resourceOf } from "../../domain/scope.ts";
import type { Refusal } from "../../errors.ts";
import { type ManagedKey, recordOf } from "../../records/key.ts";
import { readMember } from "../../store/members.ts";
import { forbidden, hasWorkspaces, managesKey } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { checkStanding, managesMore } from "../people/rules.ts";
import { standingOfKey } from "../standing.ts";

/** `key`: as it will be. Refused if the caller does not manage such keys, or if the key could do more than the caller. */
export async function checkGrant(control: Control, caller: Caller, key: ManagedKey): Promise<Refusal | undefined> {
  if (caller.standing.kind === "root") return undefined;
  const member = key.memberId === null ? undefined : await readMember(control.db, key.memberId);
  return excessOf(control, caller, recordOf(key, member?.workspaceIds));
}

/** Pure: `key` is the record that its authority would read. */
export function excessOf({ gateway }: Control, caller: Caller, key: KeyRecord): Refusal | undefined {
  const { standing } = caller;
  if (standing.kind === "root") return undefined;
  const described = { ...key, memberId: key.member?.id ?? null, workspaceIds: key.workspaces };
  // This also checks the reach and the workspaces. A read-only key never gets this far.
  if (!managesKey(caller, described)) return forbidden("You cannot manage such keys.", "reach");
  const { policy } = gateway;
  // Includes scopes that the key's member cannot use today: a new role could allow them.
  const granted = expand(key.scopes, policy.resources, policy.bundles);
  const bound = standing.key ? expand(standing.key.scopes, policy.resources, policy.bundles) : standing.scopes;
  const excess = [...granted].filter((scope) => !bound.has(scope));
  if (excess.length > 0) return forbidden(`The key could do what you cannot: ${excess.sort().join(", ")}.`, "scopes");
  const its = standingOfKey(key, gateway);
  const isManager = [...its.scopes].some((scope) => policy.resources[resourceOf(scope)]?.management);
  if (key.member && key.member.id !== standing.memberId && policy.actAs === "member") {
    const above = checkStanding(caller, { role: key.member.role, workspaceIds: [] }, gateway);
    if (above) return forbidden("The key acts as a member whose role is above yours.");
    // A key of the organization manages in all workspaces of its member.
    if (isManager && !hasWorkspaces(standing, [...(its.workspaces ?? [])])) return forbidden(BEYOND_WORKSPACES);
  }
  if (isManager && managesMore(its.manages, standing.manages)) {
    return forbidden("The key could manage keys that you cannot.", "scopes");
  }
  const own = standing.key;
  if (!own) return undefined;
  if (key.expiresAt > own.expiresAt) return forbidden("The key would expire later than yours.", "expires_at");
  if (!areWithin(key.allowedAddresses, own.allowedAddresses)) {
    return forbidden("The key could be used from addresses from which yours cannot.", "allowed_addresses");
  }
  const plan = unknownPlanOf(own, gateway);
  if (plan !== undefined) return { code: "plan_unknown", plan };
  if (exceeds(limitsOfKey(key, gateway), limitsOfKey(own, gateway))) {
    return forbidden("The key's limits would be higher than yours.", "limits");
  }
  return undefined;
}

const BEYOND_WORKSPACES =
  "The key could manage workspaces to which you do not belong, because it acts as a member who belongs to them.";
