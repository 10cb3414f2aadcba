/** What an authority reads: everything that a key's rights depend on, in one query, from D1's primary. */

import type { KeyRecord, Permission, Reach } from "../domain/key.ts";

interface Row {
  id: string;
  version: string;
  environment: string;
  organization_id: string;
  organization_status: "active" | "suspended";
  member_id: string | null;
  role: string | null;
  removed_at: number | null;
  member_workspaces: string;
  reach: Reach;
  workspaces: string;
  permission: Permission;
  scopes: string;
  plan: string | null;
  limits: string | null;
  allowed_addresses: string;
  secrets: string;
  created_at: number;
  expires_at: number;
  disabled_at: number | null;
  revoked_at: number | null;
}

const SELECT_RECORD = `
  SELECT k.id, k.version, k.environment, k.organization_id, o.status AS organization_status,
    k.member_id, m.role, m.removed_at, k.reach, k.permission, coalesce(k.plan, o.plan) AS plan, k.limits,
    k.allowed_addresses, k.created_at, k.expires_at, k.disabled_at, k.revoked_at,
    (SELECT json_group_array(workspace_id) FROM member_workspaces WHERE member_id = k.member_id) AS member_workspaces,
    (SELECT json_group_array(workspace_id) FROM api_key_workspaces WHERE key_id = k.id) AS workspaces,
    (SELECT json_group_array(scope) FROM api_key_scopes WHERE key_id = k.id) AS scopes,
    (SELECT json_group_array(json_object('hash', hash, 'expiresAt', expires_at))
       FROM api_key_secrets WHERE key_id = k.id) AS secrets
  FROM api_keys k
  JOIN organizations o ON o.id = k.organization_id
  LEFT JOIN members m ON m.id = k.member_id
  WHERE k.id = ?1 AND k.environment = ?2`;

export async function readKeyRecord(
  db: D1Database,
  environment: string,
  keyId: string,
): Promise<KeyRecord | undefined> {
  const row = await db.withSession("first-primary").prepare(SELECT_RECORD).bind(keyId, environment).first<Row>();
  return row ? recordOf(row) : undefined;
}

function recordOf(row: Row): KeyRecord {
  return {
    id: row.id,
    version: row.version,
    environment: row.environment,
    organization: { id: row.organization_id, status: row.organization_status },
    member: row.member_id
      ? {
          id: row.member_id,
          role: row.role ?? "",
          removed: row.removed_at !== null,
          workspaces: JSON.parse(row.member_workspaces),
        }
      : null,
    reach: row.reach,
    workspaces: JSON.parse(row.workspaces),
    permission: row.permission,
    scopes: JSON.parse(row.scopes),
    plan: row.plan,
    limits: row.limits === null ? null : JSON.parse(row.limits),
    allowedAddresses: JSON.parse(row.allowed_addresses),
    secrets: JSON.parse(row.secrets),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    disabledAt: row.disabled_at,
    revokedAt: row.revoked_at,
  };
}
