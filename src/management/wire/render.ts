/** Records as the API shows them. */

import type { AuditEvent } from "../../store/audit.ts";
import type { Page } from "../../store/pages.ts";
import type { Session } from "../../store/sessions.ts";
import { writeCursor } from "../paging.ts";

export function renderAuditEvent(event: AuditEvent) {
  const { id, at, organizationId, actor, via, action, target, details, requestId } = event;
  const who = { organization_id: organizationId, actor, via };
  return { id, at: time(at), ...who, action, target, details, request_id: requestId };
}

/** `current`: by what the call was made. */
export function renderSession(session: Session, current: string) {
  const { id, organizationId, memberId, createdAt, lastSeenAt, expiresAt } = session;
  return {
    id,
    organization_id: organizationId,
    member_id: memberId,
    current: id === current,
    created_at: time(createdAt),
    last_seen_at: time(lastSeenAt),
    expires_at: time(expiresAt),
  };
}

export function renderPage<T>(page: Page<T>, render: (item: T) => unknown) {
  return { data: page.items.map(render), next_cursor: page.next ? writeCursor(page.next) : null };
}

function time(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
