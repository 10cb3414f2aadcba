/** Sessions of signed-in members. Only the hash of the cookie's token is stored. */

import { SEEN_PRECISION_MS, SESSION_IDLE_MS } from "../domain/session.ts";
import type { MemberRecord } from "../records/member.ts";
import { cursorByAge, cutPage, type Page, type PageRequest } from "./pages.ts";

/** In words, as far as they are known: "Firefox on Windows", "Berlin, Germany". */
export interface Whereabouts {
  readonly device: string | null;
  readonly place: string | null;
}

/** With where it began. */
export interface Session extends Whereabouts {
  readonly id: string;
  readonly organizationId: string;
  readonly memberId: string;
  readonly createdAt: number;
  /** Exact to `SEEN_PRECISION_MS`. */
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

/** With the member and the organization as they are now. */
export interface MemberSession extends Session {
  readonly member: MemberRecord;
  readonly organization: { readonly name: string; readonly status: "active" | "suspended" };
}

interface Row {
  id: string;
  organization_id: string;
  member_id: string;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  revoked_at: number | null;
  device: string | null;
  place: string | null;
}

interface MemberRow extends Row {
  email: string;
  name: string;
  role: string;
  workspace_ids: string;
  member_created_at: number;
  member_version: string;
  last_signed_in_at: number | null;
  organization_name: string;
  organization_status: "active" | "suspended";
}

/** Creates the session if the link was just spent. */
export function sessionInsert(
  db: D1Database,
  session: Whereabouts & { id: string; hash: string; at: number; expiresAt: number; version: string },
  linkHash: string,
): D1PreparedStatement {
  const { id, hash, at, expiresAt, version, device, place } = session;
  return db
    .prepare(
      `INSERT INTO sessions (id, hash, organization_id, member_id, created_at, last_seen_at, expires_at, version, device, place)
       SELECT ?1, ?2, organization_id, member_id, ?3, ?3, ?4, ?5, ?7, ?8 FROM sign_in_links WHERE hash = ?6 AND session_id = ?1`,
    )
    .bind(id, hash, at, expiresAt, version, linkHash, device, place);
}

/** A session of a removed member is not found. `hashes`: one of them is the session's. */
export async function readMemberSession(
  db: D1Database,
  hashes: readonly [string, string],
): Promise<MemberSession | undefined> {
  const row = await db
    .withSession("first-primary")
    .prepare(
      `SELECT s.*, m.email, m.name, m.role, m.created_at AS member_created_at, m.version AS member_version, m.last_signed_in_at,
         o.name AS organization_name, o.status AS organization_status,
         (SELECT json_group_array(workspace_id) FROM member_workspaces WHERE member_id = m.id) AS workspace_ids
       FROM sessions s
       JOIN members m ON m.id = s.member_id AND m.removed_at IS NULL
       JOIN organizations o ON o.id = s.organization_id
       WHERE s.hash IN (?1, ?2)`,
    )
    .bind(...hashes)
    .first<MemberRow>();
  return row ? memberSessionOf(row) : undefined;
}

export async function readSession(db: D1Database, id: string): Promise<Session | undefined> {
  const row = await db.prepare("SELECT * FROM sessions WHERE id = ?1").bind(id).first<Row>();
  return row ? sessionOf(row) : undefined;
}

/** Those that have not ended at `now`. */
export async function listSessions(
  db: D1Database,
  memberId: string,
  now: number,
  page: PageRequest,
): Promise<Page<Session>> {
  const { results } = await db
    .prepare(
      `SELECT * FROM sessions WHERE member_id = ?1 AND revoked_at IS NULL AND expires_at > ?2 AND last_seen_at > ?3
         AND (created_at, id) > (?4, ?5)
       ORDER BY created_at, id LIMIT ?6`,
    )
    .bind(memberId, now, now - SESSION_IDLE_MS, page.after?.value ?? 0, page.after?.id ?? "", page.limit + 1)
    .all<Row>();
  return cutPage(results.map(sessionOf), page, cursorByAge);
}

/** One row is written, however many requests come at once. */
export async function writeLastSeen(db: D1Database, id: string, at: number): Promise<void> {
  await db
    .prepare("UPDATE sessions SET last_seen_at = ?2 WHERE id = ?1 AND last_seen_at <= ?3")
    .bind(id, at, at - SEEN_PRECISION_MS)
    .run();
}

/** Changes nothing if the session was revoked before. */
export function sessionRevocation(
  db: D1Database,
  { id, at, version }: { id: string; at: number; version: string },
): D1PreparedStatement {
  return db
    .prepare("UPDATE sessions SET revoked_at = ?2, version = ?3 WHERE id = ?1 AND revoked_at IS NULL")
    .bind(id, at, version);
}

function memberSessionOf(row: MemberRow): MemberSession {
  return {
    ...sessionOf(row),
    member: {
      id: row.member_id,
      organizationId: row.organization_id,
      email: row.email,
      name: row.name,
      role: row.role,
      workspaceIds: JSON.parse(row.workspace_ids),
      createdAt: row.member_created_at,
      version: row.member_version,
      lastSignedInAt: row.last_signed_in_at,
    },
    organization: { name: row.organization_name, status: row.organization_status },
  };
}

function sessionOf(row: Row): Session {
  return {
    id: row.id,
    organizationId: row.organization_id,
    memberId: row.member_id,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    device: row.device,
    place: row.place,
  };
}
