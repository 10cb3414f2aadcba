/**
 * Under which peppers secrets are stored. While two peppers are active, a secret can have a row under each: the two rows have
 * one key, one hint and one time of creation, and are *siblings*.
 */

import { type Cursor, cutPage, type Page, type PageRequest } from "./pages.ts";

/** Does nothing if the row `from` is gone, or its key is revoked. Can be repeated. */
export function rehashInsert(
  db: D1Database,
  { from, to, pepperId }: { from: string; to: string; pepperId: string },
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO api_key_secrets (hash, key_id, pepper_id, hint, created_at, expires_at)
       SELECT ?2, s.key_id, ?3, s.hint, s.created_at, s.expires_at
       FROM api_key_secrets s JOIN api_keys k ON k.id = s.key_id
       WHERE s.hash = ?1 AND k.revoked_at IS NULL AND NOT EXISTS (SELECT 1 FROM api_key_secrets WHERE hash = ?2)
       ON CONFLICT DO NOTHING`,
    )
    .bind(from, to, pepperId);
}

export interface PepperUse {
  readonly pepperId: string;
  readonly secrets: number;
  /** Secrets in use that would be lost with this pepper: those without a sibling under another active one. */
  readonly alone: number;
}

/** `?1`: the active peppers, `?2`: now. */
const IS_ALONE = `
  (s.expires_at IS NULL OR s.expires_at > ?2)
  AND EXISTS (SELECT 1 FROM api_keys k WHERE k.id = s.key_id AND k.revoked_at IS NULL AND k.expires_at > ?2)
  AND NOT EXISTS (SELECT 1 FROM api_key_secrets sibling
    WHERE sibling.key_id = s.key_id AND sibling.created_at = s.created_at AND sibling.hint = s.hint
      AND sibling.pepper_id <> s.pepper_id AND sibling.pepper_id IN (SELECT value FROM json_each(?1)))`;

export async function countSecretsByPepper(
  db: D1Database,
  active: readonly string[],
  now: number,
): Promise<PepperUse[]> {
  const { results } = await db
    .prepare(
      `SELECT s.pepper_id AS pepperId, count(*) AS secrets, count(CASE WHEN ${IS_ALONE} THEN 1 END) AS alone
       FROM api_key_secrets s GROUP BY s.pepper_id`,
    )
    .bind(JSON.stringify(active), now)
    .all<PepperUse>();
  return results;
}

export async function hasSecretsUnder(db: D1Database, pepperId: string): Promise<boolean> {
  const row = await db.prepare("SELECT 1 FROM api_key_secrets WHERE pepper_id = ?1 LIMIT 1").bind(pepperId).first();
  return row !== null;
}

/** A key that would stop working without the pepper, or one secret of which would. */
export interface KeyUnderPepper {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly lastUsedAt: number | null;
}

export const BY_ID = "id";

export async function listKeysOnlyUnder(
  db: D1Database,
  { pepperId, active, now }: { pepperId: string; active: readonly string[]; now: number },
  page: PageRequest,
): Promise<Page<KeyUnderPepper>> {
  const { results } = await db
    .prepare(
      `SELECT key.id, key.organization_id AS organizationId, key.name, key.last_used_at AS lastUsedAt
       FROM (SELECT s.key_id FROM api_key_secrets s WHERE s.pepper_id = ?3 AND s.key_id > ?4 AND ${IS_ALONE}
         GROUP BY s.key_id ORDER BY s.key_id LIMIT ?5) AS alone
       CROSS JOIN api_keys key ON key.id = alone.key_id
       ORDER BY alone.key_id`,
    )
    .bind(JSON.stringify(active), now, pepperId, page.after?.id ?? "", page.limit + 1)
    .all<KeyUnderPepper>();
  return cutPage(results, page, ({ id }): Cursor => ({ sort: BY_ID, value: id, id }));
}

export async function countKeysOnlyUnder(
  db: D1Database,
  { pepperId, active, now }: { pepperId: string; active: readonly string[]; now: number },
): Promise<number> {
  const row = await db
    .prepare(`SELECT count(DISTINCT s.key_id) AS keys FROM api_key_secrets s WHERE s.pepper_id = ?3 AND ${IS_ALONE}`)
    .bind(JSON.stringify(active), now, pepperId)
    .first<{ keys: number }>();
  return row?.keys ?? 0;
}

/** Deletes only rows that have a sibling under the current pepper, `limit` at a time. Returns how many. */
export async function deleteSecretsUnder(
  db: D1Database,
  { pepperId, currentId, limit }: { pepperId: string; currentId: string; limit: number },
): Promise<number> {
  // `meta.changes` also counts what triggers write.
  const { results } = await db
    .prepare(
      `DELETE FROM api_key_secrets WHERE hash IN (
         SELECT s.hash FROM api_key_secrets s
         WHERE s.pepper_id = ?1 AND EXISTS (SELECT 1 FROM api_key_secrets sibling
           WHERE sibling.key_id = s.key_id AND sibling.created_at = s.created_at AND sibling.hint = s.hint
             AND sibling.pepper_id = ?2)
         LIMIT ?3)
       RETURNING 1`,
    )
    .bind(pepperId, currentId, limit)
    .all();
  return results.length;
}
