/** What an authority reads: everything that a key's rights depend on, in one query, from D1's primary. */

import type { KeyRecord } from "../domain/key.ts";
import { RIGHTS_COLUMNS, rightsOfKey } from "../records/key.ts";

interface Row extends Readonly<Record<string, unknown>> {
  organization_id: string;
  organization_status: "active" | "suspended";
  member_id: string | null;
  role: string | null;
  removed_at: number | null;
  member_workspaces: string;
  workspaces: string;
  scopes: string;
  plan: string | null;
  secrets: string;
}

const SELECT_RECORD = `
  SELECT ${RIGHTS_COLUMNS.map((column) => `k.${column}`).join(", ")}, k.organization_id,
    o.status AS organization_status, k.member_id, m.role, m.removed_at, coalesce(k.plan, o.plan) AS plan,
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
  const { organization_id, organization_status, member_id, role, removed_at } = row;
  return {
    ...rightsOfKey(row),
    organization: { id: organization_id, status: organization_status },
    member: member_id
      ? { id: member_id, role: role ?? "", removed: removed_at !== null, workspaces: JSON.parse(row.member_workspaces) }
      : null,
    workspaces: JSON.parse(row.workspaces),
    scopes: JSON.parse(row.scopes),
    plan: row.plan,
    secrets: JSON.parse(row.secrets),
  };
}
