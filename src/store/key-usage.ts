/** Requests of some keys by day, for lists of them. */

import { DAY_MS } from "../domain/durations.ts";

export interface KeyDay {
  readonly keyId: string;
  /** Its beginning, in UTC. */
  readonly day: number;
  readonly requests: number;
}

/** Of the days from `from` on, which begins a day. Days without requests are left out. */
export async function sumDaysOfKeys(db: D1Database, keyIds: readonly string[], from: number): Promise<KeyDay[]> {
  const { results } = await db
    .prepare(
      // The rows of a key are neighbours: only those of these days are read.
      `SELECT u.key_id AS keyId, u.hour - u.hour % ${DAY_MS} AS day, sum(u.requests) AS requests
       FROM json_each(?1) wanted CROSS JOIN usage_hours u ON u.key_id = wanted.value AND u.hour >= ?2
       GROUP BY 1, 2`,
    )
    .bind(JSON.stringify(keyIds), from)
    .all<{ keyId: string; day: number; requests: number }>();
  return results;
}
