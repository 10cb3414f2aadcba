/** Rejects if D1 cannot be read, or lacks tables. */
export async function pingD1(db: D1Database): Promise<void> {
  await db.prepare("SELECT (SELECT 1 FROM api_keys LIMIT 1), (SELECT 1 FROM record_changes LIMIT 1)").first();
}

export interface DatabaseState {
  /** Without free pages. https://developers.cloudflare.com/d1/worker-api/return-object/ */
  readonly bytes: number;
  readonly oldestAuditEventAt: number | null;
}

export async function readDatabaseState(db: D1Database): Promise<DatabaseState> {
  const { results, meta } = await db
    .prepare("SELECT min(at) AS oldest FROM audit_events")
    .all<{ oldest: number | null }>();
  return { bytes: meta.size_after, oldestAuditEventAt: results[0]?.oldest ?? null };
}
