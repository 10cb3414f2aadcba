/** Whether D1 answers. */
export async function pingD1(db: D1Database): Promise<void> {
  await db.prepare("SELECT 1").first();
}
