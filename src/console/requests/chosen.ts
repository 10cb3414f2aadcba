/** Which finished requests a list shows, as its URL says. */

import { REQUEST_SORT, type WantedRequests } from "../../control/requests/find.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { requestQuery } from "../../management/wire/requests.ts";
import type { PageRequest } from "../../store/pages.ts";
import type { FormField } from "../frame/mistakes.tsx";
import { pageIn } from "../frame/more.tsx";
import type { Visit } from "../frame/visit.ts";

/** In the order of the page. */
export const FILTERS: readonly FormField[] = [
  { id: "environment", label: "Environment" },
  { id: "reason", label: "Reason" },
  { id: "route", label: "Route" },
  { id: "key_id", label: "Key" },
];
/** In the list of one. */
export const FILTERS_OF_KEY = FILTERS.filter(({ id }) => id === "reason" || id === "route");

export function chosenIn({ req }: Visit, filters: readonly FormField[]): URLSearchParams {
  const query = req.query();
  const names = ["failed", ...filters.map(({ id }) => id)];
  return new URLSearchParams(names.flatMap((name) => (query[name] ? [[name, query[name]]] : [])) as [string, string][]);
}

export function listPath(path: string, chosen: URLSearchParams, change: Readonly<Record<string, string>>): string {
  const params = new URLSearchParams(chosen);
  for (const [name, value] of Object.entries(change)) {
    if (value === "") params.delete(name);
    else params.set(name, value);
  }
  return params.size === 0 ? path : `${path}?${params}`;
}

/** What a link writes for requests that no route matched. */
export const NO_ROUTE = "none";

export function wantedBy(c: Visit, chosen: URLSearchParams): { wanted: WantedRequests; page: PageRequest } | Refusal {
  const { failed, route, ...given } = Object.fromEntries(chosen);
  const query = check(requestQuery, {
    ...given,
    ...(route !== undefined && { route: route === NO_ROUTE ? "" : route }),
  });
  if (isRefusal(query)) return query;
  const page = pageIn(c, REQUEST_SORT);
  if (isRefusal(page)) return page;
  const { key_id: keyId, environment, reason } = query;
  const wanted = {
    keyId,
    environment,
    reason,
    route: query.route,
    failed: failed === undefined ? undefined : (true as const),
  };
  return { wanted: { ...wanted, organizationId: c.var.visitor.session.organizationId }, page };
}
