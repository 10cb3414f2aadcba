import type { Row } from "../records/record.ts";
import {
  CHANGED_WORKSPACE_COLUMNS,
  WORKSPACE_COLUMNS,
  type Workspace,
  workspaceCells,
  workspaceOf,
} from "../records/workspace.ts";
import { assignments, places, values } from "./columns.ts";
import { cursorByAge, cutPage, type Page, type PageRequest } from "./pages.ts";

export function workspaceInsert(db: D1Database, workspace: Workspace): D1PreparedStatement {
  return db
    .prepare(`INSERT INTO workspaces (${WORKSPACE_COLUMNS.join(", ")}) VALUES (${places(WORKSPACE_COLUMNS, 1)})`)
    .bind(...workspaceCells(workspace, WORKSPACE_COLUMNS));
}

/** Changes nothing if the workspace is no longer at the version `from`. */
export function workspaceUpdate(db: D1Database, workspace: Workspace, from: string): D1PreparedStatement {
  return db
    .prepare(`UPDATE workspaces SET ${assignments(CHANGED_WORKSPACE_COLUMNS, 3)} WHERE id = ?1 AND version = ?2`)
    .bind(workspace.id, from, ...workspaceCells(workspace, CHANGED_WORKSPACE_COLUMNS));
}

/**
 * Keys and members lose the workspace with it, each with an event in its history. A key that reached no other is revoked: it would
 * reach nothing. Does nothing if the workspace is no longer at its version; the last statement is the deletion itself.
 */
export function workspaceDeletion(
  db: D1Database,
  workspace: Workspace,
  change: { at: number; by: string; via: string; requestId: string; version: string },
): D1PreparedStatement[] {
  const { id, version, organizationId } = workspace;
  const still = "EXISTS (SELECT 1 FROM workspaces WHERE id = ?1 AND version = ?2)";
  const keys = "id IN (SELECT key_id FROM api_key_workspaces WHERE workspace_id = ?1)";
  const members = "id IN (SELECT member_id FROM member_workspaces WHERE workspace_id = ?1)";
  const lost = { workspace_ids: { removed: [id], added: [] } };
  const events = (action: string, details: object, from: string) =>
    db
      .prepare(
        `INSERT INTO audit_events (id, at, organization_id, actor, via, action, target, details, request_id)
         SELECT 'evt_' || lower(hex(randomblob(16))), ?3, ?4, ?5, ?6, ?7, id, ?8, ?9 FROM ${from} AND ${still}`,
      )
      .bind(
        ...[id, version, change.at, organizationId, change.by, change.via],
        ...[action, JSON.stringify(details), change.requestId],
      );
  const newVersions = (table: string, which: string) =>
    db
      .prepare(`UPDATE ${table} SET version = ?3 || '_' || id WHERE ${which} AND ${still}`)
      .bind(id, version, change.version);
  return [
    db
      .prepare(
        `UPDATE api_keys SET revoked_at = ?3, revoked_by = ?4, revoked_reason = ?5
         WHERE revoked_at IS NULL AND ${keys} AND ${still}
           AND NOT EXISTS (SELECT 1 FROM api_key_workspaces WHERE key_id = api_keys.id AND workspace_id <> ?1)`,
      )
      .bind(id, version, change.at, change.by, LAST_WORKSPACE_GONE),
    events(
      "api_key.revoked",
      { reason: LAST_WORKSPACE_GONE },
      `api_keys WHERE ${keys} AND revoked_at = ?3 AND revoked_reason = ?8 ->> 'reason'`,
    ),
    events("api_key.changed", lost, `api_keys WHERE ${keys} AND revoked_at IS NULL`),
    events("member.changed", lost, `members WHERE ${members} AND removed_at IS NULL`),
    newVersions("api_keys", keys),
    newVersions("members", members),
    db.prepare("DELETE FROM workspaces WHERE id = ?1 AND version = ?2").bind(id, version),
  ];
}

const LAST_WORKSPACE_GONE = "The last workspace that it reached was deleted.";

export async function readWorkspace(db: D1Database, id: string): Promise<Workspace | undefined> {
  const row = await db.prepare("SELECT * FROM workspaces WHERE id = ?1").bind(id).first<Row>();
  return row ? workspaceOf(row) : undefined;
}

export async function readWorkspaces(
  db: D1Database,
  organizationId: string,
  ids: readonly string[],
): Promise<Workspace[]> {
  const { results } = await db
    .prepare(`SELECT * FROM workspaces WHERE organization_id = ?1 AND id IN ${values("?2")} ORDER BY created_at, id`)
    .bind(organizationId, JSON.stringify(ids))
    .all<Row>();
  return results.map(workspaceOf);
}

/** `sought`: a part of the name, or the id. */
export async function listWorkspaces(
  db: D1Database,
  organizationId: string,
  page: PageRequest,
  sought = "",
): Promise<Page<Workspace>> {
  const { results } = await db
    .prepare(
      `SELECT * FROM workspaces WHERE organization_id = ?1 AND (created_at, id) > (?2, ?3)
         AND (?5 = '' OR id = ?5 OR instr(lower(name), lower(?5)))
       ORDER BY created_at, id LIMIT ?4`,
    )
    .bind(organizationId, page.after?.value ?? 0, page.after?.id ?? "", page.limit + 1, sought)
    .all<Row>();
  return cutPage(results.map(workspaceOf), page, cursorByAge);
}

/** Those of `ids` that are not workspaces of the organization. */
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
