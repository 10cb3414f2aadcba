/** Records as the API shows them. */

import type { AuditEvent } from "../../store/audit.ts";
import type { MemberRecord } from "../../store/members.ts";
import type { Organization } from "../../store/organizations.ts";
import type { Page } from "../../store/pages.ts";
import type { Session } from "../../store/sessions.ts";
import type { Workspace } from "../../store/workspaces.ts";
import { writeCursor } from "../paging.ts";

export function renderOrganization(organization: Organization) {
  return {
    id: organization.id,
    name: organization.name,
    plan: organization.plan,
    environments: organization.environments,
    key_quota: organization.keyQuota,
    status: organization.status,
    trial_started_at: time(organization.trialStartedAt),
    created_at: time(organization.createdAt),
  };
}

export function renderWorkspace({ id, organizationId, name, createdAt }: Workspace) {
  return { id, organization_id: organizationId, name, created_at: time(createdAt) };
}

export function renderMember({ id, organizationId, email, name, role, workspaceIds, createdAt }: MemberRecord) {
  return {
    id,
    organization_id: organizationId,
    email,
    name,
    role,
    workspace_ids: workspaceIds,
    created_at: time(createdAt),
  };
}

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
