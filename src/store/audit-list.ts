import type { AuditEvent } from "./audit.ts";
import { type VisibleKeys, visibilityOf } from "./key-list.ts";
import { type Cursor, cutPage, type Page, type PageRequest } from "./pages.ts";

/** `undefined`: any. `from` is included, `to` is not. */
export interface AuditFilter {
  readonly organizationId: string;
  readonly target?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Events of other keys than these are left out. */
  readonly visibleTo?: VisibleKeys | undefined;
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
  const values: unknown[] = [];
  const bind = (value: unknown) => `?${values.push(value)}`;
  const conditions = conditionsOf(filter, bind);
  const { after } = page;
  if (after) {
    const at = bind(after.value);
    conditions.push(`at <= ${at} AND (at < ${at} OR id < ${bind(after.id)})`);
  }
  const { results } = await db
    .prepare(
      `SELECT id, at, organization_id, actor, via, action, target, details, request_id FROM audit_events
       WHERE ${conditions.join(" AND ")} ORDER BY at DESC, id DESC LIMIT ${bind(page.limit + 1)}`,
    )
    .bind(...values)
    .all<Row>();
  return cutPage(results.map(eventOf), page, cursorOf);
}

function conditionsOf(filter: AuditFilter, bind: (value: unknown) => string): string[] {
  const { organizationId, target, actor, action, from, to, visibleTo } = filter;
  return [
    // A target has few events; the plus keeps the planner from searching by organization.
    `${target === undefined ? "" : "+"}organization_id = ${bind(organizationId)}`,
    ...(target === undefined ? [] : [`target = ${bind(target)}`]),
    ...(actor === undefined ? [] : [`actor = ${bind(actor)}`]),
    ...(action === undefined ? [] : [`action = ${bind(action)}`]),
    ...(from === undefined ? [] : [`at >= ${bind(from)}`]),
    ...(to === undefined ? [] : [`at < ${bind(to)}`]),
    ...(visibleTo ? [`(target NOT LIKE 'key\\_%' ESCAPE '\\' OR ${isVisibleKey(visibleTo, bind)})`] : []),
  ];
}

function isVisibleKey(visibleTo: VisibleKeys, bind: (value: unknown) => string): string {
  return `EXISTS (SELECT 1 FROM api_keys WHERE api_keys.id = target AND ${visibilityOf(visibleTo, bind)})`;
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
