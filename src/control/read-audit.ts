import { isRefusal, type Refusal } from "../errors.ts";
import type { AuditEvent } from "../store/audit.ts";
import { type AuditFilter, listAuditEvents } from "../store/audit-list.ts";
import type { Page, PageRequest } from "../store/pages.ts";
import { findOrganization } from "./access.ts";
import type { Caller, Control } from "./control.ts";

export async function readAudit(
  control: Control,
  caller: Caller,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditEvent> | Refusal> {
  const organization = await findOrganization(control, caller, filter.organizationId, "audit_events:read");
  return isRefusal(organization) ? organization : listAuditEvents(control.db, filter, page);
}
