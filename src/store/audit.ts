/** The audit trail. Each event is written in the batch of the change that it tells of. */

export interface AuditEvent {
  readonly id: string;
  readonly at: number;
  readonly organizationId: string;
  /** `root`, or the id of a member or key. */
  readonly actor: string;
  /** For example `api_key.created`. */
  readonly action: string;
  /** The id of what was changed. */
  readonly target: string;
  readonly details: Record<string, unknown>;
  readonly requestId: string;
}

const COLUMNS = "id, at, organization_id, actor, action, target, details, request_id";

export function auditInsert(db: D1Database, event: AuditEvent): D1PreparedStatement {
  return db
    .prepare(`INSERT INTO audit_events (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`)
    .bind(...values(event));
}

/** Only if the change that brought the target to `version` took place: a lost race leaves no trace. */
export function auditInsertIf(
  db: D1Database,
  event: AuditEvent,
  table: "organizations" | "members" | "api_keys",
  version: string,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO audit_events (${COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
       WHERE EXISTS (SELECT 1 FROM ${table} WHERE id = ?6 AND version = ?9)`,
    )
    .bind(...values(event), version);
}

function values(event: AuditEvent): unknown[] {
  const { id, at, organizationId, actor, action, target, details, requestId } = event;
  return [id, at, organizationId, actor, action, target, JSON.stringify(details), requestId];
}
