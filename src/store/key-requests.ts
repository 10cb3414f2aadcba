/** Keys that members ask for. */

import { KEY_REQUEST_COLUMNS, type KeyRequest, keyRequestCells, keyRequestOf } from "../records/key-request.ts";
import type { Row } from "../records/record.ts";
import { places } from "./columns.ts";
import { cutPage, type Page, type PageRequest } from "./pages.ts";

/** Inserts nothing if the member has so many without an answer. */
export function keyRequestInsert(db: D1Database, request: KeyRequest, most: number): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO key_requests (${KEY_REQUEST_COLUMNS.join(", ")}) SELECT ${places(KEY_REQUEST_COLUMNS, 4)}
       WHERE (SELECT count(*) FROM key_requests WHERE organization_id = ?1 AND member_id = ?2 AND decided_at IS NULL) < ?3`,
    )
    .bind(request.organizationId, request.memberId, most, ...keyRequestCells(request, KEY_REQUEST_COLUMNS));
}

/** Changes nothing if there is an answer already, or if the key was not created. */
export function keyRequestDecision(db: D1Database, request: KeyRequest): D1PreparedStatement {
  const { id, decidedAt, decidedBy, reason, keyId, version } = request;
  return db
    .prepare(
      `UPDATE key_requests SET decided_at = ?2, decided_by = ?3, reason = ?4, key_id = ?5, version = ?6
       WHERE id = ?1 AND decided_at IS NULL AND (?5 IS NULL OR EXISTS (SELECT 1 FROM api_keys WHERE id = ?5))`,
    )
    .bind(id, decidedAt, decidedBy, reason, keyId, version);
}

export async function readKeyRequest(db: D1Database, id: string): Promise<KeyRequest | undefined> {
  const row = await db.prepare("SELECT * FROM key_requests WHERE id = ?1").bind(id).first<Row>();
  return row ? keyRequestOf(row) : undefined;
}

/** `undefined`: of any member, and with or without an answer. */
export interface KeyRequestFilter {
  readonly organizationId: string;
  readonly memberId?: string | undefined;
  readonly isOpen?: boolean | undefined;
}

/** The newest first. */
export const KEY_REQUEST_SORT = "-created_at";

export async function listKeyRequests(
  db: D1Database,
  { organizationId, memberId, isOpen }: KeyRequestFilter,
  page: PageRequest,
): Promise<Page<KeyRequest>> {
  const { results } = await db
    .prepare(
      `SELECT * FROM key_requests
       WHERE organization_id = ?1 AND (?2 IS NULL OR member_id = ?2) AND (?3 IS NULL OR (decided_at IS NULL) = ?3)
         AND (?4 IS NULL OR (created_at, id) < (?4, ?5))
       ORDER BY created_at DESC, id DESC LIMIT ?6`,
    )
    .bind(
      ...[organizationId, memberId ?? null, isOpen === undefined ? null : Number(isOpen)],
      ...[page.after?.value ?? null, page.after?.id ?? null, page.limit + 1],
    )
    .all<Row>();
  return cutPage(results.map(keyRequestOf), page, ({ createdAt, id }) => ({
    ...{ sort: KEY_REQUEST_SORT, value: createdAt, id },
  }));
}
