/** What was used, summed up by what the reader asks for. */

import { HOUR_MS } from "../domain/durations.ts";
import { type VisibleKeys, visibilityOf } from "./key-list.ts";

/** What requests can be grouped by. */
export const USAGE_GROUPS = ["hour", "day", "environment", "key", "route", "outcome"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

export interface UsageFilter {
  readonly organizationId: string;
  readonly keyId?: string | undefined;
  readonly environment?: string | undefined;
  /** The first hour that counts, by any moment of it; `to` is not included. */
  readonly from: number;
  readonly to: number;
  readonly visibleTo?: VisibleKeys | undefined;
}

export interface UsageSum {
  /** What these requests have in common; hours and days by their beginning. */
  readonly group: Readonly<Partial<Record<UsageGroup, string | number>>>;
  readonly requests: number;
  /** How many of these did not reach an origin. */
  readonly refused: number;
}

const EXPRESSIONS: Record<UsageGroup, string> = {
  hour: "hour",
  day: "hour - hour % 86400000",
  environment: "environment",
  key: "key_id",
  route: "route",
  outcome: "outcome",
};

type Row = Record<`by_${UsageGroup}`, string | number> & { requests: number; refused: number };

/** In the order of the groups, or those with the most requests first; at most `limit`. */
export async function sumUsage(
  db: D1Database,
  filter: UsageFilter,
  groups: readonly UsageGroup[],
  limit: number,
  order: UsageOrder = "groups",
): Promise<UsageSum[]> {
  const { sql, values } = usageQuery(filter, groups, limit, order);
  const { results } = await db
    .prepare(sql)
    .bind(...values)
    .all<Row>();
  return results.map((row) => ({
    group: Object.fromEntries(groups.map((group) => [group, row[`by_${group}`]])),
    requests: row.requests,
    refused: row.refused,
  }));
}

export type UsageOrder = "groups" | "requests";

export function usageQuery(
  filter: UsageFilter,
  groups: readonly UsageGroup[],
  limit: number,
  order: UsageOrder = "groups",
) {
  const values: (string | number)[] = [];
  const bind = (value: string | number) => `?${values.push(value)}`;
  const { organizationId, keyId, environment, from, to, visibleTo } = filter;
  const organization = bind(organizationId);
  const conditions = [
    // One key's rows are neighbours in the table; the plus keeps the planner from searching by organization.
    keyId === undefined ? `organization_id = ${organization}` : `+organization_id = ${organization}`,
    ...(keyId === undefined ? [] : [`key_id = ${bind(keyId)}`]),
    `hour >= ${bind(from - (from % HOUR_MS))}`,
    `hour < ${bind(to)}`,
    ...(environment === undefined ? [] : [`environment = ${bind(environment)}`]),
    ...(visibleTo
      ? [
          `key_id IN (SELECT id FROM api_keys INDEXED BY api_keys_listed
         WHERE organization_id = ${organization} AND ${visibilityOf(visibleTo, bind)})`,
        ]
      : []),
  ];
  const names = groups.map((group) => `by_${group}`).join(", ");
  const columns = groups.map((group) => `${EXPRESSIONS[group]} AS by_${group}`);
  const refused = "coalesce(sum(iif(outcome = 'forwarded', 0, requests)), 0) AS refused";
  const sql = `
    SELECT ${[...columns, "coalesce(sum(requests), 0) AS requests", refused].join(", ")} FROM usage_hours
    WHERE ${conditions.join("\n      AND ")}
    ${names && `GROUP BY ${names} ORDER BY ${order === "requests" ? `requests DESC, ${names}` : names}`} LIMIT ${bind(limit)}`;
  return { sql, values };
}

/** The day of the last use of each scope that the key has used. */
export async function readScopeUses(db: D1Database, keyId: string): Promise<Map<string, number>> {
  const { results } = await db
    .prepare("SELECT scope, last_used_at FROM api_key_scope_uses WHERE key_id = ?1")
    .bind(keyId)
    .all<{ scope: string; last_used_at: number }>();
  return new Map(results.map(({ scope, last_used_at }) => [scope, last_used_at]));
}
