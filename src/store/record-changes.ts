/** The changes that D1 numbers by triggers (`record_changes`), and the keys that they concern. */

import type { ChangeRow, FeedStart } from "../domain/feed.ts";
import {
  type ChangedHolder,
  feedStartsAt,
  KEPT_CHANGES,
  type Mark,
  type RecordChange,
  type Told,
} from "../domain/record-changes.ts";

export interface Look {
  /** The row with the number that was asked for, if it still exists. */
  readonly found: Mark | undefined;
  /** Absent only if the table is empty. */
  readonly oldest: Mark | undefined;
  readonly newest: Mark | undefined;
}

/** How far numbers jump after a restore: beyond those that were given after the last look and are lost. */
const JUMP = 1_000_000;

const SELECT_MARKS = `
  SELECT number, mark FROM record_changes
  WHERE number IN (?1, (SELECT min(number) FROM record_changes), (SELECT max(number) FROM record_changes)) ORDER BY number`;

export async function readMarks(db: D1Database, seen: number): Promise<Look> {
  const { results } = await db.prepare(SELECT_MARKS).bind(seen).all<Mark>();
  return lookOf(results, seen);
}

export interface Changes extends Look {
  /** The oldest, without new secrets: nobody must hear of these, and an import of keys brings thousands. */
  readonly changes: readonly RecordChange[];
  /** All up to this number are among them, but for new secrets. */
  readonly upTo: number;
}

/** Those after `done`. */
export async function readChanges(
  db: D1Database,
  { seen, done, limit }: { seen: number; done: number; limit: number },
): Promise<Changes> {
  const [marks, found] = await db.batch<Mark & RecordChange>([
    db.prepare(SELECT_MARKS).bind(seen),
    db
      .prepare(
        `SELECT number, kind, environment, subject FROM record_changes
         WHERE number > ?1 AND kind <> 'secret' ORDER BY number LIMIT ?2`,
      )
      .bind(done, limit),
  ]);
  const look = lookOf(marks?.results ?? [], seen);
  const changes = found?.results ?? [];
  const last = changes.length < limit ? look.newest : changes.at(-1);
  return { ...look, changes, upTo: last?.number ?? done };
}

function lookOf(rows: readonly Mark[], seen: number): Look {
  return { found: rows.find(({ number }) => number === seen), oldest: rows[0], newest: rows.at(-1) };
}

/**
 * New secrets concern no isolate, and can be many. So of their rows, only the first and the one with the number ?2, by which a feed
 * sees that no row is missing and that D1 was not restored, and those among the ?3 newest, which an isolate can know.
 */
const SELECT_ROWS = `
  SELECT number, mark, kind, environment, subject FROM record_changes
  WHERE number >= ?1 AND (kind <> 'secret' OR number = ?2
    OR number = (SELECT min(number) FROM record_changes WHERE number >= ?1)
    OR number > (SELECT max(number) FROM record_changes) - ?3)
  ORDER BY number LIMIT ?4`;

/** For a feed that begins; `undefined` if there is more than it can take, or if D1 does not number changes yet. */
export async function readFeedStart(
  db: D1Database,
  told: Told,
  limit: number,
): Promise<Pick<FeedStart, "rows" | "pending"> | undefined> {
  const read = db
    .withSession("first-primary")
    .batch([
      db.prepare(SELECT_ROWS).bind(feedStartsAt(told), told.seen?.number ?? 0, KEPT_CHANGES, limit + 1),
      db.prepare("SELECT DISTINCT environment, key_id AS keyId FROM outbox LIMIT ?1").bind(limit + 1),
    ]);
  const all = await read.catch((error) => {
    // New code can run before its migration, and D1 can be restored to a time before it.
    if (!/no such table: record_changes/.test(String(error))) throw error;
    return undefined;
  });
  if (!all) return undefined;
  const [rows, pending] = all.map(({ results }) => results) as [ChangeRow[], FeedStart["pending"]];
  return rows.length > limit || pending.length > limit ? undefined : { rows, pending };
}

/** For a feed: those from this number on. */
export async function readRows(db: D1Database, number: number, limit: number): Promise<ChangeRow[]> {
  const { results } = await db
    .withSession("first-primary")
    .prepare(SELECT_ROWS)
    .bind(number, number, 1, limit)
    .all<ChangeRow>();
  return results;
}

/** Numbers from here on are higher than any from before the restore, also than those that nobody has seen. */
export async function markRestore(db: D1Database, seen: number): Promise<Mark> {
  const row = await db
    .prepare(
      `INSERT INTO record_changes (number, kind, subject)
       SELECT max(?1, coalesce((SELECT max(number) FROM record_changes), 0)) + ${JUMP}, 'restored', ''
       RETURNING number, mark`,
    )
    .bind(seen)
    .first<Mark>();
  return row as Mark;
}

/** The oldest up to `number`. The newest must stay: numbers are given from it on. Returns whether there are more. */
export async function removeChanges(db: D1Database, number: number, limit: number): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `DELETE FROM record_changes WHERE number IN
         (SELECT number FROM record_changes WHERE number <= ?1 ORDER BY number LIMIT ?2)`,
    )
    .bind(number, limit)
    .run();
  return meta.changes === limit;
}

export interface KeyPlace {
  readonly id: string;
  readonly environment: string;
}

/** Of keys that are not revoked: `lately` the ones that were used last, otherwise those that follow `after` in the order of ids. */
export async function readKeysOf(
  db: D1Database,
  { kind, id }: Pick<ChangedHolder, "kind" | "id">,
  after: string | "lately",
  limit: number,
): Promise<KeyPlace[]> {
  const holder = kind === "member" ? "member_id" : "organization_id";
  const order = after === "lately" ? "coalesce(last_used_at, 0) DESC" : "id";
  const { results } = await db
    .prepare(
      `SELECT id, environment FROM api_keys WHERE ${holder} = ?1 AND id > ?2 AND revoked_at IS NULL ORDER BY ${order} LIMIT ?3`,
    )
    .bind(id, after === "lately" ? "" : after, limit)
    .all<KeyPlace>();
  return results;
}
