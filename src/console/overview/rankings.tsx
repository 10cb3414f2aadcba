/** What there was most of, as bars that lead to the requests or keys behind them. */

import { findKeys } from "../../control/access.ts";
import type { UsageSum } from "../../domain/usage-sums.ts";
import { type Code, ERRORS, isRefusal } from "../../errors.ts";
import { ranking } from "../frame/chart.tsx";
import { namesIn } from "../frame/directory.ts";
import { EnvironmentBadge } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";
import { NO_ROUTE } from "../requests/chosen.ts";

/** Rows of a ranking. */
export const TOP = 8;

export function Environments({ c, sums, days }: { c: Visit; sums: readonly UsageSum[]; days: string }) {
  const { gateway } = c.var.control;
  return (
    <Bars
      rows={ranking(sums, "environment")}
      show={(name) => <EnvironmentBadge name={name} gateway={gateway} />}
      path={(environment) => `/?${new URLSearchParams({ environment, days })}`}
    />
  );
}

interface RankingProps {
  readonly sums: readonly UsageSum[];
  readonly environment: string | undefined;
}

export function Refusals({ sums, environment }: RankingProps) {
  const refused = sums.filter(({ group }) => group.outcome !== "forwarded");
  return (
    <Bars
      rows={ranking(refused, "outcome")}
      show={(code) => (
        <>
          <code>{code}</code> {Object.hasOwn(ERRORS, code) && <span class="faint">{ERRORS[code as Code].title}</span>}
        </>
      )}
      path={(reason) => requestsPath({ reason, environment })}
    />
  );
}

export function TopRoutes({ sums, environment }: RankingProps) {
  return (
    <Bars
      rows={ranking(sums, "route")}
      show={(name) => (name ? <code>{name}</code> : "no route")}
      path={(route) => requestsPath({ route: route || NO_ROUTE, environment })}
    />
  );
}

export async function TopKeys({ c, sums }: { c: Visit; sums: readonly UsageSum[] }) {
  const top = ranking(sums, "key");
  const ids = top.map(({ name }) => name);
  const keys = await findKeys(c.var.control, c.var.visitor.caller, ids, "api_keys:read");
  const nameOf = namesIn([isRefusal(keys) ? [] : keys]);
  return <Bars rows={top} show={nameOf} path={(id) => `/keys/${id}`} />;
}

function requestsPath(filters: Readonly<Record<string, string | undefined>>): string {
  const set = Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return `/requests?${new URLSearchParams(set)}`;
}

interface BarsProps {
  readonly rows: readonly { readonly name: string; readonly requests: number }[];
  readonly show: (name: string) => unknown;
  readonly path: (name: string) => string;
}

function Bars({ rows, show, path }: BarsProps) {
  const most = rows[0]?.requests ?? 0;
  if (most === 0) return <p class="faint">None in this time.</p>;
  return (
    <ol class="ranks">
      {rows.slice(0, TOP).map(({ name, requests }) => (
        <li>
          <a href={path(name)}>
            <span>{show(name) as string}</span>
            <span class="number">
              {number(requests)}
              <span class="unseen"> requests</span>
            </span>
            <svg aria-hidden="true" class="rank" preserveAspectRatio="none" viewBox="0 0 100 1">
              <rect width={((100 * requests) / most).toFixed(1)} height="1" />
            </svg>
          </a>
        </li>
      ))}
    </ol>
  );
}
