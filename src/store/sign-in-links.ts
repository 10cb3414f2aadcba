/** Links by which a member signs in, once. Only the hash of a link's token is stored. */

import { type AuditEvent, auditInsertWhere } from "./audit.ts";

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
  /** Whether it invites someone who has never signed in. Once they have, it cannot be used. */
  readonly invites: boolean;
}

/** What decides whether a link can be used. */
export interface LinkUse {
  readonly now: number;
  /** Each role that creates links, with the roles that it cannot let in. */
  readonly creators: Readonly<Record<string, readonly string[]>>;
}

/** An invitation that can still be used. A member has at most one. */
export type Invitation = Pick<SignInLink, "memberId" | "createdBy" | "createdAt" | "expiresAt">;

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

const OF_MEMBER = `
  FROM sign_in_links l
  JOIN members m ON m.id = l.member_id AND m.removed_at IS NULL`;
const UNUSED = `
  WHERE l.session_id IS NULL AND l.expires_at > ?1 AND (l.invites = 0 OR m.last_signed_in_at IS NULL)`;
/** For a member with the same role, by root or by a member who can still create it. `?2`: `LinkUse.creators`. */
const BACKED = `
  AND m.role = l.role AND (l.created_by = 'root' OR EXISTS (
    SELECT 1 FROM members c JOIN json_each(?2) may ON may.key = c.role
    WHERE c.id = l.created_by AND c.removed_at IS NULL AND l.role NOT IN (SELECT value FROM json_each(may.value))))`;
/** Not used, not revoked and not expired, of a member who still exists, with the same role, in an active organization. `?1`: the time. */
const USABLE = `${OF_MEMBER}
  JOIN organizations o ON o.id = l.organization_id AND o.status = 'active' ${UNUSED} ${BACKED}`;
/** One that is not `BACKED` cannot be used now, but perhaps later. */
const INVITATION = `${OF_MEMBER} ${UNUSED} AND l.invites = 1`;

export function signInLinkInsert(db: D1Database, link: SignInLink): D1PreparedStatement {
  const { hash, organizationId, memberId, role, next, createdBy, createdAt, expiresAt, invites } = link;
  return db
    .prepare(
      `INSERT INTO sign_in_links (hash, organization_id, member_id, role, next, created_by, created_at, expires_at, invites)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
    )
    .bind(hash, organizationId, memberId, role, next, createdBy, createdAt, expiresAt, Number(invites));
}

/** `hashes`: one of them is the link's. */
export async function readUsableLink(
  db: D1Database,
  hashes: readonly [string, string],
  { now, creators }: LinkUse,
): Promise<UsableLink | undefined> {
  const row = await db
    .withSession("first-primary")
    .prepare(
      `SELECT l.hash, l.organization_id, o.name AS organization_name, l.member_id, m.name AS member_name, m.email, l.next,
         l.created_by ${USABLE} AND l.hash IN (?3, ?4)`,
    )
    .bind(now, JSON.stringify(creators), ...hashes)
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
  { hash, sessionId, now, creators }: LinkUse & { hash: string; sessionId: string },
): D1PreparedStatement {
  return db
    .prepare(`UPDATE sign_in_links SET session_id = ?3 WHERE hash = ?4 AND EXISTS (SELECT 1 ${USABLE} AND l.hash = ?4)`)
    .bind(now, JSON.stringify(creators), sessionId, hash);
}

/** Of one member, or of an organization; by the member's id. `dormantToo`: those too that cannot be used at the moment. */
export async function readInvitations(
  db: D1Database,
  of: { readonly member: string } | { readonly organization: string },
  { now, creators, dormantToo = false }: LinkUse & { readonly dormantToo?: boolean },
): Promise<ReadonlyMap<string, Invitation>> {
  const { results } = await db
    .prepare(
      `SELECT l.member_id, l.created_by, l.created_at, l.expires_at ${INVITATION} ${dormantToo ? "" : BACKED}
         AND ${"member" in of ? "l.member_id" : "l.organization_id"} = ?3`,
    )
    .bind(now, JSON.stringify(creators), "member" in of ? of.member : of.organization)
    .all<{ member_id: string; created_by: string; created_at: number; expires_at: number }>();
  return new Map(
    results.map(({ member_id: memberId, created_by: createdBy, created_at: createdAt, expires_at: expiresAt }) => [
      memberId,
      { memberId, createdBy, createdAt, expiresAt },
    ]),
  );
}

/** Writes the event only if there is an invitation to end. */
export function invitationEnding(db: D1Database, event: AuditEvent): D1PreparedStatement[] {
  // `?2` of an event is its time.
  const open = INVITATION.replace("?1", "?2");
  return [
    auditInsertWhere(db, event, `EXISTS (SELECT 1 ${open} AND l.member_id = ?7)`),
    invitationEnd(db, event.target, event.at),
  ];
}

/** The code of an earlier version knows no invitations, but it knows what has expired. */
export function invitationEnd(db: D1Database, memberId: string, now: number): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE sign_in_links SET expires_at = max(created_at + 1, ?2)
       WHERE member_id = ?1 AND invites = 1 AND session_id IS NULL AND expires_at > ?2`,
    )
    .bind(memberId, now);
}
