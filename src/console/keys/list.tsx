/** The list of keys. */

import { Hono } from "hono";
import type { Gateway } from "../../config/compile.ts";
import { requireScope } from "../../control/access.ts";
import { listKeysFor } from "../../control/keys/list.ts";
import { isRefusal } from "../../errors.ts";
import { readPage, writeCursor } from "../../management/paging.ts";
import { check } from "../../management/parse.ts";
import { keyPageQuery } from "../../management/wire/keys.ts";
import { type ManagedKey, statusOf } from "../../records/key.ts";
import type { KeySort } from "../../store/key-list.ts";
import type { Page } from "../../store/pages.ts";
import { memberNames, membersOf, type NameOf, namesIn, workspacesOf } from "../frame/directory.ts";
import { managesKeys, show } from "../frame/layout.tsx";
import { Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { Ago, type Column, Day, EnvironmentBadge, Expiry, StatusBadge, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { listOf, PERMISSION_WORDS } from "../frame/words.ts";
import { FILTER_FIELDS, FILTERS, KeyFilters } from "./filters.tsx";

const PAGE_SIZE = 25;

export const keyList = new Hono<ConsoleEnv>().get("/keys", async (c) => {
  const { visitor } = c.var;
  const { standing } = visitor.caller;
  if (standing.kind === "member" && !managesKeys(standing)) {
    return showRefusal(c, { code: "management_forbidden", problem: "Your role cannot see or create keys." });
  }
  const chosen = chosenIn(c);
  const [keys, workspaces, members] = await Promise.all([read(c, chosen), workspacesOf(c), membersOf(c)]);
  const refusal = isRefusal(keys) ? keys : undefined;
  return show(
    c,
    { title: "API keys", refusal },
    <>
      <div class="head">
        <div>
          <h1>API keys</h1>
          <p>The keys of {visitor.session.organization.name} that you manage. Times are in UTC.</p>
        </div>
        {requireScope(visitor.caller, "api_keys:write") === undefined && (
          <a class="button" href="/keys/new">
            New key
          </a>
        )}
      </div>
      <Mistakes refusal={refusal} fields={FILTER_FIELDS} />
      <KeyFilters
        gateway={c.var.control.gateway}
        workspaces={workspaces}
        members={members}
        chosen={chosen}
        problems={problemsOf(refusal, FILTER_FIELDS)}
      />
      {!isRefusal(keys) && (
        <Keys
          c={c}
          keys={keys}
          chosen={chosen}
          workspaceName={namesIn([workspaces])}
          memberName={
            await memberNames(
              c,
              members,
              keys.items.flatMap(({ memberId }) => memberId ?? []),
            )
          }
        />
      )}
    </>,
  );
});

/** The list's own URL parameters, without empty ones. */
function chosenIn(c: Visit): URLSearchParams {
  const query = c.req.query();
  const given = [...FILTERS, "sort", "cursor"].flatMap((name) => (query[name] ? [[name, query[name]]] : []));
  return new URLSearchParams(given as [string, string][]);
}

const DEFAULT_SORT: KeySort = "-created_at";

async function read(c: Visit, chosen: URLSearchParams) {
  const { control, visitor } = c.var;
  const organization_id = visitor.session.organizationId;
  const asked = { sort: DEFAULT_SORT, ...Object.fromEntries(chosen), organization_id, limit: String(PAGE_SIZE) };
  const query = check(keyPageQuery, asked);
  if (isRefusal(query)) return query;
  const page = readPage(query);
  if (isRefusal(page)) return page;
  const { organization_id: organizationId, member_id: memberId, workspace_id: workspaceId, sort, ...rest } = query;
  const { environment, reach, permission, status, scope, q } = rest;
  const filter = { organizationId, memberId, workspaceId, environment, reach, permission, status, scope, q };
  return listKeysFor(control, visitor.caller, filter, sort, page);
}

interface KeysProps {
  readonly c: Visit;
  readonly keys: Page<ManagedKey>;
  readonly chosen: URLSearchParams;
  readonly workspaceName: NameOf;
  readonly memberName: NameOf;
}

function Keys({ c, keys, chosen, workspaceName, memberName }: KeysProps) {
  const { gateway, now } = c.var.control;
  if (keys.items.length === 0) return <Nothing isFiltered={FILTERS.some((name) => chosen.has(name))} />;
  const at = now();
  const columns: Column<ManagedKey>[] = [
    sorted(chosen, "Key", ["name"], (key) => (
      <>
        <strong>
          <a href={`/keys/${key.id}`}>{key.name}</a>
        </strong>
        {key.description && <span class="quietly">{key.description.slice(0, 120)}</span>}
        <code class="quietly">{key.hint}</code>
      </>
    )),
    { label: "Environment", cell: ({ environment }) => <EnvironmentBadge name={environment} gateway={gateway} /> },
    {
      label: "Granted",
      cell: (key) => (
        <>
          {PERMISSION_WORDS[key.permission]},{" "}
          {key.reach === "organization" ? "all workspaces" : listOf(key.workspaceIds.map(workspaceName))}
          <Scopes scopes={key.scopes} />
        </>
      ),
    },
    sorted(chosen, "Created", ["created_at", "-created_at"], (key) => (
      <>
        <Day at={key.createdAt} />
        {key.memberId && <span class="quietly">{memberName(key.memberId)}</span>}
      </>
    )),
    sorted(chosen, "Last used", ["-last_used_at", "last_used_at"], (key) => <Ago at={key.lastUsedAt} now={at} />),
    sorted(chosen, "Expires", ["expires_at"], (key) => <End keyOf={key} gateway={gateway} now={at} />),
    { label: "Status", cell: (key) => <StatusBadge of={statusOf(key, gateway, at)} /> },
  ];
  return (
    <section class="sheet">
      <Table caption="API keys" columns={columns} rows={keys.items} />
      <Pages keys={keys} chosen={chosen} />
    </section>
  );
}

/** A key that does not work says no time that it has left. */
function End({ keyOf: key, gateway, now }: { keyOf: ManagedKey; gateway: Gateway; now: number }) {
  const { status } = statusOf(key, gateway, now);
  if (status === "active") return <Expiry at={key.expiresAt} now={now} />;
  return status === "revoked" ? <span class="faint">–</span> : <Day at={key.expiresAt} />;
}

/** A heading that sorts; choosing it again reverses the order if the list supports that. */
function sorted(
  chosen: URLSearchParams,
  label: string,
  orders: readonly KeySort[],
  cell: Column<ManagedKey>["cell"],
): Column<ManagedKey> {
  const now = chosen.get("sort") ?? DEFAULT_SORT;
  const at = orders.indexOf(now as KeySort);
  const next = orders[(at + 1) % orders.length] as string;
  const heading = <a href={`/keys?${withParams(chosen, { sort: next })}`}>{label}</a>;
  const sort = at < 0 ? undefined : now.startsWith("-") ? "descending" : "ascending";
  return { label, heading, sort, cell };
}

function withParams(chosen: URLSearchParams, change: Record<string, string>): URLSearchParams {
  const params = new URLSearchParams(chosen);
  params.delete("cursor");
  for (const [name, value] of Object.entries(change)) params.set(name, value);
  return params;
}

const COMPACT = 2;

function Scopes({ scopes }: { scopes: readonly string[] }) {
  const chips = scopes.map((scope) => <span class="scope">{scope}</span>);
  if (chips.length <= COMPACT + 1) return <div>{chips}</div>;
  return (
    <details>
      <summary>
        {chips.slice(0, COMPACT)} and {chips.length - COMPACT} more
      </summary>
      {chips.slice(COMPACT)}
    </details>
  );
}

function Pages({ keys, chosen }: Pick<KeysProps, "keys" | "chosen">) {
  if (!keys.next && !chosen.has("cursor")) return null;
  return (
    <div class="actions more">
      {chosen.has("cursor") && (
        <a class="button quiet" href={`/keys?${withParams(chosen, {})}`}>
          First page
        </a>
      )}
      {keys.next && (
        <a class="button quiet" rel="next" href={`/keys?${withParams(chosen, { cursor: writeCursor(keys.next) })}`}>
          Next page
        </a>
      )}
    </div>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  return (
    <section class="sheet">
      {isFiltered ? (
        <p>
          No keys match. <a href="/keys">Show all</a>
        </p>
      ) : (
        <p>You manage no keys yet. A program needs a key to call the API.</p>
      )}
    </section>
  );
}
