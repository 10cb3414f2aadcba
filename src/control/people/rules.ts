import type { Gateway } from "../../config/compile.ts";
import type { Role } from "../../domain/rights.ts";
import { expand } from "../../domain/scope.ts";
import type { Refusal } from "../../errors.ts";
import type { MemberRecord } from "../../records/member.ts";
import { hasOtherMember } from "../../store/members.ts";
import { forbidden, hasWorkspaces } from "../access.ts";
import type { Caller, Control, MemberStanding } from "../control.ts";
import { invalid } from "../validation.ts";

export function checkRole(role: string, { policy }: Gateway): Refusal | undefined {
  if (Object.hasOwn(policy.roles, role)) return undefined;
  return invalid("role", `does not exist: "${role}"; choose from ${Object.keys(policy.roles).join(", ")}`);
}

/** Nobody can give a role or a workspace that they do not have, or change a member whose role is above their own. */
export function checkStanding(
  { standing }: Caller,
  { role, workspaceIds }: { role: string; workspaceIds: readonly string[] },
  { policy }: Gateway,
): Refusal | undefined {
  if (standing.kind === "root") return undefined;
  // A role that is no longer configured can do nothing.
  const wanted = Object.hasOwn(policy.roles, role) ? policy.roles[role] : undefined;
  const scopes = wanted ? [...expand(wanted.scopes, policy.resources, policy.bundles)] : [];
  const excess = scopes.filter((scope) => !standing.scopes.has(scope));
  if (excess.length > 0)
    return forbidden(`The role ${role} can do what you cannot: ${excess.sort().join(", ")}.`, "role");
  if (wanted && managesMore(wanted.manages, standing.manages))
    return forbidden(`The role ${role} can manage keys that you cannot.`, "role");
  return hasWorkspaces(standing, workspaceIds)
    ? undefined
    : forbidden("You do not belong to all of these workspaces.", "workspace_ids");
}

const EXTENT = { none: 0, own: 1, all: 2 };

export function managesMore(wanted: Role["manages"], own: Role["manages"]): boolean {
  return EXTENT[wanted.organization] > EXTENT[own.organization] || EXTENT[wanted.workspace] > EXTENT[own.workspace];
}

/** Owners manage every key and the members too. */
export function isOwner({ manages, scopes }: Pick<MemberStanding, "manages" | "scopes">): boolean {
  return manages.organization === "all" && manages.workspace === "all" && scopes.has("members:write");
}

/** An organization keeps at least one member of such a role. */
export function ownerRoles({ policy }: Gateway): string[] {
  return Object.entries(policy.roles)
    .filter(([, { manages, scopes }]) => isOwner({ manages, scopes: expand(scopes, policy.resources, policy.bundles) }))
    .map(([name]) => name);
}

/** For a change after which `member` no longer has their role. The root token can also change the last owner, since it can make another. */
export async function checkLastOwner(
  { db, gateway }: Control,
  { standing }: Caller,
  member: MemberRecord,
): Promise<{ stayingRoles: readonly string[] } | Refusal> {
  const roles = ownerRoles(gateway);
  if (standing.kind === "root" || !roles.includes(member.role)) return { stayingRoles: [] };
  if (await hasOtherMember(db, member, roles)) return { stayingRoles: roles };
  return {
    code: "conflict",
    problem: "This is the last owner of the organization. First make another member an owner.",
    field: "role",
  };
}
