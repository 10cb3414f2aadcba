/** What a key could do, before it is created. Pure; the creation checks the same rules again. */

import { DAY_MS } from "../../domain/durations.ts";
import type { KeyRecord } from "../../domain/key.ts";
import { rightsOf } from "../../domain/rights.ts";
import { type Scope, scopesOf } from "../../domain/scope.ts";
import { describe } from "../../errors.ts";
import type { NewKey } from "../../records/key.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Caller, Control } from "../control.ts";
import { excessOf } from "./grants.ts";

/** The record that the key's authority would read. */
export function draftOf(
  control: Control,
  member: MemberRecord,
  wanted: Pick<NewKey, "environment" | "reach" | "workspaceIds" | "permission" | "scopes" | "expiresAt">,
  /** Its own, or its organization's. */
  plan: string | null = null,
): KeyRecord {
  const now = control.now();
  return {
    ...{ id: "", version: "", plan, limits: null, allowedAddresses: [], secrets: [] },
    environment: wanted.environment,
    organization: { id: member.organizationId, status: "active" },
    member: { id: member.id, role: member.role, removed: false, workspaces: member.workspaceIds },
    reach: wanted.reach,
    workspaces: wanted.workspaceIds,
    permission: wanted.permission,
    scopes: wanted.scopes,
    createdAt: now,
    expiresAt: wanted.expiresAt ?? now + control.gateway.keys.lifetimeDays * DAY_MS,
    disabledAt: null,
    revokedAt: null,
  };
}

/** Why each scope of the configuration is of no use to a key that the caller makes; nothing for those that are. */
export function withheldScopes(control: Control, caller: Caller, draft: KeyRecord): Map<Scope, string> {
  const { policy } = control.gateway;
  const withheld = new Map<Scope, string>();
  for (const scope of scopesOf(policy.resources)) {
    const alone = { ...draft, permission: "full-access" as const, scopes: [scope] };
    const excess = excessOf(control, caller, alone);
    if (rightsOf(alone, policy).lacking(scope).includes("role")) {
      withheld.set(scope, `The role ${draft.member?.role} does not have it.`);
    } else if (excess) withheld.set(scope, describe(excess).detail);
  }
  return withheld;
}
