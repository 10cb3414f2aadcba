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
import { cutPageBothWays, type Page, type PageRequest } from "./pages.ts";

const SORTED_BY = ["created_at", "expires_at", "last_used_at", "name"] as const;
export type KeySort = (typeof SORTED_BY)[number] | `-${(typeof SORTED_BY)[number]}`;
export const KEY_SORTS = SORTED_BY.flatMap((value): KeySort[] => [value, `-${value}`]);

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
  /** Part of the name, the description or the id, or the end of a secret's hint, whatever the case of A to Z. */
  readonly q?: string | undefined;
  /** Neither used nor created since then. */
  readonly unusedSince?: number | undefined;
  readonly neverUsed?: true | undefined;
  readonly expiresBefore?: number | undefined;
  /** As granted: one of these. */
  readonly scopeIn?: readonly string[] | undefined;
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
  readonly index: string;
  readonly of: (key: ManagedKey) => string | number;
}

const SEARCHED = "api_keys_listed";

const ORDER: Record<(typeof SORTED_BY)[number], Order> = {
  created_at: { value: "created_at", index: SEARCHED, of: (key) => key.createdAt },
  expires_at: { value: "expires_at", index: "api_keys_by_expiry", of: (key) => key.expiresAt },
  // Keys that have never been used come before all that have.
  last_used_at: { value: "coalesce(last_used_at, 0)", index: "api_keys_by_use", of: (key) => key.lastUsedAt ?? 0 },
  name: { value: "name COLLATE NOCASE", index: "api_keys_by_name", of: (key) => key.name },
};

function orderOf(sort: KeySort): Order & { descending: boolean } {
  const descending = sort.startsWith("-");
  return { ...ORDER[(descending ? sort.slice(1) : sort) as (typeof SORTED_BY)[number]], descending };
}

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
  const { of } = orderOf(sort);
  return cutPageBothWays(results.map(keyOf), page, (key) => ({ sort, value: of(key), id: key.id }));
}

/** How many match; at most `max`. */
export async function countKeys(db: D1Database, filter: KeyFilter, max: number, now: number): Promise<number> {
  const { sql, values } = keyCountQuery(filter, max, now);
  return (
    (await db
      .prepare(sql)
      .bind(...values)
      .first<number>("keys")) ?? 0
  );
}

type Value = string | number;
type Bind = (value: Value) => string;

/** Only one of the indexes holds the texts that are searched, and both times that say whether a key is in use. */
function indexOf({ q, unusedSince, neverUsed }: KeyFilter, sort: KeySort): string {
  return q === undefined && unusedSince === undefined && !neverUsed ? orderOf(sort).index : SEARCHED;
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
  const { value, descending } = orderOf(sort);
  const isDown = descending !== (page.before !== undefined);
  const direction = isDown ? "DESC" : "ASC";
  const place = page.before ?? page.after;
  const conditions = [
    ...conditionsOf(filter, bind, now),
    ...(place ? [`(${value}, id) ${isDown ? "<" : ">"} (${bind(place.value)}, ${bind(place.id)})`] : []),
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

export function keyCountQuery(filter: KeyFilter, max: number, now: number): { sql: string; values: Value[] } {
  const values: Value[] = [];
  const bind = (value: Value) => `?${values.push(value)}`;
  const conditions = conditionsOf(filter, bind, now);
  const sql = `
    SELECT count(*) AS keys FROM (
      SELECT 1 FROM api_keys INDEXED BY ${SEARCHED} WHERE ${conditions.join("\n        AND ")} LIMIT ${bind(max)}
    )`;
  return { sql, values };
}

function conditionsOf(filter: KeyFilter, bind: Bind, now: number): string[] {
  const { organizationId, environment, reach, permission, status, memberId, workspaceId, scope, q } = filter;
  const { unusedSince, neverUsed, expiresBefore, scopeIn, visibleTo } = filter;
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
  add(scopeIn, (values) => {
    const names = bind(JSON.stringify(values.map((value) => JSON.stringify(value))));
    // D1 takes 100 values and 100 ORs at most, and counts each row of json_each as a row that it reads.
    return `TRUE IN (${values.map((_, at) => `instr(scope_list, ${names} ->> ${at}) > 0`).join(", ")})`;
  });
  add(unusedSince, (value) => `coalesce(last_used_at, created_at) < ${bind(value)}`);
  add(neverUsed, () => "last_used_at IS NULL");
  add(expiresBefore, (value) => `expires_at < ${bind(value)}`);
  add(q, (value) => `(${searchesFor(value, bind).join(" OR ")})`);
  add(visibleTo, (value) => visibilityOf(value, bind));
  return conditions;
}

/** The end of a hint that people see. */
const ENDING = 4;
/** Shorter texts are in the ids of many keys by chance. */
const MIN_PART_OF_ID = 6;

/** Not LIKE, whose patterns D1 limits to 50 bytes. */
function searchesFor(text: string, bind: Bind): string[] {
  const part = `lower(${bind(text)})`;
  const characters = [...text.replace("...", "…")];
  return [
    `instr(lower(name), ${part})`,
    `instr(lower(description), ${part})`,
    ...(characters.length < MIN_PART_OF_ID ? [] : [`instr(id, ${part})`]),
    ...(characters.length < ENDING ? [] : [`id IN ${keysWithHint(characters, bind)}`]),
  ];
}

/** Of secrets that ended too: an old one may be what the visitor has. */
function keysWithHint(end: readonly string[], bind: Bind): string {
  const ending = bind(end.slice(-ENDING).join(""));
  return `(SELECT key_id FROM api_key_secrets WHERE substr(hint, -${ENDING}) = ${ending} COLLATE NOCASE
        AND instr(lower(hint), lower(${bind(end.join(""))})))`;
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
