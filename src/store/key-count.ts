import { type VisibleKeys, visibilityOf } from "./key-list.ts";
import { placesHeld } from "./key-status.ts";

/** The keys that hold a place of the organization's quota. */
export async function countPlaces(
  db: D1Database,
  organizationId: string,
  actsAsMember: boolean,
  now: number,
): Promise<number> {
  const count = await db
    .prepare(`SELECT ${placesHeld(actsAsMember, "?1", "?2")} AS places`)
    .bind(organizationId, now)
    .first<number>("places");
  return count ?? 0;
}

/**
 * How many keys each of these members has that the visitor can see; of one member at most `max`. For a visitor who sees all
 * keys, this reads entries of an index alone, and no more than are counted.
 */
export async function countKeysOfMembers(
  db: D1Database,
  organizationId: string,
  memberIds: readonly string[],
  { max, visibleTo }: { max: number; visibleTo: VisibleKeys | undefined },
): Promise<ReadonlyMap<string, number>> {
  const values: (string | number)[] = [organizationId, JSON.stringify(memberIds), max];
  const bind = (value: string | number) => `?${values.push(value)}`;
  const seen = visibleTo ? `AND ${visibilityOf(visibleTo, bind)}` : "";
  const { results } = await db
    .prepare(
      `SELECT asked.value AS id, (SELECT count(*) FROM (
         SELECT 1 FROM api_keys INDEXED BY api_keys_of_member
         WHERE member_id = asked.value AND organization_id = ?1 ${seen} LIMIT ?3
       )) AS keys
       FROM json_each(?2) AS asked`,
    )
    .bind(...values)
    .all<{ id: string; keys: number }>();
  return new Map(results.map(({ id, keys }) => [id, keys]));
}
