/** How much keys are used, as their authorities tell D1 of it. */

import type { KeyRecord } from "../domain/key.ts";
import type { UsageHour, UsageState } from "../domain/usage.ts";

export interface KeyUsage {
  readonly hours: readonly UsageHour[];
  /** The day of its last use, for each. */
  readonly scopes: UsageState["scopes"];
  readonly usedAt: number | undefined;
}

/** Counts and times never decrease, and known values write no row. */
export async function writeUsage(db: D1Database, key: KeyRecord, usage: KeyUsage): Promise<void> {
  const { hours, scopes, usedAt } = usage;
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
    db
      .prepare(
        `INSERT INTO api_key_scope_uses (key_id, scope, last_used_at)
         SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2) WHERE TRUE
         ON CONFLICT DO UPDATE SET last_used_at = excluded.last_used_at WHERE excluded.last_used_at > last_used_at`,
      )
      .bind(key.id, JSON.stringify([...scopes])),
    db
      .prepare("UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND coalesce(last_used_at, 0) < ?2")
      .bind(key.id, usedAt ?? 0),
  ]);
}
