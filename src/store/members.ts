import { type Page, type PageRequest, pageOf } from "./pages.ts";

export interface MemberRecord {
  readonly id: string;
  readonly organizationId: string;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  readonly workspaceIds: readonly string[];
  readonly createdAt: number;
}

interface Row {
  id: string;
  organization_id: string;
  email: string;
  name: string;
  role: string;
  workspace_ids: string;
  created_at: number;
}

const SELECT = `
  SELECT id, organization_id, email, name, role, created_at,
    (SELECT json_group_array(workspace_id) FROM member_workspaces WHERE member_id = members.id) AS workspace_ids
  FROM members`;

export function memberInserts(db: D1Database, member: MemberRecord): D1PreparedStatement[] {
  const { id, organizationId, email, name, role, workspaceIds, createdAt } = member;
  return [
    db
      .prepare(
        "INSERT INTO members (id, organization_id, email, name, role, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      )
      .bind(id, organizationId, email, name, role, createdAt),
    db
      .prepare(
        "INSERT INTO member_workspaces (organization_id, member_id, workspace_id) SELECT ?1, ?2, value FROM json_each(?3)",
      )
      .bind(organizationId, id, JSON.stringify(workspaceIds)),
  ];
}

/** A member who is gone is not found. */
export async function readMember(db: D1Database, id: string): Promise<MemberRecord | undefined> {
  const row = await db.prepare(`${SELECT} WHERE id = ?1 AND removed_at IS NULL`).bind(id).first<Row>();
  return row ? memberOf(row) : undefined;
}

export async function emailTaken(db: D1Database, organizationId: string, email: string): Promise<boolean> {
  const row = await db
    .prepare("SELECT 1 FROM members WHERE organization_id = ?1 AND lower(email) = lower(?2) AND removed_at IS NULL")
    .bind(organizationId, email)
    .first();
  return row !== null;
}

export async function listMembers(
  db: D1Database,
  organizationId: string,
  page: PageRequest,
): Promise<Page<MemberRecord>> {
  const { results } = await db
    .prepare(
      `${SELECT} WHERE organization_id = ?1 AND removed_at IS NULL AND (created_at, id) > (?2, ?3)
       ORDER BY created_at, id LIMIT ?4`,
    )
    .bind(organizationId, page.after?.createdAt ?? 0, page.after?.id ?? "", page.limit + 1)
    .all<Row>();
  return pageOf(results.map(memberOf), page);
}

function memberOf(row: Row): MemberRecord {
  return {
    id: row.id,
    organizationId: row.organization_id,
    email: row.email,
    name: row.name,
    role: row.role,
    workspaceIds: JSON.parse(row.workspace_ids),
    createdAt: row.created_at,
  };
}
