/** Keys as they are managed. What an authority reads of them is in `key-records.ts`. */

import type { OwnLimits, Permission, Reach } from "../domain/key.ts";

export interface ManagedKey {
  readonly id: string;
  readonly organizationId: string;
  readonly memberId: string | null;
  readonly environment: string;
  readonly reach: Reach;
  readonly workspaceIds: readonly string[];
  readonly permission: Permission;
  readonly scopes: readonly string[];
  readonly name: string;
  readonly description: string | null;
  readonly plan: string | null;
  readonly limits: OwnLimits | null;
  readonly allowedAddresses: readonly string[];
  /** The visible part of the newest secret. */
  readonly hint: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt: number | null;
  readonly disabledAt: number | null;
  readonly revokedAt: number | null;
  readonly version: string;
}

export interface NewSecret {
  readonly hash: string;
  readonly pepperId: string;
}

export interface KeyRow {
  id: string;
  organization_id: string;
  member_id: string | null;
  environment: string;
  reach: Reach;
  workspace_ids: string;
  permission: Permission;
  scopes: string;
  name: string;
  description: string | null;
  plan: string | null;
  limits: string | null;
  allowed_addresses: string;
  hint: string;
  created_at: number;
  expires_at: number;
  last_used_at: number | null;
  disabled_at: number | null;
  revoked_at: number | null;
  version: string;
}

/** Of `api_keys k`. */
export const KEY_COLUMNS = `
  k.*,
  (SELECT json_group_array(workspace_id) FROM api_key_workspaces WHERE key_id = k.id) AS workspace_ids,
  (SELECT json_group_array(scope) FROM api_key_scopes WHERE key_id = k.id) AS scopes,
  (SELECT hint FROM api_key_secrets WHERE key_id = k.id ORDER BY created_at DESC LIMIT 1) AS hint`;

export interface KeyPremises {
  /** The limit of active keys, this one included. Two requests at once cannot both take the last place. */
  readonly quota: number;
  /** The versions of organization and member against which the key was checked. */
  readonly organization: string;
  readonly member: string | undefined;
}

/** Inserts nothing if the premises do not hold. */
export function keyInserts(
  db: D1Database,
  key: ManagedKey,
  secret: NewSecret,
  { quota, organization, member }: KeyPremises,
): D1PreparedStatement[] {
  const ifMade = "WHERE EXISTS (SELECT 1 FROM api_keys WHERE id = ?1)";
  return [
    db
      .prepare(
        `INSERT INTO api_keys (id, organization_id, member_id, environment, reach, permission, name, description, plan,
           limits, allowed_addresses, created_at, expires_at, version)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14
         WHERE (SELECT count(*) FROM api_keys WHERE organization_id = ?2 AND revoked_at IS NULL AND expires_at > ?12) < ?15
           AND EXISTS (SELECT 1 FROM organizations WHERE id = ?2 AND version = ?16)
           AND (?3 IS NULL OR EXISTS (SELECT 1 FROM members WHERE id = ?3 AND version = ?17))`,
      )
      .bind(
        key.id,
        key.organizationId,
        key.memberId,
        key.environment,
        key.reach,
        key.permission,
        key.name,
        key.description,
        key.plan,
        key.limits && JSON.stringify(key.limits),
        JSON.stringify(key.allowedAddresses),
        key.createdAt,
        key.expiresAt,
        key.version,
        quota,
        organization,
        member ?? null,
      ),
    db
      .prepare(`INSERT INTO api_key_scopes (key_id, scope) SELECT ?1, value FROM json_each(?2) ${ifMade}`)
      .bind(key.id, JSON.stringify(key.scopes)),
    db
      .prepare(
        `INSERT INTO api_key_workspaces (key_id, organization_id, workspace_id)
         SELECT ?1, ?2, value FROM json_each(?3) ${ifMade}`,
      )
      .bind(key.id, key.organizationId, JSON.stringify(key.workspaceIds)),
    db
      .prepare(
        `INSERT INTO api_key_secrets (key_id, hash, pepper_id, hint, created_at) SELECT ?1, ?2, ?3, ?4, ?5 ${ifMade}`,
      )
      .bind(key.id, secret.hash, secret.pepperId, key.hint, key.createdAt),
    db
      .prepare(
        `UPDATE organizations SET trial_started_at = coalesce(trial_started_at, ?2) WHERE id = ?3 AND EXISTS (SELECT 1 FROM api_keys WHERE id = ?1)`,
      )
      .bind(key.id, key.createdAt, key.organizationId),
  ];
}

