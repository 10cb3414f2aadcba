/** Events of the audit trail. */

import * as z from "zod";
import { givenId, givenTime } from "../../records/forms.ts";
import type { AuditEvent } from "../../store/audit.ts";
import { page } from "./page.ts";

export const auditQuery = z.strictObject({
  ...page,
  organization_id: givenId,
  target: givenId.optional(),
  actor: givenId.optional(),
  action: z.string().max(64).optional(),
  from: givenTime.optional(),
  to: givenTime.optional(),
});

export function renderAuditEvent(event: AuditEvent) {
  const { id, at, organizationId, actor, via, action, target, details, requestId } = event;
  const who = { organization_id: organizationId, actor, via };
  return { id, at: new Date(at).toISOString(), ...who, action, target, details, request_id: requestId };
}
