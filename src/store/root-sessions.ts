/** Sessions of the platform team, and the links by which they begin. Only hashes of tokens are stored. */

export async function writeRootLink(
  db: D1Database,
  link: { id: string; linkHash: string; linkExpiresAt: number },
): Promise<void> {
  await db
    .prepare("INSERT INTO root_sessions (id, link_hash, link_expires_at) VALUES (?1, ?2, ?3)")
    .bind(link.id, link.linkHash, link.linkExpiresAt)
    .run();
}

/** The id of the link, while it can be used. `hashes`: one of them is the link's. */
export async function readUsableRootLink(
  db: D1Database,
  hashes: readonly [string, string],
  now: number,
): Promise<string | undefined> {
  const id = await db
    .withSession("first-primary")
    .prepare("SELECT id FROM root_sessions WHERE link_hash IN (?1, ?2) AND hash IS NULL AND link_expires_at > ?3")
    .bind(...hashes, now)
    .first<string>("id");
  return id ?? undefined;
}

/** Whether the link could still be used: of several simultaneous attempts, one succeeds. */
export async function spendRootLink(
  db: D1Database,
  id: string,
  session: { hash: string; at: number; expiresAt: number },
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE root_sessions SET hash = ?2, expires_at = ?3
       WHERE id = ?1 AND hash IS NULL AND link_expires_at > ?4`,
    )
    .bind(id, session.hash, session.expiresAt, session.at)
    .run();
  return meta.changes === 1;
}

export interface RootSession {
  readonly id: string;
  /** As whom the platform team looks at the console. */
  readonly viewedMemberId: string | null;
}

/** While it lives. `hashes`: one of them is the session's. */
export async function readRootSession(
  db: D1Database,
  hashes: readonly [string, string],
  now: number,
): Promise<RootSession | undefined> {
  const row = await db
    .withSession("first-primary")
    .prepare("SELECT id, viewed_member_id FROM root_sessions WHERE hash IN (?1, ?2) AND expires_at > ?3")
    .bind(...hashes, now)
    .first<{ id: string; viewed_member_id: string | null }>();
  return row ? { id: row.id, viewedMemberId: row.viewed_member_id } : undefined;
}

export function rootViewUpdate(db: D1Database, { id, viewedMemberId }: RootSession): D1PreparedStatement {
  return db.prepare("UPDATE root_sessions SET viewed_member_id = ?2 WHERE id = ?1").bind(id, viewedMemberId);
}

export async function deleteRootSession(db: D1Database, id: string): Promise<void> {
  await db.prepare("DELETE FROM root_sessions WHERE id = ?1").bind(id).run();
}
