/**
 * Deletes old rows. Each call is one small transaction that reads a bounded part of an index. Calls can be repeated, and
 * stopped at any time.
 */

export const KINDS = [
  "usage_hours",
  "sessions",
  "sign_in_links",
  "root_sessions",
  "api_keys",
  "members",
  "audit_events",
  "usage_days",
  "usage_sums",
  "key_requests",
] as const;
export type Kind = (typeof KINDS)[number];

export interface Cleanup {
  readonly startedAt: number;
  /** `null` while it is running. */
  readonly endedAt: number | null;
  /** Rows of each kind. */
  readonly removed: Readonly<Partial<Record<Kind, number>>>;
}

/** The row after which the next call continues. */
export type Place = readonly [value: number | string, row: number | string];

export interface Removed {
  readonly rows: number;
  /** `undefined` when nothing is left. */
  readonly next: Place | undefined;
}

/** Deletes what ended before `before`. `after`: where the last call stopped. */
export type Removal = (db: D1Database, before: number, after: Place | undefined) => Promise<Removed>;

const MAX_ROWS = 500;
/** Keys or members. Fewer, because scopes, workspaces and secrets are deleted with each, and because each is a numbered change. */
const MAX_NUMBERED = 50;

export const removeUsageHours = removalOfUsage("usage_hours", "key_id, hour, route, outcome", "hour");
export const removeUsageDays = removalOfUsage("usage_days", "key_id, day, collector, route, outcome", "day");

export const removeUsageSums = removalOfUsage(
  "usage_sums",
  "organization_id, day, collector, environment, route, outcome",
  "day",
);

/** The events of a key are its history, and are kept as long as the key. */
export const removeAuditEvents: Removal = (db, before, after) =>
  removeRange(db, before, after, {
    rows: "SELECT at AS value, rowid AS row FROM audit_events WHERE at < ?1 AND (at, rowid) > (?2, ?3) ORDER BY at, rowid",
    from: "audit_events",
    isUnused: "NOT EXISTS (SELECT 1 FROM api_keys WHERE id = target)",
  });

/** With all their rows in other tables. Their authorities no longer need to hear of changes. */
export const removeKeys: Removal = async (db, before) => {
  const end = "coalesce(min(revoked_at, expires_at), expires_at)";
  const old = `SELECT id FROM api_keys WHERE ${end} < ?1 ORDER BY ${end}, id LIMIT ?2`;
  const results = await db.batch(
    [
      `DELETE FROM api_key_scope_uses WHERE key_id IN (${old})`,
      `DELETE FROM outbox WHERE key_id IN (${old})`,
      `DELETE FROM api_keys WHERE id IN (${old}) RETURNING 1`,
    ].map((sql) => db.prepare(sql).bind(before, MAX_NUMBERED)),
  );
  const rows = results.at(-1)?.results.length ?? 0;
  return { rows, next: rows === MAX_NUMBERED ? [0, 0] : undefined };
};

/** Members who were removed, once no other row refers to them. */
export const removeMembers: Removal = (db, before, after) =>
  removeRange(db, before, after, {
    rows: `SELECT removed_at AS value, rowid AS row FROM members
      WHERE removed_at < ?1 AND (removed_at, rowid) > (?2, ?3) ORDER BY removed_at, rowid`,
    from: "members",
    limit: MAX_NUMBERED,
    isUnused: `NOT EXISTS (SELECT 1 FROM api_keys WHERE member_id = members.id)
      AND NOT EXISTS (SELECT 1 FROM sessions WHERE member_id = members.id)
      AND NOT EXISTS (SELECT 1 FROM sign_in_links WHERE member_id = members.id)`,
  });

export const removeSessions = removalOf("sessions", "id", "expires_at");
export const removeSignInLinks = removalOf("sign_in_links", "hash", "expires_at");
export const removeKeyRequests = removalOf("key_requests", "id", "created_at");
export const removeRootSessions = removalOf("root_sessions", "id", "coalesce(expires_at, link_expires_at)");

/** Of the next rows by age, deletes those for which `isUnused` is true. */
async function removeRange(
  db: D1Database,
  before: number,
  after: Place = [-1, -1],
  { rows, from, isUnused, limit = MAX_ROWS }: { rows: string; from: string; isUnused: string; limit?: number },
): Promise<Removed> {
  const [last, removed] = await db.batch<{ value: number; row: number }>([
    db.prepare(`${rows} LIMIT 1 OFFSET ?4`).bind(before, ...after, limit - 1),
    db
      .prepare(`DELETE FROM ${from} WHERE rowid IN (SELECT row FROM (${rows} LIMIT ?4)) AND ${isUnused} RETURNING 1`)
      .bind(before, ...after, limit),
  ]);
  const place = last?.results[0];
  return { rows: removed?.results.length ?? 0, next: place && [place.value, place.row] };
}

function removalOf(table: string, key: string, end: string): Removal {
  return async (db, before) => {
    const { results } = await db
      .prepare(
        `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${end} < ?1 LIMIT ?2) RETURNING 1`,
      )
      .bind(before, MAX_ROWS)
      .all();
    return { rows: results.length, next: results.length === MAX_ROWS ? [0, 0] : undefined };
  };
}

/** One organization at a time: an index of all usage by age would be the largest of all. */
function removalOfUsage(table: string, key: string, start: string): Removal {
  const next = `SELECT min(organization_id) FROM ${table} WHERE organization_id > ?1`;
  return async (db, before, [after] = ["", 0]) => {
    const [found, removed] = await db.batch<{ id: string | null }>([
      db.prepare(`SELECT (${next}) AS id`).bind(after),
      db
        .prepare(
          `DELETE FROM ${table} WHERE (${key}) IN (
             SELECT ${key} FROM ${table}
             WHERE organization_id = (${next}) AND ${start} < ?2 ORDER BY ${start} LIMIT ?3)
           RETURNING 1`,
        )
        .bind(after, before, MAX_ROWS),
    ]);
    const organization = found?.results[0]?.id ?? null;
    const rows = removed?.results.length ?? 0;
    if (organization === null) return { rows, next: undefined };
    return { rows, next: [rows === MAX_ROWS ? after : organization, 0] };
  };
}
