import type { OwnLimits, Permission, Reach } from "../domain/key.ts";
import { generateSecret, hintOf } from "../domain/secret.ts";
import type { Refusal } from "../errors.ts";
import { auditInsertIf } from "../store/audit.ts";
import { keyInserts, type ManagedKey } from "../store/keys.ts";
import { readMember } from "../store/members.ts";
import { type Organization, readOrganization } from "../store/organizations.ts";
import { auditEvent, type Caller, type Control } from "./control.ts";
import {
  checkAddresses,
  checkEnvironment,
  checkLife,
  checkPlan,
  checkReach,
  checkScopes,
  checkWorkspaces,
} from "./key-rules.ts";
import { invalid, notFound } from "./validation.ts";

export interface NewKey {
  readonly organizationId: string;
  readonly memberId: string | null;
  readonly environment: string;
  readonly reach: Reach;
  readonly workspaceIds: readonly string[];
  readonly permission: Permission;
  readonly scopes: readonly string[];
  readonly name: string;
  readonly description: string | null;
  readonly expiresAt: number | null;
  readonly plan: string | null;
  readonly limits: OwnLimits | null;
  readonly allowedAddresses: readonly string[];
}

export interface CreatedKey {
  readonly key: ManagedKey;
  /** Known here and now, and to nobody ever after but its holder. */
  readonly secret: string;
}

export async function createKey(control: Control, caller: Caller, wanted: NewKey): Promise<CreatedKey | Refusal> {
  const { db, gateway, pepper } = control;
  const organization = await readOrganization(db, wanted.organizationId);
  if (!organization) return notFound("organization");
  const refusal =
    checkEnvironment(wanted.environment, gateway) ??
    checkReach(wanted.reach, wanted.workspaceIds, gateway.keys) ??
    checkScopes(wanted.scopes, gateway) ??
    checkPlan(wanted.plan, gateway) ??
    checkAddresses(wanted.allowedAddresses) ??
    checkLife(wanted.expiresAt, gateway.keys, control.now()) ??
    checkOrganization(wanted, organization) ??
    (await checkMember(control, wanted)) ??
    (await checkWorkspaces(control, wanted.organizationId, wanted.workspaceIds));
  if (refusal) return refusal;

  const createdAt = control.now();
  const secret = generateSecret(gateway.environments[wanted.environment]?.keyPrefix as string, control.randomBytes);
  const key: ManagedKey = {
    ...wanted,
    scopes: [...new Set(wanted.scopes)],
    workspaceIds: [...new Set(wanted.workspaceIds)],
    id: control.newId("key"),
    version: control.newId("ver"),
    hint: hintOf(secret),
    createdAt,
    expiresAt: wanted.expiresAt ?? createdAt + gateway.keys.lifetimeDays * 86_400_000,
    lastUsedAt: null,
    disabledAt: null,
    revokedAt: null,
  };
  const quota = organization.keyQuota ?? gateway.keys.quotaPerOrganization;
  const { environment, reach, permission, scopes, name } = key;
  const details = { environment, reach, permission, scopes, name };
  const event = auditEvent(control, caller, {
    organizationId: organization.id,
    action: "api_key.created",
    target: key.id,
    details,
  });
  const stored = { hash: await pepper.hash(secret), pepperId: pepper.id };
  const [made] = await db.batch([
    ...keyInserts(db, key, stored, quota),
    auditInsertIf(db, event, "api_keys", key.version),
  ]);
  return made?.meta.changes === 0 ? { code: "key_quota_reached", limit: quota } : { key, secret };
}

function checkOrganization({ environment }: NewKey, organization: Organization): Refusal | undefined {
  if (organization.status === "suspended") return { code: "conflict", problem: "The organization is suspended." };
  return organization.environments.includes(environment) ? undefined : { code: "environment_not_allowed", environment };
}

async function checkMember(
  { db, gateway }: Control,
  { memberId, organizationId }: NewKey,
): Promise<Refusal | undefined> {
  if (memberId === null) {
    return gateway.policy.actAs === "member"
      ? invalid("member_id", "is required: keys act as a member here")
      : undefined;
  }
  const member = await readMember(db, memberId);
  return member?.organizationId === organizationId
    ? undefined
    : invalid("member_id", "is no member of the organization");
}
