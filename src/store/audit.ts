/** The audit trail. Each event is written in the batch of its change. */

export interface AuditEvent {
  readonly id: string;
  readonly at: number;
  readonly organizationId: string;
  /** `root`, or the id of a member or key. */
  readonly actor: string;
  /** The credential of the actor: `root`, or the id of a session or a key. */
  readonly via: string;
  /** For example `api_key.created`. */
  readonly action: string;
  /** The id of what was changed. */
  readonly target: string;
  readonly details: Record<string, unknown>;
  readonly requestId: string;
  /** Fails the event, and so its whole batch, if the actor has used this key before. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string } | undefined;
}

const COLUMNS =
  "id, at, organization_id, actor, via, action, target, details, request_id, idempotency_key, fingerprint";

export function auditInsert(db: D1Database, event: AuditEvent): D1PreparedStatement {
  return db
    .prepare(`INSERT INTO audit_events (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`)
    .bind(...values(event));
}

/** Only if the change that brought the target to `version` took place: a lost race leaves no trace. */
export function auditInsertIf(
  db: D1Database,
  event: AuditEvent,
  table: "organizations" | "workspaces" | "members" | "api_keys" | "sessions" | "key_requests",
  version: string,
): D1PreparedStatement {
  return auditInsertWhere(db, event, `EXISTS (SELECT 1 FROM ${table} WHERE id = ?7 AND version = ?12)`, version);
}

/** `?7` of the condition is the target; those from `?12` are `bound`. */
export function auditInsertWhere(
  db: D1Database,
  event: AuditEvent,
  condition: string,
  ...bound: unknown[]
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO audit_events (${COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 WHERE ${condition}`,
    )
    .bind(...values(event), ...bound);
}

/** One for each key that its batch has created, which is whose id exists. */
export function auditInsertsForMade(db: D1Database, events: readonly AuditEvent[]): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO audit_events (id, at, organization_id, actor, via, action, target, details, request_id)
       SELECT value ->> 'id', value ->> 'at', value ->> 'organizationId', value ->> 'actor', value ->> 'via',
         value ->> 'action', value ->> 'target', value -> 'details', value ->> 'requestId'
       FROM json_each(?1) WHERE EXISTS (SELECT 1 FROM api_keys WHERE id = value ->> 'target')`,
    )
    .bind(JSON.stringify(events));
}

function values(event: AuditEvent): unknown[] {
  const { id, at, organizationId, actor, via, action, target, details, requestId, idempotency } = event;
  const text = JSON.stringify(details);
  const { key = null, fingerprint = null } = idempotency ?? {};
  return [id, at, organizationId, actor, via, action, target, text, requestId, key, fingerprint];
}

/** What the actor has already done under this idempotency key. */
export async function findRepeated(
  db: D1Database,
  actor: string,
  idempotencyKey: string,
): Promise<{ target: string; fingerprint: string } | undefined> {
  const row = await db
    .withSession("first-primary")
    .prepare("SELECT target, fingerprint FROM audit_events WHERE actor = ?1 AND idempotency_key = ?2")
    .bind(actor, idempotencyKey)
    .first<{ target: string; fingerprint: string }>();
  return row ?? undefined;
}
