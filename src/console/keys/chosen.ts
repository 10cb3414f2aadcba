/** What the key list shows, as its URL says: a link shares it. */

import type { WantedKeys } from "../../control/keys/list.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { readPage } from "../../management/paging.ts";
import { check } from "../../management/parse.ts";
import { keyPageQuery } from "../../management/wire/keys.ts";
import type { KeySort } from "../../store/key-list.ts";
import type { PageRequest } from "../../store/pages.ts";
import type { FormField } from "../frame/mistakes.tsx";
import type { Visit } from "../frame/visit.ts";
import { viewOf } from "./views.ts";

/** In the order of the page. */
export const FILTER_FIELDS: readonly FormField[] = [
  { id: "q", label: "Search" },
  { id: "environment", label: "Environment" },
  { id: "status", label: "Status" },
  { id: "reach", label: "Reach" },
  { id: "workspace_id", label: "Workspace" },
  { id: "permission", label: "Permission" },
  { id: "scope", label: "Granted scope" },
  { id: "member_id", label: "Created by" },
];
export const FILTERS = FILTER_FIELDS.map(({ id }) => id);

const PARAMS = ["view", ...FILTERS, "sort", "cursor", "before"];
export const DEFAULT_SORT: KeySort = "-created_at";
/** One more is read than a page shows. */
export const PAGE_SIZE = 50;

export interface Wanted {
  readonly keys: WantedKeys;
  readonly sort: KeySort;
  readonly page: PageRequest;
}

/** The list's own parameters, without empty ones. */
export function chosenIn(query: Readonly<Record<string, string>>): URLSearchParams {
  return new URLSearchParams(PARAMS.flatMap((name): [string, string][] => (query[name] ? [[name, query[name]]] : [])));
}

/** Where the first page of a list with these changes is; an empty text takes a parameter away. */
export function listPath(chosen: URLSearchParams, change: Readonly<Record<string, string>> = {}): string {
  const params = new URLSearchParams(chosen);
  for (const [name, value] of Object.entries({ cursor: "", before: "", ...change })) {
    if (value === "") params.delete(name);
    else params.set(name, value);
  }
  const query = String(params);
  return query === "" ? "/keys" : `/keys?${query}`;
}

export function wantedBy(c: Visit, chosen: URLSearchParams): Wanted | Refusal {
  const { view: named, before, ...given } = Object.fromEntries(chosen);
  const view = viewOf(named, c.var.control.gateway);
  const organization_id = c.var.visitor.session.organizationId;
  const sortOfView = view?.sort ?? DEFAULT_SORT;
  const asked = {
    sort: sortOfView,
    ...given,
    ...(before && { cursor: before }),
    organization_id,
    limit: String(PAGE_SIZE),
  };
  const query = check(keyPageQuery, asked);
  if (isRefusal(query)) return query;
  const page = readPage(query);
  if (isRefusal(page)) return page;
  const { environment, reach, permission, status, scope, q, sort } = query;
  const filters = {
    memberId: query.member_id,
    workspaceId: query.workspace_id,
    environment,
    reach,
    permission,
    status,
    scope,
    q,
  };
  const set = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
  return {
    keys: { ...view?.keys(c.var.control.now()), ...set, organizationId: query.organization_id },
    sort,
    page: before ? { limit: page.limit, after: undefined, before: page.after } : page,
  };
}
