import { type VisibleKeys, visibilityOf } from "./key-list.ts";
import { holdsPlace } from "./key-status.ts";

/** Keys that depend on one thing: those that act as a member, or those that reach one workspace and no other. */
export type Hanging = { readonly memberId: string } | { readonly workspaceId: string };

/** Whether there is a key among them that works, or can work again, and that a caller cannot see. */
export async function hasHiddenKey(
  db: D1Database,
  organizationId: string,
  hanging: Hanging,
  visibleTo: VisibleKeys,
  { actsAsMember, now }: { actsAsMember: boolean; now: number },
): Promise<boolean> {
  const values: (string | number)[] = [organizationId, now];
  const bind = (value: string | number) => `?${values.push(value)}`;
  const hangs =
    "memberId" in hanging
      ? `member_id = ${bind(hanging.memberId)}`
      : `id IN (SELECT key_id FROM api_key_workspaces WHERE workspace_id = ${bind(hanging.workspaceId)})
           AND json_array_length(workspace_list) = 1`;
  const row = await db
    .prepare(
      `SELECT 1 FROM api_keys WHERE organization_id = ?1 AND ${holdsPlace(actsAsMember, "?2")} AND ${hangs}
         AND (${visibilityOf(visibleTo, bind)}) IS NOT TRUE LIMIT 1`,
    )
    .bind(...values)
    .first();
  return row !== null;
}

/** Those of these keys that a caller can see. */
export async function readVisibleAmong(
  db: D1Database,
  organizationId: string,
  keyIds: readonly string[],
  visibleTo: VisibleKeys,
): Promise<readonly string[]> {
  const values: (string | number)[] = [organizationId, JSON.stringify(keyIds)];
  const bind = (value: string | number) => `?${values.push(value)}`;
  const { results } = await db
    .prepare(
      `SELECT id FROM api_keys WHERE id IN (SELECT value FROM json_each(?2)) AND organization_id = ?1
         AND ${visibilityOf(visibleTo, bind)}`,
    )
    .bind(...values)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}
