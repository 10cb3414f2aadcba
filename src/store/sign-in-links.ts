/** Links by which a member signs in, once. Only the hash of a link's token is stored. */

export interface SignInLink {
  readonly hash: string;
  readonly organizationId: string;
  readonly memberId: string;
  /** The member's role when the link was created. */
  readonly role: string;
  /** The path to open next. */
  readonly next: string;
  /** `root`, or the id of a member. */
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A link that can be used now, with what its page says. */
export interface UsableLink {
  readonly hash: string;
  readonly organizationId: string;
  readonly organizationName: string;
  readonly memberId: string;
  readonly memberName: string;
  readonly email: string;
  readonly next: string;
  readonly createdBy: string;
}

interface Row {
  hash: string;
  organization_id: string;
  organization_name: string;
  member_id: string;
  member_name: string;
  email: string;
  next: string;
  created_by: string;
}

/** Not used and not expired, of a member who still exists, with the same role, in an active organization. `?1`: the time. */
const USABLE = `
  FROM sign_in_links l
  JOIN members m ON m.id = l.member_id AND m.role = l.role AND m.removed_at IS NULL
  JOIN organizations o ON o.id = l.organization_id AND o.status = 'active'
  WHERE l.session_id IS NULL AND l.expires_at > ?1`;

export function signInLinkInsert(db: D1Database, link: SignInLink): D1PreparedStatement {
  const { hash, organizationId, memberId, role, next, createdBy, createdAt, expiresAt } = link;
  return db
    .prepare(
      `INSERT INTO sign_in_links (hash, organization_id, member_id, role, next, created_by, created_at, expires_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
    )
    .bind(hash, organizationId, memberId, role, next, createdBy, createdAt, expiresAt);
}

/** `hashes`: one of them is the link's. */
export async function readUsableLink(
  db: D1Database,
  hashes: readonly [string, string],
  now: number,
): Promise<UsableLink | undefined> {
  const row = await db
    .withSession("first-primary")
    .prepare(
      `SELECT l.hash, l.organization_id, o.name AS organization_name, l.member_id, m.name AS member_name, m.email, l.next,
         l.created_by ${USABLE} AND l.hash IN (?2, ?3)`,
    )
    .bind(now, ...hashes)
    .first<Row>();
  if (!row) return undefined;
  return {
    hash: row.hash,
    organizationId: row.organization_id,
    organizationName: row.organization_name,
    memberId: row.member_id,
    memberName: row.member_name,
    email: row.email,
    next: row.next,
    createdBy: row.created_by,
  };
}

/** Changes nothing if the link can no longer be used: of several simultaneous attempts, one succeeds. */
export function signInLinkSpending(
  db: D1Database,
  { hash, sessionId, now }: { hash: string; sessionId: string; now: number },
): D1PreparedStatement {
  return db
    .prepare(`UPDATE sign_in_links SET session_id = ?2 WHERE hash = ?3 AND EXISTS (SELECT 1 ${USABLE} AND l.hash = ?3)`)
    .bind(now, sessionId, hash);
}
