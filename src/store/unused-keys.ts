/** Keys that nobody uses, of all organizations. */

import { keyOf, type ManagedKey } from "../records/key.ts";
import type { Row } from "../records/record.ts";
import { SELECT_KEY } from "./keys.ts";
import { cutPage, type Page, type PageRequest } from "./pages.ts";

/** The longest unused first. */
export const UNUSED_SORT = "unused_since";

const SINCE = "coalesce(last_used_at, created_at)";

/** Neither used nor created since then, and not ended. Reads all keys: an index in this order would cost a row for each use. */
export async function listUnusedKeys(
  db: D1Database,
  since: number,
  { limit, after }: PageRequest,
  now: number,
): Promise<Page<ManagedKey>> {
  const { results } = await db
    .prepare(
      `WITH page AS MATERIALIZED (
         SELECT id, ${SINCE} AS since FROM api_keys
         WHERE ${SINCE} < ?1 AND revoked_at IS NULL AND expires_at > ?2 AND (${SINCE}, id) > (?3, ?4)
         ORDER BY since, id LIMIT ?5
       )
       SELECT ${SELECT_KEY} FROM page CROSS JOIN api_keys k ON k.id = page.id ORDER BY page.since, page.id`,
    )
    .bind(since, now, after?.value ?? -1, after?.id ?? "", limit + 1)
    .all<Row>();
  const cursorOf = ({ id, lastUsedAt, createdAt }: ManagedKey) => ({
    ...{ sort: UNUSED_SORT, value: lastUsedAt ?? createdAt, id },
  });
  return cutPage(results.map(keyOf), { limit, after }, cursorOf);
}
