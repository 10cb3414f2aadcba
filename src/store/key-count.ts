/** The keys that count against the organization's quota: not revoked, not expired. */
export async function countActiveKeys(db: D1Database, organizationId: string, now: number): Promise<number> {
  const count = await db
    .prepare(
      "SELECT count(*) AS active FROM api_keys WHERE organization_id = ?1 AND revoked_at IS NULL AND expires_at > ?2",
    )
    .bind(organizationId, now)
    .first<number>("active");
  return count ?? 0;
}
