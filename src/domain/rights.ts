/** What a key can do: its scopes, limited by its member's role, its permission and its reach. Pure, with an explanation. */

import type { KeyRecord, Member } from "./key.ts";
import { actionOf, type Bundles, expand, type Resources, resourceOf, type Scope } from "./scope.ts";

export interface Role {
  readonly scopes: readonly string[];
  readonly manages: Readonly<Record<"organization" | "workspace", "all" | "own" | "none">>;
}

/** The part of the configuration that determines the rights of keys. */
export interface Policy {
  readonly resources: Resources;
  readonly bundles: Bundles;
  readonly roles: Readonly<Record<string, Role>>;
  /** `member`: a key can do no more than its member at the time of the request. `organization`: it acts as its organization. */
  readonly actAs: "member" | "organization";
}

/** The sets that are intersected, in the order in which they are named to a caller. */
export type Narrowing = "scopes" | "role" | "permission" | "reach";

export interface Rights {
  readonly effective: ReadonlySet<Scope>;
  /** `undefined`: every workspace of the organization. */
  readonly workspaces: ReadonlySet<string> | undefined;
  /** Which sets lack the scope; empty if it is effective. */
  lacking(scope: Scope): Narrowing[];
}

/** What decides about the rights of a key, beside the configuration. */
export interface Grants extends Pick<KeyRecord, "scopes" | "permission" | "reach" | "workspaces"> {
  readonly member: Pick<Member, "role" | "workspaces"> | null;
}

export function rightsOf(key: Grants, policy: Policy): Rights {
  const granted = expand(key.scopes, policy.resources, policy.bundles);
  const ceiling = roleCeiling(key, policy);
  const narrowings: Record<Narrowing, (scope: Scope) => boolean> = {
    scopes: (scope) => granted.has(scope),
    role: (scope) => ceiling === undefined || ceiling.has(scope),
    permission: (scope) => key.permission === "full-access" || actionOf(scope) === "read",
    reach: (scope) =>
      key.reach === "organization" ||
      policy.resources[resourceOf(scope)]?.workspaceKeys !== "read" ||
      actionOf(scope) === "read",
  };
  const lacking = (scope: Scope) => NARROWINGS.filter((name) => !narrowings[name](scope));
  return {
    effective: new Set([...granted].filter((scope) => lacking(scope).length === 0)),
    workspaces: workspacesOf(key, policy),
    lacking,
  };
}

export const NARROWINGS: readonly [Narrowing, ...Narrowing[]] = ["scopes", "role", "permission", "reach"];

function roleCeiling(key: Grants, policy: Policy): Set<Scope> | undefined {
  if (policy.actAs === "organization") return undefined;
  return expand(roleOf(key.member, policy)?.scopes ?? [], policy.resources, policy.bundles);
}

function roleOf(member: Grants["member"], { roles }: Policy): Role | undefined {
  return member && Object.hasOwn(roles, member.role) ? roles[member.role] : undefined;
}

/** A key that acts as a member keeps only the workspaces that the member still has; a role that manages every workspace key has them all. */
function workspacesOf(key: Grants, policy: Policy): Set<string> | undefined {
  if (key.reach === "organization") return undefined;
  const member = key.member;
  if (policy.actAs === "organization" || !member) return new Set(key.workspaces);
  if (roleOf(member, policy)?.manages.workspace === "all") return new Set(key.workspaces);
  return new Set(key.workspaces).intersection(new Set(member.workspaces));
}
