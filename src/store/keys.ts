/** Keys as they are managed. What an authority reads of them is in `key-records.ts`. */

import { CHANGED_KEY_COLUMNS, KEY_COLUMNS, keyCells, keyOf, type ManagedKey } from "../records/key.ts";
import type { Row } from "../records/record.ts";
import { assignments, places, values } from "./columns.ts";
import { placesHeld } from "./key-status.ts";

export interface NewSecret {
  readonly hash: string;
  readonly pepperId: string;
}

/** Of `api_keys k`. */
export const SELECT_KEY = `
  k.*,
  (SELECT status FROM organizations WHERE id = k.organization_id) AS organization_status,
  (SELECT plan FROM organizations WHERE id = k.organization_id) AS organization_plan,
  (SELECT role FROM members WHERE id = k.member_id) AS member_role,
  (SELECT removed_at FROM members WHERE id = k.member_id) AS member_removed_at,
  (SELECT json_group_array(workspace_id) FROM api_key_workspaces WHERE key_id = k.id) AS workspace_ids,
  (SELECT json_group_array(scope) FROM api_key_scopes WHERE key_id = k.id) AS scopes,
  (SELECT hint FROM api_key_secrets WHERE key_id = k.id ORDER BY created_at DESC LIMIT 1) AS hint,
  (SELECT json_group_array(json_object('hint', hint, 'createdAt', created_at, 'expiresAt', expires_at))
     FROM api_key_secrets WHERE key_id = k.id) AS secret_rows`;

export interface KeyPremises {
  /** The limit of keys that hold a place, this one included. Two requests at once cannot both take the last one. */
  readonly quota: number;
  readonly actsAsMember: boolean;
  /** The versions of organization and member against which the key was checked. */
  readonly organization: string;
  readonly member: string | undefined;
  /** The request that the key answers, and nobody has answered yet. */
  readonly request: string | undefined;
}

/** Inserts nothing if the premises do not hold. */
export function keyInserts(
  db: D1Database,
  key: ManagedKey,
  secret: NewSecret,
  { quota, actsAsMember, organization, member, request }: KeyPremises,
): D1PreparedStatement[] {
  const asked = `?${KEY_COLUMNS.length + 4}`;
  const at = (column: (typeof KEY_COLUMNS)[number]) => `?${KEY_COLUMNS.indexOf(column) + 4}`;
  const ifMade = "WHERE EXISTS (SELECT 1 FROM api_keys WHERE id = ?1)";
  return [
    db
      .prepare(
        `INSERT INTO api_keys (${KEY_COLUMNS.join(", ")}) SELECT ${places(KEY_COLUMNS, 4)}
         WHERE ${placesHeld(actsAsMember, at("organization_id"), at("created_at"))} < ?1
           AND EXISTS (SELECT 1 FROM organizations WHERE id = ${at("organization_id")} AND version = ?2)
           AND (${at("member_id")} IS NULL OR EXISTS (SELECT 1 FROM members WHERE id = ${at("member_id")} AND version = ?3))
           AND (${asked} IS NULL OR EXISTS (SELECT 1 FROM key_requests WHERE id = ${asked} AND decided_at IS NULL))`,
      )
      .bind(quota, organization, member ?? null, ...keyCells(key, KEY_COLUMNS), request ?? null),
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
  const [scopes, workspaces] = [JSON.stringify(key.scopes), JSON.stringify(key.workspaceIds)];
  return [
    db
      .prepare(
        `UPDATE api_keys SET ${assignments(CHANGED_KEY_COLUMNS, 3)}
         WHERE id = ?1 AND version = ?2 AND revoked_at IS NULL`,
      )
      .bind(id, from, ...keyCells(key, CHANGED_KEY_COLUMNS)),
    // Rows that stay are not written again: D1 numbers each change.
    db
      .prepare(`DELETE FROM api_key_scopes WHERE key_id = ?1 AND scope NOT IN ${values("?3")} AND ${ifMade}`)
      .bind(id, version, scopes),
    db
      .prepare(
        `INSERT INTO api_key_scopes (key_id, scope) SELECT ?1, value FROM json_each(?3) WHERE ${ifMade}
         ON CONFLICT DO NOTHING`,
      )
      .bind(id, version, scopes),
    db
      .prepare(`DELETE FROM api_key_workspaces WHERE key_id = ?1 AND workspace_id NOT IN ${values("?3")} AND ${ifMade}`)
      .bind(id, version, workspaces),
    db
      .prepare(
        `INSERT INTO api_key_workspaces (key_id, organization_id, workspace_id)
         SELECT ?1, ?3, value FROM json_each(?4) WHERE ${ifMade} ON CONFLICT DO NOTHING`,
      )
      .bind(id, version, key.organizationId, workspaces),
  ];
}

export async function readKey(db: D1Database, id: string): Promise<ManagedKey | undefined> {
  const row = await db.prepare(`SELECT ${SELECT_KEY} FROM api_keys k WHERE k.id = ?1`).bind(id).first<Row>();
  return row ? keyOf(row) : undefined;
}

/** Those that there are, in the order of the ids. */
export async function readKeys(db: D1Database, ids: readonly string[]): Promise<ManagedKey[]> {
  const { results } = await db
    .prepare(
      `SELECT ${SELECT_KEY} FROM json_each(?1) wanted CROSS JOIN api_keys k ON k.id = wanted.value ORDER BY wanted.key`,
    )
    .bind(JSON.stringify(ids))
    .all<Row>();
  return results.map(keyOf);
}
