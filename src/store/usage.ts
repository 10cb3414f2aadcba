/** Writes how much keys are used. */

import type { KeyRecord } from "../domain/key.ts";
import type { UsageHour, UsageState } from "../domain/usage.ts";

/** What a collector knows of keys. Totals, so that to write them again changes nothing. */
export interface DayUsage {
  readonly requests: readonly DayCount[];
  readonly scopes: readonly (readonly [keyId: string, scope: string, day: number])[];
  readonly uses: readonly (readonly [keyId: string, usedAt: number])[];
}

export type DayCount = readonly [
  organizationId: string,
  keyId: string,
  environment: string,
  day: number,
  route: string,
  outcome: string,
  requests: number,
  ...answered: number[],
];

/** What origins answered and the bytes, in the order of `Answered`. */
export const ANSWERED_COLUMNS = [
  ...["answers_1xx", "answers_2xx", "answers_3xx", "answers_4xx", "answers_5xx", "answers_none"],
  ...["request_bytes", "response_bytes"],
];
const ANSWERED_VALUES = ANSWERED_COLUMNS.map((_, at) => `value ->> ${7 + at}`);
const ANSWERED_MOST = ANSWERED_COLUMNS.map((name) => `${name} = max(${name}, excluded.${name})`);

/** One batch for many keys. Counts and times never decrease, and what is known writes no row. */
export async function writeDays(db: D1Database, collector: number, usage: DayUsage): Promise<void> {
  await db.batch([
    collectorRow(db, collector),
    db
      .prepare(
        `INSERT INTO usage_days (
           organization_id, key_id, environment, day, collector, route, outcome, requests, ${ANSWERED_COLUMNS.join(", ")}
         )
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?1, value ->> 4, value ->> 5, value ->> 6,
           ${ANSWERED_VALUES.join(", ")}
         FROM json_each(?2) WHERE TRUE
         ON CONFLICT DO UPDATE SET requests = excluded.requests, ${ANSWERED_MOST.join(", ")}
         WHERE excluded.requests > requests`,
      )
      .bind(collector, JSON.stringify(usage.requests)),
    writeScopeUses(db, usage.scopes),
    db
      .prepare(
        `UPDATE api_keys SET last_used_at = used.value ->> 1 FROM json_each(?1) AS used
         WHERE api_keys.id = used.value ->> 0 AND coalesce(last_used_at, 0) < used.value ->> 1`,
      )
      .bind(JSON.stringify(usage.uses)),
  ]);
}

export async function addCollector(db: D1Database, number: number): Promise<true> {
  await collectorRow(db, number).run();
  return true;
}

function collectorRow(db: D1Database, number: number): D1PreparedStatement {
  return db.prepare("INSERT INTO usage_collectors (number) VALUES (?1) ON CONFLICT DO NOTHING").bind(number);
}

function writeScopeUses(db: D1Database, uses: DayUsage["scopes"]): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO api_key_scope_uses (key_id, scope, last_used_at)
       SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE TRUE
       ON CONFLICT DO UPDATE SET last_used_at = excluded.last_used_at WHERE excluded.last_used_at > last_used_at`,
    )
    .bind(JSON.stringify(uses));
}

/** Ids in one query. D1 takes 2 MB in one parameter: https://developers.cloudflare.com/d1/platform/limits/ */
const IDS_AT_ONCE = 10_000;

/** The organizations of keys, for the keys of which isolates did not know it. */
export async function readOrganizationsOf(db: D1Database, keyIds: readonly string[]): Promise<Map<string, string>> {
  const organizations = new Map<string, string>();
  for (let first = 0; first < keyIds.length; first += IDS_AT_ONCE) {
    const { results } = await db
      .prepare("SELECT id, organization_id FROM api_keys WHERE id IN (SELECT value FROM json_each(?1))")
      .bind(JSON.stringify(keyIds.slice(first, first + IDS_AT_ONCE)))
      .all<{ id: string; organization_id: string }>();
    for (const { id, organization_id } of results) organizations.set(id, organization_id);
  }
  return organizations;
}

export interface KeyUsage {
  readonly hours: readonly UsageHour[];
  /** The day of its last use, for each. */
  readonly scopes: UsageState["scopes"];
  readonly usedAt: number | undefined;
}

/** What an authority has counted before there were collectors. */
export async function writeHours(db: D1Database, key: KeyRecord, { hours, scopes, usedAt }: KeyUsage): Promise<void> {
  await db.batch([
    ...hours.map(({ hour, counts }) =>
      db
        .prepare(
          `INSERT INTO usage_hours (organization_id, key_id, environment, hour, route, outcome, requests)
           SELECT ?1, ?2, ?3, ?4, value ->> 'route', value ->> 'outcome', value ->> 'requests' FROM json_each(?5) WHERE TRUE
           ON CONFLICT DO UPDATE SET requests = excluded.requests WHERE excluded.requests > requests`,
        )
        .bind(key.organization.id, key.id, key.environment, hour, JSON.stringify(counts)),
    ),
    writeScopeUses(
      db,
      [...scopes].map(([scope, day]) => [key.id, scope, day]),
    ),
    db
      .prepare("UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND coalesce(last_used_at, 0) < ?2")
      .bind(key.id, usedAt ?? 0),
  ]);
}
