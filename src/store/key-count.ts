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
