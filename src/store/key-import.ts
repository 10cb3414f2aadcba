/** Many keys of one organization at once, each with the hash of a secret that its holder already has. */

import { KEY_COLUMNS, keyCells, type ManagedKey } from "../records/key.ts";
import { placesHeld } from "./key-status.ts";

export interface ImportedKey {
  readonly key: ManagedKey;
  /** The secret's hash under each pepper, the one that is used for new secrets first. */
  readonly hashes: readonly [string, ...string[]];
}

export interface KeyImport {
  readonly organizationId: string;
  readonly pepperId: string;
  readonly at: number;
  /** The limit of keys that hold a place, the new ones included. */
  readonly quota: number;
  readonly actsAsMember: boolean;
  /** The version of the organization against which the keys were checked. */
  readonly organizationVersion: string;
  readonly keys: readonly ImportedKey[];
}

const IS_NEW = `NOT EXISTS (SELECT 1 FROM api_key_secrets WHERE hash IN (SELECT value FROM json_each(entry.value, '$.hashes')))`;
/** The ids are new: a key that has one was created by this batch. */
const IS_MADE = "EXISTS (SELECT 1 FROM api_keys WHERE id = entry.value ->> 'id')";

/**
 * The first creates the keys whose secrets are new, if the quota has room for all of them, the organization has not changed and each
 * member still exists. Otherwise it creates none.
 */
export function keyImports(db: D1Database, wanted: KeyImport): D1PreparedStatement[] {
  const { organizationId, pepperId, at, quota, actsAsMember, organizationVersion, keys } = wanted;
  const rows = JSON.stringify(keys.map(rowOf));
  return [
    db
      .prepare(
        `INSERT INTO api_keys (${KEY_COLUMNS.join(", ")})
         SELECT ${KEY_COLUMNS.map((column) => `entry.value ->> '${column}'`).join(", ")}
         FROM json_each(?1) AS entry
         WHERE ${IS_NEW}
           AND ${placesHeld(actsAsMember, "?2", "?3")}
             + (SELECT count(*) FROM json_each(?1) AS entry WHERE ${IS_NEW}) <= ?4
           AND EXISTS (SELECT 1 FROM organizations WHERE id = ?2 AND version = ?5)
           AND NOT EXISTS (SELECT 1 FROM json_each(?1) AS entry JOIN members ON members.id = entry.value ->> 'member_id'
             WHERE members.removed_at IS NOT NULL)`,
      )
      .bind(rows, organizationId, at, quota, organizationVersion),
    db
      .prepare(
        `INSERT INTO api_key_scopes (key_id, scope) SELECT entry.value ->> 'id', scope.value
         FROM json_each(?1) AS entry, json_each(entry.value, '$.scopes') AS scope WHERE ${IS_MADE}`,
      )
      .bind(rows),
    db
      .prepare(
        `INSERT INTO api_key_workspaces (key_id, organization_id, workspace_id) SELECT entry.value ->> 'id', ?2, workspace.value
         FROM json_each(?1) AS entry, json_each(entry.value, '$.workspace_ids') AS workspace WHERE ${IS_MADE}`,
      )
      .bind(rows, organizationId),
    db
      .prepare(
        `INSERT INTO api_key_secrets (key_id, hash, pepper_id, hint, created_at)
         SELECT entry.value ->> 'id', entry.value ->> '$.hashes[0]', ?2, entry.value ->> 'hint', ?3
         FROM json_each(?1) AS entry WHERE ${IS_MADE}`,
      )
      .bind(rows, pepperId, at),
    db
      .prepare(
        `UPDATE organizations SET trial_started_at = ?3 WHERE id = ?2 AND trial_started_at IS NULL
           AND EXISTS (SELECT 1 FROM json_each(?1) AS entry WHERE ${IS_MADE})`,
      )
      .bind(rows, organizationId, at),
  ];
}

function rowOf({ key, hashes }: ImportedKey) {
  const cells = keyCells(key, KEY_COLUMNS);
  const row = Object.fromEntries(KEY_COLUMNS.map((column, at) => [column, cells[at]]));
  return { ...row, scopes: key.scopes, workspace_ids: key.workspaceIds, hint: key.hint, hashes };
}

/** How many of these secrets have a key, each given by its hashes. */
export async function countKnown(db: D1Database, secrets: readonly (readonly string[])[]): Promise<number> {
  const row = await db
    .withSession("first-primary")
    .prepare(
      `SELECT count(*) AS known FROM json_each(?1) AS entry
       WHERE EXISTS (SELECT 1 FROM api_key_secrets WHERE hash IN (SELECT value FROM json_each(entry.value)))`,
    )
    .bind(JSON.stringify(secrets))
    .first<{ known: number }>();
  return row?.known ?? 0;
}

export async function unknownMembers(
  db: D1Database,
  organizationId: string,
  ids: readonly string[],
): Promise<Set<string>> {
  const { results } = await db
    .prepare(
      `SELECT value AS id FROM json_each(?1) WHERE NOT EXISTS
         (SELECT 1 FROM members WHERE id = value AND organization_id = ?2 AND removed_at IS NULL)`,
    )
    .bind(JSON.stringify(ids), organizationId)
    .all<{ id: string }>();
  return new Set(results.map(({ id }) => id));
}
