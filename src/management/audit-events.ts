import { readAudit } from "../control/operate/read-audit.ts";
import { timeOf } from "../domain/time.ts";
import { isRefusal } from "../errors.ts";
import { AUDIT_SORT } from "../store/audit-list.ts";
import { operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { auditQuery, renderAuditEvent } from "./wire/audit.ts";
import { renderPage } from "./wire/page.ts";

export const auditEvents = [
  operation({
    method: "get",
    path: "/v1/audit-events",
    name: "listAuditEvents",
    query: auditQuery,
    async handle({ control, caller, query }) {
      const page = readPage({ ...query, sort: AUDIT_SORT });
      if (isRefusal(page)) return page;
      const { organization_id: organizationId, target, actor, action } = query;
      const [from, to] = [query.from, query.to].map((time) => (time === undefined ? undefined : timeOf(time)));
      const filter = { organizationId, target, actor, action, from, to };
      const events = await readAudit(control, caller, filter, page);
      return isRefusal(events) ? events : { body: renderPage(events, renderAuditEvent) };
    },
  }),
];
