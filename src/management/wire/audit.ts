/** Events of the audit trail. */

import * as z from "zod";
import { givenId, givenTime, id, time } from "../../records/forms.ts";
import type { AuditEvent } from "../../store/audit.ts";
import { page } from "./page.ts";

export const auditQuery = z.strictObject({
  ...page,
  organization_id: givenId,
  target: givenId.optional().describe("The id of the changed record."),
  actor: givenId.optional().describe("`root`, or the id of a member or key."),
  action: z.string().max(64).optional().describe("For example `api_key.created`."),
  from: givenTime.optional(),
  to: givenTime.optional(),
});

export const auditEventAnswer = z
  .strictObject({
    id,
    at: time,
    organization_id: id,
    actor: z.string().describe("`root`, or the id of a member or key."),
    via: z.string().describe("The credential of the actor: `root`, `session`, or the id of a key."),
    action: z.string().describe("For example `api_key.created`."),
    target: z.string().describe("The id of the changed record."),
    details: z
      .record(z.string(), z.unknown())
      .describe("At most 2 KB: long texts and lists are cut, with a note of how much is missing."),
    request_id: z.string(),
  })
  .meta({ id: "AuditEvent" });

export function renderAuditEvent(event: AuditEvent) {
  const { id, at, organizationId, actor, via, action, target, details, requestId } = event;
  const who = { organization_id: organizationId, actor, via };
  return { id, at: new Date(at).toISOString(), ...who, action, target, details, request_id: requestId };
}
