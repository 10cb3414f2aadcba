import { CHANGED_MEMBER_COLUMNS, MEMBER_COLUMNS, type MemberRecord, memberCells, memberOf } from "../records/member.ts";
import type { Row } from "../records/record.ts";
import { assignments, places, values } from "./columns.ts";
import { cursorByAge, cutPage, type Page, type PageRequest } from "./pages.ts";

const SELECT = `
  SELECT ${MEMBER_COLUMNS.join(", ")},
    (SELECT json_group_array(workspace_id) FROM member_workspaces WHERE member_id = members.id) AS workspace_ids
  FROM members`;

export function memberInserts(db: D1Database, member: MemberRecord): D1PreparedStatement[] {
  const { id, organizationId, workspaceIds } = member;
  return [
    db
      .prepare(`INSERT INTO members (${MEMBER_COLUMNS.join(", ")}) VALUES (${places(MEMBER_COLUMNS, 1)})`)
      .bind(...memberCells(member, MEMBER_COLUMNS)),
    db
      .prepare(
        `INSERT INTO member_workspaces (organization_id, member_id, workspace_id)
         SELECT ?1, ?2, value FROM json_each(?3)`,
      )
      .bind(organizationId, id, JSON.stringify(workspaceIds)),
  ];
}

/**
 * Changes nothing if the member is no longer at the version `from`, or is gone. `stayingRoles`: also nothing if no other
 * member of the organization has one of these roles; an empty list switches this off.
 */
export function memberUpdates(
  db: D1Database,
  member: MemberRecord,
  from: string,
  stayingRoles: readonly string[],
): D1PreparedStatement[] {
  const { id, organizationId, version } = member;
  const workspaces = JSON.stringify(member.workspaceIds);
  const ifMade = "EXISTS (SELECT 1 FROM members WHERE id = ?1 AND version = ?2)";
  return [
    db
      .prepare(
        `UPDATE members SET ${assignments(CHANGED_MEMBER_COLUMNS, 4)}
         WHERE id = ?1 AND version = ?2 AND removed_at IS NULL AND ${othersStay("?3")}`,
      )
      .bind(id, from, JSON.stringify(stayingRoles), ...memberCells(member, CHANGED_MEMBER_COLUMNS)),
    // Rows that stay are not written again: D1 numbers each change.
    db
      .prepare(
        `DELETE FROM member_workspaces WHERE member_id = ?1 AND workspace_id NOT IN ${values("?3")} AND ${ifMade}`,
      )
      .bind(id, version, workspaces),
    db
      .prepare(
        `INSERT INTO member_workspaces (member_id, organization_id, workspace_id)
         SELECT ?1, ?3, value FROM json_each(?4) WHERE ${ifMade} ON CONFLICT DO NOTHING`,
      )
      .bind(id, version, organizationId, workspaces),
  ];
}

/** Changes nothing if the member was removed. */
export function memberJoins(
  db: D1Database,
  join: { id: string; organizationId: string; workspaceId: string; version: string },
): D1PreparedStatement[] {
  const { id, organizationId, workspaceId, version } = join;
  return [
    db.prepare("UPDATE members SET version = ?2 WHERE id = ?1 AND removed_at IS NULL").bind(id, version),
    db
      .prepare(
        `INSERT INTO member_workspaces (member_id, organization_id, workspace_id)
         SELECT ?1, ?3, ?4 WHERE EXISTS (SELECT 1 FROM members WHERE id = ?1 AND version = ?2)`,
      )
      .bind(id, version, organizationId, workspaceId),
  ];
}

/** The row stays, because keys and audit events refer to it. */
export function memberRemoval(
  db: D1Database,
  removal: { id: string; at: number; version: string; from: string; stayingRoles: readonly string[] },
): D1PreparedStatement {
  const { id, at, version, from, stayingRoles } = removal;
  return db
    .prepare(
      `UPDATE members SET removed_at = ?2, version = ?3
       WHERE id = ?1 AND version = ?4 AND removed_at IS NULL AND ${othersStay("?5")}`,
    )
    .bind(id, at, version, from, JSON.stringify(stayingRoles));
}

const othersStay = (roles: string) =>
  `(${roles} = '[]' OR EXISTS (SELECT 1 FROM members AS other WHERE other.organization_id = members.organization_id
     AND other.id <> members.id AND other.removed_at IS NULL AND other.role IN (SELECT value FROM json_each(${roles}))))`;

export async function hasOtherMember(
  db: D1Database,
  { id, organizationId }: MemberRecord,
  roles: readonly string[],
): Promise<boolean> {
  const row = await db
    .prepare(
      `SELECT 1 FROM members WHERE organization_id = ?1 AND id <> ?2 AND removed_at IS NULL
         AND role IN (SELECT value FROM json_each(?3)) LIMIT 1`,
    )
    .bind(organizationId, id, JSON.stringify(roles))
    .first();
  return row !== null;
}

/** A removed member is not found. */
export async function readMember(db: D1Database, id: string): Promise<MemberRecord | undefined> {
  const row = await db.prepare(`${SELECT} WHERE id = ?1 AND removed_at IS NULL`).bind(id).first<Row>();
  return row ? memberOf(row) : undefined;
}

/** Removed members are not among them. */
export async function readMemberNames(db: D1Database, ids: readonly string[]): Promise<{ id: string; name: string }[]> {
  const { results } = await db
    .prepare(`SELECT id, name FROM members WHERE id IN ${values("?1")} AND removed_at IS NULL`)
    .bind(JSON.stringify(ids))
    .all<{ id: string; name: string }>();
  return results;
}

export async function emailTaken(db: D1Database, organizationId: string, email: string): Promise<boolean> {
  const row = await db
    .prepare("SELECT 1 FROM members WHERE organization_id = ?1 AND lower(email) = lower(?2) AND removed_at IS NULL")
    .bind(organizationId, email)
    .first();
  return row !== null;
}

/** `sought`: a part of the name or the email address, or the id. */
export async function listMembers(
  db: D1Database,
  organizationId: string,
  page: PageRequest,
  sought = "",
): Promise<Page<MemberRecord>> {
  const { results } = await db
    .prepare(
      `${SELECT} WHERE organization_id = ?1 AND removed_at IS NULL AND (created_at, id) > (?2, ?3)
         AND (?5 = '' OR id = ?5 OR instr(lower(name), lower(?5)) OR instr(lower(email), lower(?5)))
       ORDER BY created_at, id LIMIT ?4`,
    )
    .bind(organizationId, page.after?.value ?? 0, page.after?.id ?? "", page.limit + 1, sought)
    .all<Row>();
  return cutPage(results.map(memberOf), page, cursorByAge);
}
