/** The audit trail: filters, pages and exports. */

import type { JSXNode } from "hono/jsx";
import { Hono } from "hono/tiny";
import { readAudit } from "../../control/operate/read-audit.ts";
import { DAY_MS } from "../../domain/durations.ts";
import { readDay, timeOf } from "../../domain/time.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { auditQuery } from "../../management/wire/audit.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { AuditEvent } from "../../store/audit.ts";
import { AUDIT_SORT, type AuditFilter } from "../../store/audit-list.ts";
import type { PageRequest } from "../../store/pages.ts";
import { membersOf } from "../frame/directory.ts";
import { Cell, Options } from "../frame/fields.tsx";
import { sendFile } from "../frame/file.ts";
import { show } from "../frame/layout.tsx";
import { Mistakes, type Problems, problemsOf } from "../frame/mistakes.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { CSV_HEADER, csvLineOf, jsonLineOf } from "./export.ts";
import { namesOfEvents } from "./names.ts";
import { ACTIONS, wordsOf } from "./sentences.ts";
import { Trail } from "./table.tsx";

/** In the order of the page. */
const FILTER_FIELDS = [
  { id: "action", label: "What" },
  { id: "actor", label: "Who" },
  { id: "target", label: "To what (id)" },
  { id: "from", label: "From (UTC)" },
  { id: "to", label: "Until (UTC)" },
];
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
        <Filters chosen={chosen} members={members} problems={problemsOf(refusal, FILTER_FIELDS)} />
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

interface FiltersProps {
  readonly chosen: URLSearchParams;
  readonly members: readonly MemberRecord[];
  readonly problems: Problems;
}

function Filters({ chosen, members, problems }: FiltersProps) {
  const picked = (id: string, options: readonly (readonly [string, string])[]) => {
    const value = chosen.get(id) ?? "";
    const isKnown = value === "" || options.some(([one]) => one === value);
    return (
      <select>
        <Options options={[["", "any"], ...(isKnown ? [] : [[value, value] as const]), ...options]} chosen={value} />
      </select>
    );
  };
  const typed = (id: string, type: "text" | "date", placeholder?: string) => (
    <input type={type} placeholder={placeholder} value={chosen.get(id) ?? ""} autocomplete="off" />
  );
  const controls: Record<string, unknown> = {
    action: picked(
      "action",
      ACTIONS.map((action) => [action, wordsOf(action).name]),
    ),
    actor: picked("actor", [...members.map(({ id, name }) => [id, name] as const), ["root", "the root token"]]),
    target: typed("target", "text", "key_…"),
    from: typed("from", "date"),
    to: typed("to", "date"),
  };
  return (
    <form class="filters sheet" action="/audit" novalidate>
      <div class="row">
        {FILTER_FIELDS.map(({ id, label }) => (
          <Cell name={id} id={id} label={label} problem={problems.get(id)}>
            {controls[id] as JSXNode}
          </Cell>
        ))}
        <button type="submit">Filter</button>
      </div>
      <p class="hint more">
        Export all that match: <a href={`/audit/events.csv?${chosen}`}>CSV</a>,{" "}
        <a href={`/audit/events.ndjson?${chosen}`}>NDJSON</a>
        {chosen.size > 0 && (
          <>
            . <a href="/audit">Clear the filters</a>
          </>
        )}
      </p>
    </form>
  );
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
