import { holdsPlace } from "./key-status.ts";

/** The keys that hold a place of the organization's quota. */
export async function countPlaces(
  db: D1Database,
  organizationId: string,
  actsAsMember: boolean,
  now: number,
): Promise<number> {
  const count = await db
    .prepare(`SELECT count(*) AS places FROM api_keys WHERE organization_id = ?1 AND ${holdsPlace(actsAsMember, "?2")}`)
    .bind(organizationId, now)
    .first<number>("places");
  return count ?? 0;
}
