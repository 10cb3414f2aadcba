/** The list of keys. */

import { Hono } from "hono/tiny";
import { requireScope } from "../../control/access.ts";
import { countKeysFor, listKeysFor } from "../../control/keys/list.ts";
import { readUsageOfKeys } from "../../control/keys/usage-of-keys.ts";
import { isRefusal } from "../../errors.ts";
import { writeCursor } from "../../management/paging.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Workspace } from "../../records/workspace.ts";
import type { Page } from "../../store/pages.ts";
import { memberNames, membersOf, namesIn, workspacesOf } from "../frame/directory.ts";
import { Done } from "../frame/done.tsx";
import { show } from "../frame/layout.tsx";
import { Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { managesKeys } from "../frame/places.ts";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";
import { countWaiting, Waiting } from "../key-requests/asked.tsx";
import { chosenIn, FILTER_FIELDS, FILTERS, listPath, type Wanted, wantedBy } from "./chosen.ts";
import { KeyFilters, Sorting, Views } from "./filters.tsx";
import { KeyRows, type RowsProps } from "./rows.tsx";
import { viewOf } from "./views.ts";

/** More are not counted. */
const MAX_COUNT = 1_000;
const TREND_DAYS = 7;

export const keyList = new Hono<ConsoleEnv>().get("/keys", async (c) => {
  const { control, visitor } = c.var;
  const { caller } = visitor;
  if (caller.standing.kind === "member" && !managesKeys(caller.standing)) {
    return showRefusal(c, { code: "management_forbidden", problem: "Your role cannot see or create keys." });
  }
  const chosen = chosenIn(c.req.query());
  const wanted = wantedBy(c, chosen);
  const [keys, workspaces, members, waiting] = await Promise.all([
    isRefusal(wanted) ? wanted : listKeysFor(control, caller, wanted.keys, wanted.sort, wanted.page),
    workspacesOf(c, chosen.getAll("workspace_id")),
    membersOf(c),
    countWaiting(c),
  ]);
  const refusal = isRefusal(keys) ? keys : undefined;
  const canWrite = requireScope(caller, "api_keys:write") === undefined;
  const view = viewOf(chosen.get("view"), control.gateway);
  return show(
    c,
    { title: "API keys", refusal },
    <>
      <Done c={c} />
      <div class="head tight">
        <h1>API keys</h1>
        {canWrite && (
          <a class="button" href="/keys/new">
            New key
          </a>
        )}
      </div>
      <Waiting count={waiting} />
      <Mistakes refusal={refusal} fields={FILTER_FIELDS} />
      <Views gateway={control.gateway} chosen={chosen} />
      <KeyFilters
        gateway={control.gateway}
        workspaces={workspaces}
        members={members}
        chosen={chosen}
        problems={problemsOf(refusal, FILTER_FIELDS)}
      />
      {view && <p class="hint">{view.hint}</p>}
      {!isRefusal(keys) && !isRefusal(wanted) && (
        <Keys {...(await propsOf(c, { chosen, wanted, page: keys, workspaces, members }))} />
      )}
    </>,
  );
});

interface Found {
  readonly chosen: URLSearchParams;
  readonly wanted: Wanted;
  readonly page: Page<ManagedKey>;
  readonly workspaces: readonly Workspace[];
  readonly members: readonly MemberRecord[];
}

async function propsOf(c: Visit, { chosen, wanted, page, workspaces, members }: Found): Promise<KeysProps> {
  const { control, visitor } = c.var;
  const { caller } = visitor;
  const keys = page.items;
  const creators = keys.flatMap(({ memberId }) => memberId ?? []);
  const isAll = !page.next && !page.previous;
  const [count, usage, memberName] = await Promise.all([
    isAll ? keys.length : countKeysFor(control, caller, wanted.keys, MAX_COUNT + 1),
    readUsageOfKeys(control, caller, visitor.session.organizationId, keys, TREND_DAYS),
    memberNames(c, members, creators),
  ]);
  return {
    page,
    count: isRefusal(count) ? keys.length : count,
    rows: {
      ...{ keys, chosen, usage, memberName, sort: wanted.sort, gateway: control.gateway, now: control.now() },
      workspaceName: namesIn([workspaces]),
      can: {
        write: requireScope(caller, "api_keys:write") === undefined,
        revoke: requireScope(caller, "api_keys:delete") === undefined,
      },
    },
  };
}

interface KeysProps {
  readonly page: Page<ManagedKey>;
  readonly count: number;
  readonly rows: RowsProps;
}

/** One form: what is selected in its rows, and what to do with it. */
function Keys({ page, count, rows }: KeysProps) {
  const { chosen, sort, can } = rows;
  if (page.items.length === 0) return <Nothing chosen={chosen} canCreate={can.write} />;
  const total = count > MAX_COUNT ? `${number(MAX_COUNT)}+` : number(count);
  return (
    <div class="room">
      <form class="sheet list" action="/keys/selected/export.csv">
        <div class="bar-of-list">
          <span>
            <strong>{total}</strong> {count === 1 ? "key" : "keys"}
          </span>
          <button type="button" class="quiet small" data-toggle=".pick" hidden>
            Select all<span class="unseen"> on this page</span>
          </button>
          <Sorting chosen={chosen} sort={sort} />
          <a class="export" href={`/keys/export.csv?${chosen}`}>
            Export all as CSV
          </a>
        </div>
        <KeyRows {...rows} />
        <input type="hidden" name="back" value={`/keys?${chosen}`} />
        <div class="bulk">
          <output aria-label="Selected keys"></output>
          {can.write && (
            <button type="submit" class="quiet" formaction="/keys/selected/disable">
              Disable…
            </button>
          )}
          {can.revoke && (
            <button type="submit" class="grave" formaction="/keys/selected/revoke">
              Revoke…
            </button>
          )}
          <button type="submit" class="quiet">
            Export CSV
          </button>
        </div>
        <Pages page={page} chosen={chosen} />
      </form>
    </div>
  );
}

function Pages({ page: { next, previous }, chosen }: { page: Page<ManagedKey>; chosen: URLSearchParams }) {
  if (!next && !previous) return null;
  return (
    <nav class="actions pages" aria-label="Pages">
      {previous && (
        <a class="button quiet" rel="prev" href={listPath(chosen, { before: writeCursor(previous) })}>
          Previous page
        </a>
      )}
      {next && (
        <a class="button quiet" rel="next" href={listPath(chosen, { cursor: writeCursor(next) })}>
          Next page
        </a>
      )}
    </nav>
  );
}

function Nothing({ chosen, canCreate }: { chosen: URLSearchParams; canCreate: boolean }) {
  const isFiltered = [...FILTERS, "view", "cursor", "before"].some((name) => chosen.has(name));
  return (
    <section class="sheet empty">
      {isFiltered ? (
        <p>
          No keys match. {chosen.has("q") && "A search looks at names, descriptions, ids and last four characters. "}
          <a href="/keys">Show all keys</a>
        </p>
      ) : (
        <>
          <p>
            <strong>No keys yet.</strong> A program needs a key to call the API.
          </p>
          {canCreate && (
            <a class="button" href="/keys/new">
              Create the first key
            </a>
          )}
        </>
      )}
    </section>
  );
}