/** Changes nothing if the key is already revoked, or is no longer at the version `from`, if one is given. */
export function keyRevocation(
  db: D1Database,
  { id, revokedAt, version }: ManagedKey,
  { by, reason, from }: { by: string; reason: string | null; from: string | undefined },
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE api_keys SET revoked_at = ?2, revoked_by = ?3, revoked_reason = ?4, version = ?5
       WHERE id = ?1 AND revoked_at IS NULL AND version = coalesce(?6, version)`,
    )
    .bind(id, revokedAt, by, reason, version, from ?? null);
}

/** Changes nothing if the key is revoked, or is no longer at the version `from`, if one is given. */
export function keySwitch(
  db: D1Database,
  { id, disabledAt, version }: ManagedKey,
  from: string | undefined,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE api_keys SET disabled_at = ?2, version = ?3
       WHERE id = ?1 AND revoked_at IS NULL AND version = coalesce(?4, version)`,
    )
    .bind(id, disabledAt, version, from ?? null);
}

/** Changes nothing if the key is no longer at the version `from`, or is revoked. `key` is the new state of the key, with a new version. */
export function keyUpdates(db: D1Database, key: ManagedKey, from: string): D1PreparedStatement[] {
  const ifMade = "EXISTS (SELECT 1 FROM api_keys WHERE id = ?1 AND version = ?2)";
  const { id, version } = key;
  return [
    db
      .prepare(
        `UPDATE api_keys SET name = ?3, description = ?4, permission = ?5, plan = ?6, limits = ?7, allowed_addresses = ?8,
           expires_at = ?9, version = ?2
         WHERE id = ?1 AND version = ?10 AND revoked_at IS NULL`,
      )
      .bind(
        id,
        version,
        key.name,
        key.description,
        key.permission,
        key.plan,
        key.limits && JSON.stringify(key.limits),
        JSON.stringify(key.allowedAddresses),
        key.expiresAt,
        from,
      ),
    db.prepare(`DELETE FROM api_key_scopes WHERE key_id = ?1 AND ${ifMade}`).bind(id, version),
    db
      .prepare(`INSERT INTO api_key_scopes (key_id, scope) SELECT ?1, value FROM json_each(?3) WHERE ${ifMade}`)
      .bind(id, version, JSON.stringify(key.scopes)),
    db.prepare(`DELETE FROM api_key_workspaces WHERE key_id = ?1 AND ${ifMade}`).bind(id, version),
    db
      .prepare(
        `INSERT INTO api_key_workspaces (key_id, organization_id, workspace_id)
         SELECT ?1, ?3, value FROM json_each(?4) WHERE ${ifMade}`,
      )
      .bind(id, version, key.organizationId, JSON.stringify(key.workspaceIds)),
  ];
}

export async function readKey(db: D1Database, id: string): Promise<ManagedKey | undefined> {
  const row = await db.prepare(`SELECT ${KEY_COLUMNS} FROM api_keys k WHERE k.id = ?1`).bind(id).first<KeyRow>();
  return row ? keyOf(row) : undefined;
}

export function keyOf(row: KeyRow): ManagedKey {
  return {
    id: row.id,
    organizationId: row.organization_id,
    memberId: row.member_id,
    environment: row.environment,
    reach: row.reach,
    workspaceIds: JSON.parse(row.workspace_ids),
    permission: row.permission,
    scopes: JSON.parse(row.scopes),
    name: row.name,
    description: row.description,
    plan: row.plan,
    limits: row.limits === null ? null : JSON.parse(row.limits),
    allowedAddresses: JSON.parse(row.allowed_addresses),
    hint: row.hint,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    disabledAt: row.disabled_at,
    revokedAt: row.revoked_at,
    version: row.version,
  };
}
