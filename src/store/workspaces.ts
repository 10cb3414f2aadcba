import { type Page, type PageRequest, pageOf } from "./pages.ts";

export interface Workspace {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly createdAt: number;
}

interface Row {
  id: string;
  organization_id: string;
  name: string;
  created_at: number;
}

export function workspaceInsert(
  db: D1Database,
  { id, organizationId, name, createdAt }: Workspace,
): D1PreparedStatement {
  return db
    .prepare("INSERT INTO workspaces (id, organization_id, name, created_at) VALUES (?1, ?2, ?3, ?4)")
    .bind(id, organizationId, name, createdAt);
}

export async function readWorkspace(db: D1Database, id: string): Promise<Workspace | undefined> {
  const row = await db.prepare("SELECT * FROM workspaces WHERE id = ?1").bind(id).first<Row>();
  return row ? workspaceOf(row) : undefined;
}

export async function listWorkspaces(
  db: D1Database,
  organizationId: string,
  page: PageRequest,
): Promise<Page<Workspace>> {
  const { results } = await db
    .prepare(
      `SELECT * FROM workspaces WHERE organization_id = ?1 AND (created_at, id) > (?2, ?3)
       ORDER BY created_at, id LIMIT ?4`,
    )
    .bind(organizationId, page.after?.createdAt ?? 0, page.after?.id ?? "", page.limit + 1)
    .all<Row>();
  return pageOf(results.map(workspaceOf), page);
}

/** Those of `ids` that are no workspaces of the organization. */
export async function unknownWorkspaces(
  db: D1Database,
  organizationId: string,
  ids: readonly string[],
): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT value AS id FROM json_each(?1)
       WHERE NOT EXISTS (SELECT 1 FROM workspaces WHERE id = value AND organization_id = ?2)`,
    )
    .bind(JSON.stringify(ids), organizationId)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

function workspaceOf(row: Row): Workspace {
  return { id: row.id, organizationId: row.organization_id, name: row.name, createdAt: row.created_at };
}
