/** Finished requests, of all keys or of one, and the box that asks about one of them. */

import { Hono } from "hono/tiny";
import { findKeys } from "../../control/access.ts";
import { listRequests } from "../../control/requests/find.ts";
import type { FoundRequest } from "../../domain/kept-request.ts";
import { ERRORS, isRefusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { Page } from "../../store/pages.ts";
import { type Chip, Chips } from "../frame/chips.tsx";
import { namesIn } from "../frame/directory.ts";
import { Cell, Options } from "../frame/fields.tsx";
import { show } from "../frame/layout.tsx";
import { type FormField, Mistakes, type Problems, problemsOf } from "../frame/mistakes.tsx";
import { More } from "../frame/more.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { secondsOf } from "../frame/words.ts";
import { showTab } from "../key/frame.tsx";
import { AskBox } from "./ask-box.tsx";
import { chosenIn, FILTERS, FILTERS_OF_KEY, listPath, NO_ROUTE, wantedBy } from "./chosen.ts";
import { RequestTable } from "./table.tsx";

export const requestLists = new Hono<ConsoleEnv>()
  .get("/requests", async (c) => {
    const { content, refusal } = await listOf(c, undefined);
    return show(
      c,
      { title: "Requests", refusal },
      <>
        <h1>Requests</h1>
        <AskBox />
        {content}
      </>,
    );
  })
  .get("/keys/:id/requests", (c) => showTab(c, "requests", (key) => listOf(c, key)));

/** `key`: of this one alone. */
async function listOf(c: Visit, key: ManagedKey | undefined) {
  const { control, visitor } = c.var;
  const filters = key ? FILTERS_OF_KEY : FILTERS;
  const chosen = chosenIn(c, filters);
  const asked = wantedBy(c, chosen);
  const wanted = isRefusal(asked) ? asked : { ...asked.wanted, ...(key && { keyId: key.id }) };
  const found =
    isRefusal(wanted) || isRefusal(asked)
      ? (asked as Exclude<typeof asked, { page: unknown }>)
      : await listRequests(control, visitor.caller, wanted, asked.page).catch(() => UNREACHABLE);
  const refusal = isRefusal(found) ? found : undefined;
  const path = key ? `/keys/${key.id}/requests` : "/requests";
  return {
    refusal,
    content: (
      <>
        <Mistakes refusal={refusal} fields={filters} />
        <Views path={path} chosen={chosen} />
        <Filters c={c} path={path} chosen={chosen} filters={filters} problems={problemsOf(refusal, filters)} />
        <Chips chips={chipsOf(path, chosen)} all={path} />
        {!isRefusal(found) && (await Found({ c, path, chosen, page: found, key }))}
      </>
    ),
  };
}

const UNREACHABLE = { code: "authority_unavailable" } as const;

interface FoundProps {
  readonly c: Visit;
  readonly path: string;
  readonly chosen: URLSearchParams;
  readonly page: Page<FoundRequest>;
  readonly key: ManagedKey | undefined;
}

async function Found({ c, path, chosen, page: { items, next }, key }: FoundProps) {
  const { control, visitor } = c.var;
  if (items.length === 0) return <Nothing c={c} path={path} isFiltered={chosen.size > 0} keyOf={key} />;
  const ids = key ? [] : [...new Set(items.flatMap(({ keyId }) => keyId ?? []))];
  const keys = ids.length === 0 ? [] : await findKeys(control, visitor.caller, ids, "api_keys:read");
  const nameOf = namesIn([isRefusal(keys) ? [] : keys]);
  return (
    <section class="sheet">
      <RequestTable requests={items} now={control.now()} nameOf={key ? undefined : nameOf} gateway={control.gateway} />
      <More path={path} next={next} query={String(chosen)} />
      <p class="hint more">
        A request shows 10 to 20 seconds after its answer. Each hour, the first and last 20 requests that failed are
        kept for each environment, route and outcome, and 20 at random of those that succeeded.
      </p>
    </section>
  );
}

function Views({ path, chosen }: { path: string; chosen: URLSearchParams }) {
  const now = chosen.get("failed") ?? "";
  return (
    <nav class="views" aria-label="Requests">
      {[["", "All requests"] as const, ["1", "Failed"] as const].map(([failed, name]) => (
        <a href={listPath(path, chosen, { failed })} aria-current={now === failed ? "page" : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

interface FiltersProps {
  readonly c: Visit;
  readonly path: string;
  readonly chosen: URLSearchParams;
  readonly filters: readonly FormField[];
  readonly problems: Problems;
}

function Filters({ c, path, chosen, filters, problems }: FiltersProps) {
  const { environments, routes } = c.var.control.gateway;
  const paths = new Set(routes.map((route) => route.path));
  const set = filters.filter(({ id }) => chosen.has(id));
  const options: Record<string, readonly (readonly [string, string])[]> = {
    environment: Object.keys(environments).map((name) => [name, name]),
    reason: Object.keys(ERRORS).map((code) => [code, code]),
    route: [[NO_ROUTE, "no route"], ...[...paths].map((one) => [one, one] as const)],
  };
  return (
    <form class="find" action={path} novalidate>
      {chosen.has("failed") && <input type="hidden" name="failed" value="1" />}
      <details class="drop" open={filters.some(({ id }) => problems.has(id))}>
        <summary class="button quiet">Filters{set.length > 0 && ` (${set.length})`}</summary>
        <div class="panel">
          {filters.map(({ id, label }) => (
            <Cell name={id} id={id} label={label} problem={problems.get(id)}>
              {options[id] ? (
                <select>
                  <Options options={[["", "any"], ...(options[id] ?? [])]} chosen={chosen.get(id) ?? ""} />
                </select>
              ) : (
                <input value={chosen.get(id) ?? ""} autocomplete="off" placeholder="key_…" />
              )}
            </Cell>
          ))}
          <button type="submit">Show requests</button>
        </div>
      </details>
    </form>
  );
}

function chipsOf(path: string, chosen: URLSearchParams): Chip[] {
  return FILTERS.filter(({ id }) => chosen.has(id)).map(({ id, label }) => ({
    label,
    value: chosen.get(id) ?? "",
    path: listPath(path, chosen, { [id]: "" }),
  }));
}

interface NothingProps {
  readonly c: Visit;
  readonly path: string;
  readonly isFiltered: boolean;
  readonly keyOf: ManagedKey | undefined;
}

function Nothing({ c, path, isFiltered, keyOf: key }: NothingProps) {
  const { keptMs } = c.var.control.gateway.requestLog;
  return (
    <section class="sheet empty">
      {keptMs === 0 ? (
        <p>This gateway keeps no requests: its configuration says so (`requestLog`).</p>
      ) : isFiltered ? (
        <p>
          No requests match. <a href={path}>Show all requests</a>
        </p>
      ) : (
        <p>
          <strong>No requests are kept.</strong> They show 10 to 20 seconds after their answer, for{" "}
          {secondsOf(keptMs / 1000)}. {key && <a href={`/keys/${key.id}/connect`}>Send one with this key</a>}
        </p>
      )}
    </section>
  );
}
