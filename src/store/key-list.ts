/**
 * Lists of keys. For each order there is an index that holds whatever lists filter by: its entries of the organization are
 * walked until the page is full, and only the rows of the page are read from the table.
 */

import type { Permission, Reach } from "../domain/key.ts";
import type { KeyStatus } from "../domain/key-status.ts";
import { keyOf, type ManagedKey } from "../records/key.ts";
import type { Row } from "../records/record.ts";
import { hasStatus, type StatusFacts } from "./key-status.ts";
import { SELECT_KEY } from "./keys.ts";
import { type Cursor, cutPage, type Page, type PageRequest } from "./pages.ts";

export const KEY_SORTS = ["created_at", "-created_at", "expires_at", "last_used_at", "-last_used_at", "name"] as const;
export type KeySort = (typeof KEY_SORTS)[number];

export interface KeyFilter {
  readonly organizationId: string;
  readonly environment?: string | undefined;
  readonly reach?: Reach | undefined;
  readonly permission?: Permission | undefined;
  readonly status?: { readonly is: KeyStatus; readonly facts: StatusFacts } | undefined;
  readonly memberId?: string | undefined;
  readonly workspaceId?: string | undefined;
  /** As granted: a bundle is not looked into. */
  readonly scope?: string | undefined;
  /** Part of the name or the description, whatever the case of A to Z. */
  readonly q?: string | undefined;
  readonly visibleTo?: VisibleKeys | undefined;
}

/** The keys that a caller can see. */
export interface VisibleKeys {
  /** If set, only those of one member. */
  readonly organization: "all" | "none" | { readonly memberId: string };
  /** If set, only those whose workspaces are all among these. */
  readonly workspace: "all" | "none" | { readonly workspaceIds: readonly string[] };
  readonly environment?: string | undefined;
}

interface Order {
  readonly value: string;
  readonly descending: boolean;
  readonly index: string;
  readonly of: (key: ManagedKey) => string | number;
}

const SEARCHED = "api_keys_listed";
/** Keys that have never been used come before all that have. */
const BY_USE = { value: "coalesce(last_used_at, 0)", index: "api_keys_by_use" };

const ORDER: Record<KeySort, Order> = {
  created_at: { value: "created_at", index: SEARCHED, descending: false, of: (key) => key.createdAt },
  "-created_at": { value: "created_at", index: SEARCHED, descending: true, of: (key) => key.createdAt },
  expires_at: { value: "expires_at", index: "api_keys_by_expiry", descending: false, of: (key) => key.expiresAt },
  last_used_at: { ...BY_USE, descending: false, of: (key) => key.lastUsedAt ?? 0 },
  "-last_used_at": { ...BY_USE, descending: true, of: (key) => key.lastUsedAt ?? 0 },
  name: { value: "name COLLATE NOCASE", index: "api_keys_by_name", descending: false, of: (key) => key.name },
};

export async function listKeys(
  db: D1Database,
  filter: KeyFilter,
  sort: KeySort,
  page: PageRequest,
  now: number,
): Promise<Page<ManagedKey>> {
  const { sql, values } = keyListQuery(filter, sort, page, now);
  const { results } = await db
    .prepare(sql)
    .bind(...values)
    .all<Row>();
  return cutPage(results.map(keyOf), page, (key) => ({ sort, value: ORDER[sort].of(key), id: key.id }));
}

type Value = string | number;
type Bind = (value: Value) => string;

/** Only one of the indexes holds the texts that are searched. */
function indexOf({ q }: KeyFilter, sort: KeySort): string {
  return q === undefined ? ORDER[sort].index : SEARCHED;
}

