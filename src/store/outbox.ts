/**
 * The outbox: which authorities do not know of a change yet. Its rows are written in the batch of the change itself, so no change
 * is lost if its writer stops. It is the only way in which a write reaches an authority.
 */

/** The keys whose rights a change affects. */
export type Affected =
  | { readonly key: string }
  | { readonly member: string }
  | { readonly workspace: string }
  | { readonly organization: string };

export interface Pending {
  readonly changeId: string;
  readonly keyId: string;
  readonly environment: string;
}

/** For a change that no call of the API made. */
export const newChangeId = () => `chg_${crypto.randomUUID().replaceAll("-", "")}`;

/** The first statement of its batch: it finds the keys as they were before the change. Keys that are already revoked do not matter. */
export function outboxInsert(db: D1Database, changeId: string, affected: Affected, at: number): D1PreparedStatement {
  const [kind, id] = Object.entries(affected)[0] as [AffectedKind, string];
  return db
    .prepare(
      `INSERT INTO outbox (change_id, key_id, environment, created_at)
       SELECT ?1, id, environment, ?2 FROM api_keys WHERE ${KEYS_OF[kind]("?3")} AND revoked_at IS NULL`,
    )
    .bind(changeId, at, id);
}

/** For keys that could not be told of a change made without the API. */
export async function putInOutbox(db: D1Database, rows: readonly Pending[], at: number): Promise<void> {
  await db
    .prepare(
      `INSERT INTO outbox (change_id, key_id, environment, created_at)
       SELECT value ->> 'changeId', value ->> 'keyId', value ->> 'environment', ?2 FROM json_each(?1)`,
    )
    .bind(JSON.stringify(rows), at)
    .run();
}

export type AffectedKind = keyof typeof KEYS_OF;

const KEYS_OF = {
  key: (id: string) => `id = ${id}`,
  member: (id: string) => `member_id = ${id}`,
  workspace: (id: string) => `id IN (SELECT key_id FROM api_key_workspaces WHERE workspace_id = ${id})`,
  organization: (id: string) => `organization_id = ${id}`,
};

/** The oldest of all. */
export function readOutbox(db: D1Database, limit: number): Promise<Pending[]> {
  return pendingOf(db.prepare(`${SELECT} ORDER BY created_at LIMIT ?1`).bind(limit));
}

export function readChange(db: D1Database, changeId: string, limit: number): Promise<Pending[]> {
  return pendingOf(db.prepare(`${SELECT} WHERE change_id = ?1 LIMIT ?2`).bind(changeId, limit));
}

/** Of any change. */
export function readOutboxOf(db: D1Database, affected: Affected, limit: number): Promise<Pending[]> {
  const [kind, id] = Object.entries(affected)[0] as [AffectedKind, string];
  const keys = `SELECT id FROM api_keys WHERE ${KEYS_OF[kind]("?1")}`;
  return pendingOf(db.prepare(`${SELECT} WHERE key_id IN (${keys}) LIMIT ?2`).bind(id, limit));
}

const SELECT = "SELECT change_id, key_id, environment FROM outbox";

async function pendingOf(query: D1PreparedStatement): Promise<Pending[]> {
  const { results } = await query.all<{ change_id: string; key_id: string; environment: string }>();
  return results.map((row) => ({ changeId: row.change_id, keyId: row.key_id, environment: row.environment }));
}

export async function countOutbox(db: D1Database, changeId: string): Promise<number> {
  const row = await db
    .prepare("SELECT count(*) AS pending FROM outbox WHERE change_id = ?1")
    .bind(changeId)
    .first<{ pending: number }>();
  return row?.pending ?? 0;
}

export async function clearOutbox(db: D1Database, told: readonly Pending[]): Promise<void> {
  if (told.length === 0) return;
  const pairs = JSON.stringify(told.map(({ changeId, keyId }) => [changeId, keyId]));
  await db
    .prepare(`DELETE FROM outbox WHERE (change_id, key_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))`)
    .bind(pairs)
    .run();
}
