/** What a member or a key can do in the management API: their place in one organization. */

import type { Gateway } from "../config/compile.ts";
import type { KeyRecord } from "../domain/key.ts";
import { type Role, rightsOf } from "../domain/rights.ts";
import { expand, resourceOf, type Scope } from "../domain/scope.ts";
import type { MemberRecord } from "../records/member.ts";
import type { MemberStanding } from "./control.ts";

const NOTHING: Role = { scopes: [], manages: { organization: "none", workspace: "none" } };

export function standingOfMember(member: MemberRecord, { policy }: Gateway): MemberStanding {
  const { scopes, manages } = roleOf(member.role, policy.roles);
  return {
    kind: "member",
    organizationId: member.organizationId,
    memberId: member.id,
    scopes: expand(scopes, policy.resources, policy.bundles),
    lacking: () => ["role"],
    workspaces: manages.workspace === "all" ? undefined : new Set(member.workspaceIds),
    manages,
    key: undefined,
  };
}

/** A key acts as its member if keys do that here, or else for its organization. */
export function standingOfKey(key: KeyRecord, gateway: Gateway): MemberStanding {
  const { policy } = gateway;
  const { effective, workspaces, lacking } = rightsOf(key, policy);
  return {
    kind: "member",
    organizationId: key.organization.id,
    memberId: policy.actAs === "member" ? (key.member?.id ?? null) : null,
    scopes: isOfMainEnvironment(key, gateway) ? effective : new Set([...effective].filter(isOfKeys)),
    lacking,
    workspaces: workspaces ?? workspacesOfMember(key, policy),
    manages: managedBy(key, policy),
    key,
  };
}

/** Keys of the other environments, such as a sandbox, manage only keys of the same environment. */
export function isOfMainEnvironment({ environment }: KeyRecord, { mainEnvironment }: Gateway): boolean {
  return environment === mainEnvironment;
}

function isOfKeys(scope: Scope): boolean {
  return resourceOf(scope) === "api_keys" || resourceOf(scope) === "usage";
}

function managedBy(key: KeyRecord, policy: Gateway["policy"]): Role["manages"] {
  const manages: Role["manages"] =
    policy.actAs === "member"
      ? roleOf(key.member?.role ?? "", policy.roles).manages
      : { organization: "all", workspace: "all" };
  if (key.reach === "organization") return manages;
  // What a workspace key manages lies within its workspaces.
  return { organization: "none", workspace: manages.workspace === "none" ? "none" : "own" };
}

function workspacesOfMember(key: KeyRecord, policy: Gateway["policy"]): Set<string> | undefined {
  if (policy.actAs === "organization" || !key.member) return undefined;
  return roleOf(key.member.role, policy.roles).manages.workspace === "all" ? undefined : new Set(key.member.workspaces);
}

function roleOf(name: string, roles: Gateway["policy"]["roles"]): Role {
  return (Object.hasOwn(roles, name) && roles[name]) || NOTHING;
}