/** One more key than the page holds. The index is named, because the planner might choose another for a filter that matches many rows. */
export function keyListQuery(
  filter: KeyFilter,
  sort: KeySort,
  page: PageRequest,
  now: number,
): { sql: string; values: Value[] } {
  const values: Value[] = [];
  const bind = (value: Value) => `?${values.push(value)}`;
  const { value, descending } = ORDER[sort];
  const direction = descending ? "DESC" : "ASC";
  const conditions = [
    ...conditionsOf(filter, bind, now),
    ...(filter.visibleTo ? [visibilityOf(filter.visibleTo, bind)] : []),
    ...(page.after ? [placeAfter(page.after, sort, bind)] : []),
  ];
  const sql = `
    WITH page AS MATERIALIZED (
      SELECT id, ${value} AS value FROM api_keys INDEXED BY ${indexOf(filter, sort)}
      WHERE ${conditions.join("\n        AND ")}
      ORDER BY ${value} ${direction}, id ${direction} LIMIT ${bind(page.limit + 1)}
    )
    SELECT ${SELECT_KEY} FROM page CROSS JOIN api_keys k ON k.id = page.id
    ORDER BY page.value ${direction}, page.id ${direction}`;
  return { sql, values };
}

function placeAfter({ value, id }: Cursor, sort: KeySort, bind: Bind): string {
  const { value: sorted, descending } = ORDER[sort];
  return `(${sorted}, id) ${descending ? "<" : ">"} (${bind(value)}, ${bind(id)})`;
}

function conditionsOf(filter: KeyFilter, bind: Bind, now: number): string[] {
  const { organizationId, environment, reach, permission, status, memberId, workspaceId, scope, q } = filter;
  const organization = bind(organizationId);
  const conditions = [`organization_id = ${organization}`];
  const add = <T>(value: T | undefined, condition: (value: T) => string) => {
    if (value !== undefined) conditions.push(condition(value));
  };
  add(environment, (value) => `environment = ${bind(value)}`);
  add(reach, (value) => `reach = ${bind(value)}`);
  add(permission, (value) => `permission = ${bind(value)}`);
  add(status, ({ is, facts }) => hasStatus(is, facts, organization, bind(now), bind));
  add(memberId, (value) => `member_id = ${bind(value)}`);
  add(workspaceId, (value) => `instr(workspace_list, ${bind(JSON.stringify(value))})`);
  add(scope, (value) => `instr(scope_list, ${bind(JSON.stringify(value))})`);
  // Not LIKE, whose patterns D1 limits to 50 bytes.
  add(q, (value) => {
    const part = `lower(${bind(value)})`;
    return `(instr(lower(name), ${part}) OR instr(lower(description), ${part}))`;
  });
  return conditions;
}

/** Of `api_keys`. */
export function visibilityOf({ organization, workspace, environment }: VisibleKeys, bind: Bind): string {
  const kinds = [
    { reach: "organization", if: organizationKeys(organization, bind) },
    { reach: "workspace", if: workspaceKeys(workspace, bind) },
  ].map((kind) => `(reach = '${kind.reach}' AND ${kind.if})`);
  const seen = `(${kinds.join(" OR ")})`;
  return environment === undefined ? seen : `${seen} AND environment = ${bind(environment)}`;
}

function organizationKeys(visible: VisibleKeys["organization"], bind: Bind): string {
  if (typeof visible === "string") return visible === "all" ? "TRUE" : "FALSE";
  return `member_id = ${bind(visible.memberId)}`;
}

function workspaceKeys(visible: VisibleKeys["workspace"], bind: Bind): string {
  if (typeof visible === "string") return visible === "all" ? "TRUE" : "FALSE";
  // Most keys have one workspace: their whole list is compared before any is taken apart.
  const lists = [[], ...visible.workspaceIds.map((id) => [id])].map((list) => JSON.stringify(list));
  const foreign = `SELECT 1 FROM json_each(workspace_list)
          WHERE value NOT IN (SELECT value FROM json_each(${bind(JSON.stringify(visible.workspaceIds))}))`;
  return `(workspace_list IN (SELECT value FROM json_each(${bind(JSON.stringify(lists))}))
        OR (instr(workspace_list, ',') AND NOT EXISTS (${foreign})))`;
}
