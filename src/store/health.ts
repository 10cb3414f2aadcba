/** Rejects where D1 cannot be read, or has no tables. */
export async function pingD1(db: D1Database): Promise<void> {
  await db.prepare("SELECT 1 FROM api_keys LIMIT 1").first();
}
