import type { AuditEvent } from "./audit.ts";
import { type Cursor, cutPage, type Page, type PageRequest } from "./pages.ts";

/** `undefined`: any. `from` is included, `to` is not. */
export interface AuditFilter {
  readonly organizationId: string;
  readonly target?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** The newest first. */
export const AUDIT_SORT = "-at";

interface Row {
  id: string;
  at: number;
  organization_id: string;
  actor: string;
  via: string;
  action: string;
  target: string;
  details: string;
  request_id: string;
}

export async function listAuditEvents(
  db: D1Database,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditEvent>> {
  const { after } = page;
  const conditions: [sql: string, value: unknown][] = [
    ["organization_id = ?", filter.organizationId],
    ["target = ?", filter.target],
    ["actor = ?", filter.actor],
    ["action = ?", filter.action],
    ["at >= ?", filter.from],
    ["at < ?", filter.to],
    ["at <= ?", after?.value],
    ["(at < ? OR id < ?)", after],
  ];
  const given = conditions.filter(([, value]) => value !== undefined);
  const values = given.flatMap(([, value]) => (value === after ? [after?.value, after?.id] : [value]));
  const { results } = await db
    .prepare(
      `SELECT id, at, organization_id, actor, via, action, target, details, request_id FROM audit_events
       WHERE ${given.map(([sql]) => sql).join(" AND ")} ORDER BY at DESC, id DESC LIMIT ?`,
    )
    .bind(...values, page.limit + 1)
    .all<Row>();
  return cutPage(results.map(eventOf), page, cursorOf);
}

function cursorOf({ at, id }: AuditEvent): Cursor {
  return { sort: AUDIT_SORT, value: at, id };
}

function eventOf(row: Row): AuditEvent {
  const { id, at, actor, via, action, target } = row;
  const details = JSON.parse(row.details);
  return {
    ...{ id, at, actor, via, action, target, details },
    organizationId: row.organization_id,
    requestId: row.request_id,
  };
}
