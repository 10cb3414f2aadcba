/** What people call organizations and keys. */

/** By their ids. What was deleted has none. */
export type Names = ReadonlyMap<string, string>;

export async function readNames(
  db: D1Database,
  organizationIds: readonly string[],
  keyIds: readonly string[],
): Promise<Names> {
  if (organizationIds.length + keyIds.length === 0) return new Map();
  const { results } = await db
    .prepare(
      `SELECT id, name FROM organizations WHERE id IN (SELECT value FROM json_each(?1))
       UNION ALL SELECT id, name FROM api_keys WHERE id IN (SELECT value FROM json_each(?2))`,
    )
    .bind(JSON.stringify(organizationIds), JSON.stringify(keyIds))
    .all<{ id: string; name: string }>();
  return new Map(results.map(({ id, name }) => [id, name]));
}
