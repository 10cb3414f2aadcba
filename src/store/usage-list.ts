/** Usage as D1 has it: days that collectors have written, of each key or summed up, and hours from versions without collectors. */

import type { Span, UsageGroup, UsageScope, UsageSum } from "../domain/usage-sums.ts";
import { type VisibleKeys, visibilityOf } from "./key-list.ts";
import { ANSWERED_COLUMNS } from "./usage.ts";

export interface StoredUsage extends UsageScope {
  readonly organizationId: string;
  /** If set, only of keys that a caller can see. */
  readonly visibleTo?: VisibleKeys | undefined;
  /** Whether it does not matter how many were refused, failed or answered: those are 0 then. */
  readonly onlyRequests?: boolean | undefined;
  /** Of the hours. */
  readonly span: Span;
  /** Of the days; `undefined` if no whole day is asked for. */
  readonly days: Span | undefined;
  /** By the number of each collector: the day from which on it answers itself. */
  readonly liveFrom: readonly number[];
}

const EXPRESSIONS: Record<UsageGroup, string> = {
  hour: "at",
  day: "at - at % 86400000",
  environment: "environment",
  organization: "organization_id",
  key: "key_id",
  route: "route",
  outcome: "outcome",
};

const OTHERS = [
  "coalesce(sum(iif(outcome = 'forwarded', 0, requests)), 0) AS refused",
  "coalesce(sum(iif(outcome = 'forwarded', answers_4xx + answers_5xx, requests)), 0) AS failed",
  ...ANSWERED_COLUMNS.map((name) => `coalesce(sum(${name}), 0) AS ${name}`),
];

type Row = Record<`by_${UsageGroup}`, string | number> & Partial<Record<string, number>>;

/** Those with the most requests, at most `limit`. */
export async function sumUsage(db: D1Database, usage: StoredUsage, limit: number): Promise<UsageSum[]> {
  const results = await readRows(db, usageQuery(usage, limit)).catch((error) => {
    // New code can run before its migration, and D1 can be restored to a time before it.
    if (!/no such table: usage_sums/.test(String(error))) throw error;
    return readRows(db, usageQuery(usage, limit, "usage_days"));
  });
  return results.map((row) => ({
    group: Object.fromEntries(usage.groups.map((group) => [group, row[`by_${group}`]])),
    requests: row.requests as number,
    refused: row.refused ?? 0,
    failed: row.failed ?? 0,
    answered: ANSWERED_COLUMNS.map((name) => row[name] ?? 0),
  }));
}

async function readRows(db: D1Database, { sql, values }: ReturnType<typeof usageQuery>): Promise<readonly Row[]> {
  const { results } = await db
    .prepare(sql)
    .bind(...values)
    .all<Row>();
  return results;
}

/** `summed`: the table of days without keys. */
export function usageQuery({ organizationId, groups, ...usage }: StoredUsage, limit: number, summed = "usage_sums") {
  const { keyIds, visibleTo, onlyRequests, environment, route, outcomes } = usage;
  // Rows of single keys are many, and most sums need none of them.
  const isOfKeys = keyIds !== undefined || visibleTo !== undefined || groups.includes("key");
  const values: (string | number)[] = [];
  const bind = (value: string | number) => `?${values.push(value)}`;
  const organization = bind(organizationId);
  const conditions = [
    // One key's rows are neighbours in the table; the plus keeps the planner from searching by organization.
    `${keyIds ? "+" : ""}organization_id = ${organization}`,
    ...(keyIds ? [`key_id IN (SELECT value FROM json_each(${bind(JSON.stringify(keyIds))}))`] : []),
    ...(environment === undefined ? [] : [`environment = ${bind(environment)}`]),
    ...(route === undefined ? [] : [`route = ${bind(route)}`]),
    ...(outcomes ? [`outcome IN (SELECT value FROM json_each(${bind(JSON.stringify(outcomes))}))`] : []),
    ...(visibleTo ? [isVisible(visibleTo, bind)] : []),
  ];
  const columns = `organization_id, ${isOfKeys ? "key_id, " : ""}environment, route, outcome, requests`;
  const answered = onlyRequests ? [] : ANSWERED_COLUMNS;
  const from = ({ from, to }: Span, at: string, table: string, answers: string[], more: readonly string[] = []) =>
    `SELECT ${[`${at} AS at`, columns, ...answers].join(", ")} FROM ${table}
     WHERE ${[...conditions, `${at} >= ${bind(from)}`, `${at} < ${bind(to)}`, ...more].join(" AND ")}`;
  const isWritten = `day < coalesce(${bind(JSON.stringify(usage.liveFrom))} ->> collector, 0)`;
  const rows = [
    from(
      usage.span,
      "hour",
      "usage_hours",
      answered.map((name) => `0 AS ${name}`),
    ),
    ...(usage.days ? [from(usage.days, "day", isOfKeys ? "usage_days" : summed, answered, [isWritten])] : []),
  ];
  const names = groups.map((group) => `by_${group}`).join(", ");
  const sums = [
    ...groups.map((group) => `${EXPRESSIONS[group]} AS by_${group}`),
    "coalesce(sum(requests), 0) AS requests",
    ...(onlyRequests ? [] : OTHERS),
  ];
  const sql = `
    SELECT ${sums.join(", ")} FROM (${rows.join(" UNION ALL ")})
    ${names && `GROUP BY ${names} ORDER BY requests DESC, ${names}`} LIMIT ${bind(limit)}`;
  return { sql, values };
}

function isVisible(visibleTo: VisibleKeys, bind: (value: string | number) => string): string {
  return `EXISTS (SELECT 1 FROM api_keys WHERE api_keys.id = key_id AND ${visibilityOf(visibleTo, bind)})`;
}

/** Of every collector that has ever written. */
export async function countCollectors(db: D1Database): Promise<number> {
  const row = await db.prepare("SELECT max(number) AS latest FROM usage_collectors").first<{ latest: number | null }>();
  return (row?.latest ?? -1) + 1;
}

/** The day of the last use of each scope that the key has used. */
export async function readScopeUses(db: D1Database, keyId: string): Promise<Map<string, number>> {
  const { results } = await db
    .prepare("SELECT scope, last_used_at FROM api_key_scope_uses WHERE key_id = ?1")
    .bind(keyId)
    .all<{ scope: string; last_used_at: number }>();
  return new Map(results.map(({ scope, last_used_at }) => [scope, last_used_at]));
}
