/** What there was most of, as bars that lead to the requests or keys behind them. */

import { findKeys } from "../../control/access.ts";
import type { UsageSum } from "../../domain/usage-sums.ts";
import { isRefusal } from "../../errors.ts";
import { ranking } from "../frame/chart.tsx";
import { namesIn } from "../frame/directory.ts";
import { EnvironmentBadge } from "../frame/parts.tsx";
import { Bars, Reasons } from "../frame/ranks.tsx";
import type { Visit } from "../frame/visit.ts";
import { NO_ROUTE } from "../requests/chosen.ts";

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
  return <Reasons sums={sums} path={(reason) => requestsPath({ reason, environment })} />;
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
