import type { Refusal } from "../../errors.ts";
import type { AuditEvent } from "../../store/audit.ts";
import { type AuditFilter, listAuditEvents } from "../../store/audit-list.ts";
import type { Page, PageRequest } from "../../store/pages.ts";
import { checkOrganization } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { visibleKeys } from "../keys/list.ts";

/** Without what was done to keys that the caller does not manage. */
export async function readAudit(
  control: Control,
  caller: Caller,
  filter: Omit<AuditFilter, "visibleTo">,
  page: PageRequest,
): Promise<Page<AuditEvent> | Refusal> {
  const refusal = await checkOrganization(control, caller, filter.organizationId, "audit_events:read");
  if (refusal) return refusal;
  const visibleTo = visibleKeys(caller.standing);
  return listAuditEvents(control.db, { ...filter, visibleTo }, page);
}
