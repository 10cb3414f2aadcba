/** Which workspace a request is about: the one that it names where its route says, if every origin reads the same there. */

import { plainName } from "../domain/header-names.ts";
import type { Rights } from "../domain/rights.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import type { CalledUrl } from "./bounds.ts";
import { valuesOfParameter } from "./query.ts";
import type { RouteMatch } from "./route.ts";

/** Where a request can name a workspace. */
export interface Naming {
  readonly request: Pick<Request, "method" | "headers">;
  readonly url: CalledUrl;
}

export function workspaceRefusal(rights: Rights, naming: Naming, match: RouteMatch): Refusal | undefined {
  const workspace = workspaceNamed(naming, match);
  if (workspace === undefined || isRefusal(workspace)) return workspace;
  if (rights.workspaces === undefined || rights.workspaces.has(workspace)) return undefined;
  return { code: "workspace_forbidden", workspace };
}

export function workspaceNamed(
  { request, url }: Naming,
  { route: { workspace: place }, params }: RouteMatch,
): string | Refusal | undefined {
  if (!place) return undefined;
  if ("param" in place) return params[place.param];
  if ("header" in place) return onlyOne(valuesOfHeader(request.headers, place.header));
  const { values, others, problem } = valuesOfParameter(url.search, place.query);
  if (problem) return { code: "query_ambiguous", problem };
  const named = onlyOne(values);
  if (isRefusal(named)) return named;
  const all = new Set([...values, ...others]);
  if (all.size > 1) return { code: "query_ambiguous", problem: "servers differ in which workspace it names" };
  const [workspace] = all;
  return workspace;
}

function onlyOne(values: readonly string[]): string | Refusal | undefined {
  return values.length > 1 ? { code: "workspace_repeated" } : values[0];
}

/** Several lines of one header arrive joined by a comma. */
function valuesOfHeader(headers: Headers, wanted: string): string[] {
  return [...headers]
    .filter(([name]) => plainName(name) === plainName(wanted))
    .flatMap(([, value]) => value.split(",").map((id) => id.trim()));
}
