/** The audit trail: pages and exports. */

import { Hono } from "hono/tiny";
import { readAudit } from "../../control/operate/read-audit.ts";
import { DAY_MS } from "../../domain/durations.ts";
import { readDay, timeOf } from "../../domain/time.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { auditQuery } from "../../management/wire/audit.ts";
import type { AuditEvent } from "../../store/audit.ts";
import { AUDIT_SORT, type AuditFilter } from "../../store/audit-list.ts";
import type { PageRequest } from "../../store/pages.ts";
import { membersOf } from "../frame/directory.ts";
import { sendFile } from "../frame/file.ts";
import { show } from "../frame/layout.tsx";
import { Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { CSV_HEADER, csvLineOf, jsonLineOf } from "./export.ts";
import { AuditFilters, FILTER_FIELDS } from "./filters.tsx";
import { namesOfEvents } from "./names.ts";
import { Trail } from "./table.tsx";

/** Events in one read of an export. */
const BATCH = 500;

export const auditPages = new Hono<ConsoleEnv>()
  .get("/audit", async (c) => {
    const chosen = chosenIn(c);
    const events = await read(c, chosen);
    if (isRefusal(events) && events.code !== "validation_failed") return showRefusal(c, events);
    const [nameOf, members] = await Promise.all([
      namesOfEvents(c, isRefusal(events) ? [] : events.items),
      membersOf(c),
    ]);
    const refusal = isRefusal(events) ? events : undefined;
    return show(
      c,
      { title: "Audit", refusal },
      <>
        <h1>Audit</h1>
        <p class="faint">
          What was changed in {c.var.visitor.session.organization.name}, by whom and when. Times are in UTC.
        </p>
        <Mistakes refusal={refusal} fields={FILTER_FIELDS} />
        <AuditFilters {...{ chosen, members, nameOf }} problems={problemsOf(refusal, FILTER_FIELDS)} />
        {!isRefusal(events) && (
          <section class="sheet">
            {events.items.length === 0 ? (
              <Nothing isFiltered={chosen.size > 0} />
            ) : (
              <Trail events={events.items} nameOf={nameOf} />
            )}
            <More path="/audit" next={events.next} query={String(chosen)} />
          </section>
        )}
      </>,
    );
  })
  .get("/audit/events.csv", (c) => send(c, "text/csv; charset=utf-8", CSV_HEADER, csvLineOf))
  .get("/audit/events.ndjson", (c) => send(c, "application/x-ndjson", "", jsonLineOf));

function chosenIn(c: Visit): URLSearchParams {
  const query = c.req.query();
  return new URLSearchParams(
    FILTER_FIELDS.flatMap(({ id }) => (query[id] ? [[id, query[id]]] : [])) as [string, string][],
  );
}

function filterOf(c: Visit, chosen: URLSearchParams): AuditFilter | Refusal {
  const asked = { ...Object.fromEntries(chosen), organization_id: c.var.visitor.session.organizationId };
  const [firstDay, lastDay] = [readDay(chosen.get("from") ?? ""), readDay(chosen.get("to") ?? "")];
  const query = check(auditQuery, {
    ...asked,
    // The API has times only.
    ...(firstDay !== undefined && { from: undefined }),
    ...(lastDay !== undefined && { to: undefined }),
  });
  if (isRefusal(query)) return query;
  const [from, to] = [query.from, query.to].map((at) => (at === undefined ? undefined : timeOf(at)));
  const { organization_id: organizationId, target, actor, action } = query;
  const afterLastDay = lastDay === undefined ? undefined : lastDay + DAY_MS;
  return { organizationId, target, actor, action, from: firstDay ?? from, to: afterLastDay ?? to };
}

async function read(c: Visit, chosen: URLSearchParams) {
  const filter = filterOf(c, chosen);
  if (isRefusal(filter)) return filter;
  const page = pageIn(c, AUDIT_SORT);
  return isRefusal(page) ? page : readAudit(c.var.control, c.var.visitor.caller, filter, page);
}

async function send(c: Visit, type: string, header: string, lineOf: (event: AuditEvent) => string) {
  const filter = filterOf(c, chosenIn(c));
  if (isRefusal(filter)) return showRefusal(c, filter);
  let page: PageRequest | undefined = { limit: BATCH, after: undefined };
  const next = async () => {
    if (!page) return undefined;
    const events = await readAudit(c.var.control, c.var.visitor.caller, filter, page);
    if (isRefusal(events)) return events;
    page = events.next && { limit: BATCH, after: events.next };
    return events.items;
  };
  const first = await next();
  if (isRefusal(first)) return showRefusal(c, first);
  const name = `audit-${c.req.path.slice(c.req.path.lastIndexOf("/") + 1)}`;
  return sendFile(c, { name, type, header, lineOf, first: first ?? [], next });
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (!isFiltered)
    return <p>Nothing was changed yet. Every change of a key, a member or a workspace will be listed here.</p>;
  return (
    <p>
      No events match. <a href="/audit">Show all events</a>
    </p>
  );
}
