/** The audit trail: filters, pages and exports. */

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
import { memberNames, membersOf } from "../frame/directory.ts";
import { Cell } from "../frame/fields.tsx";
import { show } from "../frame/layout.tsx";
import { Mistakes, type Problems, problemsOf } from "../frame/mistakes.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";
import { CSV_HEADER, csvLineOf, jsonLineOf } from "./export.ts";
import { Trail } from "./table.tsx";

/** In the order of the page. */
const FILTER_FIELDS = [
  { id: "action", label: "What", placeholder: "api_key.created" },
  { id: "target", label: "Target (id)", placeholder: "key_…" },
  { id: "actor", label: "Actor (id)", placeholder: "mem_…" },
  { id: "from", label: "From (UTC)", type: "date" },
  { id: "to", label: "Until (UTC)", type: "date" },
];
/** The most events in an export, and in one read. */
const MAX_EXPORTED = 10_000;
const BATCH = 500;

export const auditPages = new Hono<ConsoleEnv>()
  .get("/audit", async (c) => {
    const chosen = chosenIn(c);
    const events = await read(c, chosen);
    if (isRefusal(events) && events.code !== "validation_failed") return showRefusal(c, events);
    const ids = isRefusal(events) ? [] : events.items.flatMap(({ actor, target }) => [actor, target]);
    const nameOf = await memberNames(c, await membersOf(c), ids);
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
        <Filters chosen={chosen} problems={problemsOf(refusal, FILTER_FIELDS)} />
        {!isRefusal(events) && (
          <section class="sheet">
            {events.items.length === 0 ? <p>No events match.</p> : <Trail events={events.items} nameOf={nameOf} />}
            <More path="/audit" next={events.next} query={String(chosen)} />
          </section>
        )}
      </>,
    );
  })
  .get("/audit/events.csv", (c) => sendFile(c, "text/csv; charset=utf-8", CSV_HEADER, csvLineOf))
  .get("/audit/events.ndjson", (c) => sendFile(c, "application/x-ndjson", "", jsonLineOf));

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

async function sendFile(c: Visit, type: string, header: string, lineOf: (event: AuditEvent) => string) {
  const filter = filterOf(c, chosenIn(c));
  if (isRefusal(filter)) return showRefusal(c, filter);
  const name = c.req.path.slice(c.req.path.lastIndexOf("/") + 1);
  let text = header;
  let page: PageRequest | undefined = { limit: BATCH, after: undefined };
  for (let count = 0; page && count < MAX_EXPORTED; count += BATCH) {
    const events = await readAudit(c.var.control, c.var.visitor.caller, filter, page);
    if (isRefusal(events)) return showRefusal(c, events);
    text += events.items.map(lineOf).join("");
    page = events.next && { limit: BATCH, after: events.next };
  }
  return c.body(text, 200, { "Content-Type": type, "Content-Disposition": `attachment; filename="audit-${name}"` });
}

function Filters({ chosen, problems }: { chosen: URLSearchParams; problems: Problems }) {
  return (
    <form class="filters sheet" action="/audit" novalidate>
      <div class="row">
        {FILTER_FIELDS.map(({ id, label, ...input }) => (
          <Cell name={id} id={id} label={label} problem={problems.get(id)}>
            <input type="text" {...input} value={chosen.get(id) ?? ""} autocomplete="off" />
          </Cell>
        ))}
        <button type="submit">Filter</button>
      </div>
      <p class="hint more">
        Export up to {number(MAX_EXPORTED)} events: <a href={`/audit/events.csv?${chosen}`}>CSV</a>,{" "}
        <a href={`/audit/events.ndjson?${chosen}`}>NDJSON</a>
      </p>
    </form>
  );
}
