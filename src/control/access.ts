/** What a caller can see and do. Each use case begins here. Records of others count as missing. */

import type { Reach } from "../domain/key.ts";
import type { Scope } from "../domain/scope.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import type { ManagedKey } from "../records/key.ts";
import { readKey, readKeys } from "../store/keys.ts";
import { readMember } from "../store/members.ts";
import { readOrganization } from "../store/organizations.ts";
import { readWorkspace } from "../store/workspaces.ts";
import type { Caller, Control, MemberStanding } from "./control.ts";
import { notFound } from "./validation.ts";

/** `field`: the field of the request that asks for too much. */
export function forbidden(problem: string, field?: string): Refusal {
  return { code: "management_forbidden", problem, field };
}

export function requireRoot({ standing }: Caller, what: string): Refusal | undefined {
  return standing.kind === "root" ? undefined : forbidden(`Only the root token can ${what}.`);
}

export function requireScope({ standing }: Caller, required: Scope): Refusal | undefined {
  if (standing.kind === "root" || standing.scopes.has(required)) return undefined;
  return {
    code: "scope_missing",
    required,
    effective: [...standing.scopes].sort(),
    lacking: standing.lacking(required),
  };
}

/** Whether the caller belongs to this organization, or is root. */
export function isWithin({ standing }: Caller, organizationId: string): boolean {
  return standing.kind === "root" || standing.organizationId === organizationId;
}

export function findOrganization(control: Control, caller: Caller, id: string, scope: Scope) {
  return find(control, caller, { name: "organization", scope, read: readOrganization }, id);
}

/** Whether the organization is the caller's to see. That of a member exists, so it is not read. */
export async function checkOrganization(
  control: Control,
  caller: Caller,
  id: string,
  scope: Scope,
): Promise<Refusal | undefined> {
  const { standing } = caller;
  if (standing.kind === "member") {
    return requireScope(caller, scope) ?? (standing.organizationId === id ? undefined : notFound("organization"));
  }
  const organization = await findOrganization(control, caller, id, scope);
  return isRefusal(organization) ? organization : undefined;
}

export function findWorkspace(control: Control, caller: Caller, id: string, scope: Scope) {
  return find(control, caller, { name: "workspace", scope, read: readWorkspace }, id);
}

export function findMember(control: Control, caller: Caller, id: string, scope: Scope) {
  return find(control, caller, { name: "member", scope, read: readMember }, id);
}

/** The record with this id, if it is the caller's to see. Another organization's is as good as none. */
async function find<T extends { id: string; organizationId?: string }>(
  { db }: Control,
  caller: Caller,
  what: { name: string; scope: Scope; read: (db: D1Database, id: string) => Promise<T | undefined> },
  id: string,
): Promise<T | Refusal> {
  const refusal = requireScope(caller, what.scope);
  if (refusal) return refusal;
  const record = await what.read(db, id);
  return record && isWithin(caller, record.organizationId ?? record.id) ? record : notFound(what.name);
}

/** A key that the caller sees: by role, by environment, by workspace. */
export async function findKey(
  control: Control,
  caller: Caller,
  id: string,
  scope: Scope,
): Promise<ManagedKey | Refusal> {
  const key = await find(control, caller, { name: "key", scope, read: readKey }, id);
  return isRefusal(key) || managesKey(caller, key) ? key : notFound("key");
}

/** Those of the keys that the caller sees, in the order of the ids. */
export async function findKeys(
  { db }: Control,
  caller: Caller,
  ids: readonly string[],
  scope: Scope,
): Promise<readonly ManagedKey[] | Refusal> {
  const refusal = requireScope(caller, scope);
  if (refusal) return refusal;
  const keys = await readKeys(db, ids);
  return keys.filter((key) => isWithin(caller, key.organizationId) && managesKey(caller, key));
}

/** Whether the caller manages such keys at all. */
export function managesKey(
  { standing }: Caller,
  key: { reach: Reach; memberId: string | null; environment: string; workspaceIds: readonly string[] },
): boolean {
  if (standing.kind === "root") return true;
  if (standing.key && standing.key.environment !== key.environment) return false;
  const manages = standing.manages[key.reach];
  if (manages !== "own") return manages === "all";
  if (key.reach === "organization") return key.memberId !== null && key.memberId === standing.memberId;
  return hasWorkspaces(standing, key.workspaceIds);
}

/** Callers can change a workspace if they belong to it or manage all of them. Others can only see it. */
export function checkBelonging({ standing }: Caller, workspaceId: string): Refusal | undefined {
  if (standing.kind === "root" || hasWorkspaces(standing, [workspaceId])) return undefined;
  return forbidden("You do not belong to this workspace.");
}

export function hasWorkspaces({ workspaces }: MemberStanding, ids: readonly string[]): boolean {
  return workspaces === undefined || ids.every((id) => workspaces.has(id));
}
