/** What ended, as read from D1; and how it is written to D1 again after a restore. */

export interface Tombstone {
  readonly id: string;
  /** When it ended; of an organization, when it was first seen to be suspended. */
  readonly at: number;
  /** `null` if unknown. */
  readonly by: string | null;
  readonly reason: string | null;
}

/** The row after which the next read continues. */
export type Place = readonly [value: number, id: string];

/** In the order of `place`, at most `limit` of them. */
export type ReadEnded = (
  db: D1Database,
  after: Place,
  until: number,
  limit: number,
) => Promise<(Tombstone & { readonly place: Place })[]>;

interface Row extends Tombstone {
  value: number;
}

const END = "coalesce(min(revoked_at, expires_at), expires_at)";

/** A key that was revoked after it had expired is dead in any case. */
export const readRevokedKeys = reader(
  `SELECT id, revoked_at AS at, revoked_by AS by, revoked_reason AS reason, ${END} AS value FROM api_keys
   WHERE ${END} BETWEEN ?1 AND ?3 AND (${END} > ?1 OR id > ?2) AND revoked_at IS NOT NULL ORDER BY ${END}, id LIMIT ?4`,
);

export const readRemovedMembers = reader(
  `SELECT id, removed_at AS at, NULL AS by, NULL AS reason, removed_at AS value FROM members
   WHERE removed_at BETWEEN ?1 AND ?3 AND (removed_at > ?1 OR id > ?2)
   ORDER BY removed_at, id LIMIT ?4`,
);

/** All of them, because D1 does not have the time of the suspension: `until` is now. */
export const readSuspendedOrganizations: ReadEnded = async (db, [, after], until, limit) => {
  const { results } = await db
    .prepare("SELECT id FROM organizations WHERE status = 'suspended' AND id > ?1 ORDER BY id LIMIT ?2")
    .bind(after, limit)
    .all<{ id: string }>();
  return results.map(({ id }) => ({ id, at: until, by: null, reason: null, place: [0, id] }));
};

function reader(sql: string): ReadEnded {
  return async (db, [value, id], until, limit) => {
    const { results } = await db.prepare(sql).bind(value, id, until, limit).all<Row>();
    return results.map((row) => ({
      id: row.id,
      at: row.at,
      by: row.by,
      reason: row.reason,
      place: [row.value, row.id],
    }));
  };
}

/** As D1 has it; `undefined` if the key is not revoked there. */
export async function readRevocation(db: D1Database, keyId: string): Promise<Tombstone | undefined> {
  const row = await db
    .prepare(
      `SELECT id, revoked_at AS at, revoked_by AS by, revoked_reason AS reason FROM api_keys
       WHERE id = ?1 AND revoked_at IS NOT NULL`,
    )
    .bind(keyId)
    .first<Tombstone>();
  return row ?? undefined;
}

export type Kind = "api_key" | "member" | "organization";

/** Of each kind: its table, whether D1 takes a row for living, and how the row is to be, given a tombstone `entry.value`. */
const TABLES: Record<Kind, { table: string; lives: string; ended: string; action: string; keys: string }> = {
  api_key: {
    table: "api_keys",
    lives: "revoked_at IS NULL",
    ended: `revoked_at = entry.value ->> 'at', revoked_by = coalesce(entry.value ->> 'by', 'keygate'),
      revoked_reason = entry.value ->> 'reason'`,
    action: "api_key.revoked_again",
    keys: "key.id = row.id",
  },
  member: {
    table: "members",
    lives: "removed_at IS NULL",
    ended: "removed_at = entry.value ->> 'at'",
    action: "member.removed_again",
    keys: "key.member_id = row.id AND key.revoked_at IS NULL",
  },
  organization: {
    table: "organizations",
    lives: "status = 'active'",
    ended: "status = 'suspended'",
    action: "organization.suspended_again",
    keys: "key.organization_id = row.id AND key.revoked_at IS NULL",
  },
};

/** Those of `ids` that D1 takes for living. */
export async function findLiving(db: D1Database, kind: Kind, ids: readonly string[]): Promise<string[]> {
  const { table, lives } = TABLES[kind];
  const { results } = await db
    .prepare(
      `SELECT row.id FROM json_each(?1) AS known CROSS JOIN ${table} AS row ON row.id = known.value WHERE row.${lives}`,
    )
    .bind(JSON.stringify(ids))
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** Those of the organizations that were made active through the management API, after a time given for each. */
export async function findReactivated(
  db: D1Database,
  organizations: readonly Pick<Tombstone, "id" | "at">[],
): Promise<Set<string>> {
  const { results } = await db
    .prepare(
      `SELECT DISTINCT event.target AS id FROM json_each(?1) AS known
       CROSS JOIN audit_events AS event ON event.target = known.value ->> 'id' AND event.at > known.value ->> 'at'
       WHERE event.action = 'organization.changed' AND event.details ->> '$.status.to' = 'active'`,
    )
    .bind(JSON.stringify(organizations))
    .all<{ id: string }>();
  return new Set(results.map(({ id }) => id));
}

/**
 * Ends again what D1 takes for living, with an audit event for each, and an outbox for all keys whose rights change with it. Does
 * nothing to the others.
 */
export async function endAgain(
  db: D1Database,
  kind: Kind,
  tombstones: readonly Tombstone[],
  { changeId, at }: { changeId: string; at: number },
): Promise<void> {
  const { table, lives, ended, action, keys } = TABLES[kind];
  const organization = kind === "organization" ? "row.id" : "row.organization_id";
  const rows = `json_each(?1) AS entry CROSS JOIN ${table} AS row ON row.id = entry.value ->> 'id' AND row.${lives}`;
  const entries = JSON.stringify(tombstones);
  await db.batch([
    db
      .prepare(
        `INSERT INTO outbox (change_id, key_id, environment, created_at)
         SELECT ?2, key.id, key.environment, ?3 FROM ${rows} CROSS JOIN api_keys AS key ON ${keys} WHERE TRUE
         ON CONFLICT DO NOTHING`,
      )
      .bind(entries, changeId, at),
    db
      .prepare(
        `INSERT INTO audit_events (id, at, organization_id, actor, via, action, target, details, request_id)
         SELECT 'evt_' || lower(hex(randomblob(16))), ?3, ${organization}, 'keygate', 'keygate', '${action}', row.id,
           json_patch(?4, json_object('ended_at', strftime('%Y-%m-%dT%H:%M:%SZ', (entry.value ->> 'at') / 1000, 'unixepoch'),
             'by', entry.value ->> 'by', 'reason', entry.value ->> 'reason')), ?2
         FROM ${rows}`,
      )
      .bind(entries, changeId, at, JSON.stringify({ cause: CAUSE })),
    db
      .prepare(
        `UPDATE ${table} SET ${ended}, version = 'ver_' || lower(hex(randomblob(16)))
         FROM json_each(?1) AS entry WHERE ${table}.id = entry.value ->> 'id' AND ${table}.${lives}`,
      )
      .bind(entries),
  ]);
}

const CAUSE = "The database had lost this change, for example in a restore to an earlier time.";
