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
  number?: number | null;
}

/** Migration 0011 numbers changes of each column that is read here; a test holds that. */
export const SELECT_RECORD = `
  SELECT ${RIGHTS_COLUMNS.map((column) => `k.${column}`).join(", ")}, k.organization_id,
    o.status AS organization_status, k.member_id, m.role, m.removed_at, coalesce(k.plan, o.plan) AS plan,
    (SELECT json_group_array(w.workspace_id) FROM member_workspaces w WHERE w.member_id = k.member_id) AS member_workspaces,
    (SELECT json_group_array(w.workspace_id) FROM api_key_workspaces w WHERE w.key_id = k.id) AS workspaces,
    (SELECT json_group_array(s.scope) FROM api_key_scopes s WHERE s.key_id = k.id) AS scopes,
    (SELECT json_group_array(json_object('hash', s.hash, 'expiresAt', s.expires_at))
       FROM api_key_secrets s WHERE s.key_id = k.id) AS secrets
  FROM api_keys k
  JOIN organizations o ON o.id = k.organization_id
  LEFT JOIN members m ON m.id = k.member_id
  WHERE k.id = ?1 AND k.environment = ?2`;

/** In one statement with the record, so that no change comes between the two. */
const SELECT_NUMBERED = SELECT_RECORD.replace("SELECT", "SELECT (SELECT max(number) FROM record_changes) AS number,");

export interface NumberedRecord {
  readonly record: KeyRecord;
  /** Of the newest change in D1 at that moment; absent if D1 does not number changes yet. */
  readonly number: number | undefined;
}

export async function readKeyRecord(
  db: D1Database,
  environment: string,
  keyId: string,
): Promise<KeyRecord | undefined> {
  const row = await readRow(db, SELECT_RECORD, environment, keyId);
  return row && recordOf(row);
}

/** For an authority, which keeps the record until it hears of a newer change. */
export async function readNumberedRecord(
  db: D1Database,
  environment: string,
  keyId: string,
): Promise<NumberedRecord | undefined> {
  const row = await readRow(db, SELECT_NUMBERED, environment, keyId).catch((error) => {
    // New code can run before its migration, and D1 can be restored to a time before it.
    if (!/no such table: record_changes/.test(String(error))) throw error;
    return readRow(db, SELECT_RECORD, environment, keyId);
  });
  return row && { record: recordOf(row), number: row.number ?? undefined };
}

async function readRow(db: D1Database, sql: string, environment: string, keyId: string): Promise<Row | undefined> {
  const row = await db.withSession("first-primary").prepare(sql).bind(keyId, environment).first<Row>();
  return row ?? undefined;
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
