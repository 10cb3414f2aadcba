/** The changes that D1 numbers by triggers (`record_changes`), and the keys that they concern. */

import type { ChangeRow, FeedStart } from "../domain/feed.ts";
import type { ChangedHolder, Mark, RecordChange } from "../domain/record-changes.ts";

export interface Look {
  /** The row with the number that was asked for, if it still exists. */
  readonly found: Mark | undefined;
  /** Absent only if the table is empty. */
  readonly newest: Mark | undefined;
}

/** How far numbers jump after a restore: beyond those that were given after the last look and are lost. */
const JUMP = 1_000_000;

const SELECT_MARKS = `
  SELECT number, mark FROM record_changes
  WHERE number = ?1 OR number = (SELECT max(number) FROM record_changes) ORDER BY number`;

export async function readMarks(db: D1Database, seen: number): Promise<Look> {
  const { results } = await db.prepare(SELECT_MARKS).bind(seen).all<Mark>();
  return lookOf(results, seen);
}

/** The oldest of the changes after `done`, too. */
export async function readChanges(
  db: D1Database,
  { seen, done, limit }: { seen: number; done: number; limit: number },
): Promise<Look & { readonly changes: readonly RecordChange[] }> {
  const [marks, changes] = await db.batch<Mark & RecordChange>([
    db.prepare(SELECT_MARKS).bind(seen),
    db
      .prepare(
        `SELECT number, kind, environment, subject FROM record_changes WHERE number > ?1 ORDER BY number LIMIT ?2`,
      )
      .bind(done, limit),
  ]);
  return { ...lookOf(marks?.results ?? [], seen), changes: changes?.results ?? [] };
}

function lookOf(rows: readonly Mark[], seen: number): Look {
  return { found: rows.find(({ number }) => number === seen), newest: rows.at(-1) };
}

const SELECT_ROWS = "SELECT number, mark, kind, environment, subject FROM record_changes";

/** For a feed that begins; `undefined` if there is more than it can take, or if D1 does not number changes yet. */
export async function readFeedStart(
  db: D1Database,
  limit: number,
): Promise<Pick<FeedStart, "rows" | "pending"> | undefined> {
  const read = db
    .withSession("first-primary")
    .batch([
      db.prepare(`${SELECT_ROWS} ORDER BY number LIMIT ?1`).bind(limit + 1),
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
    .prepare(`${SELECT_ROWS} WHERE number >= ?1 ORDER BY number LIMIT ?2`)
    .bind(number, limit)
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

/** Up to `number`. The newest must stay: numbers are given from it on. */
export async function removeChanges(db: D1Database, number: number): Promise<void> {
  await db.prepare("DELETE FROM record_changes WHERE number <= ?1").bind(number).run();
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
