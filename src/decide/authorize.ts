/** Whether this principal can make this request: environment, addresses, route, workspace and scope. Pure. */

import type { Environment, Gateway } from "../config/compile.ts";
import type { Route } from "../config/route-table.ts";
import { contains, parseAddress, parseRange } from "../domain/address.ts";
import type { Rights } from "../domain/rights.ts";
import { actionOfMethod, type Scope } from "../domain/scope.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import type { OtherTargets } from "./other-targets.ts";
import type { Principal } from "./principal.ts";
import type { RouteMatch } from "./route.ts";
import { type Naming, workspaceNamed, workspaceRefusal } from "./workspace.ts";

/** What the request asks for. */
export interface Asked extends Naming {
  readonly environment: Environment;
  /** The client's address at the edge; empty if it is unknown. */
  readonly client: string;
  readonly match: RouteMatch | Refusal;
  readonly others?: (() => OtherTargets) | undefined;
}

/** Why not; `undefined` if it can. Then `asked.match` is a route. */
export function authorize(principal: Principal, asked: Asked, gateway: Gateway): Refusal | undefined {
  const elsewhere =
    environmentRefusal(principal, asked.environment, gateway) ?? addressRefusal(principal, asked.client);
  if (elsewhere) return elsewhere;
  const { match } = asked;
  if (isRefusal(match)) return match;
  const { rights } = principal;
  return (
    workspaceRefusal(rights, asked, match) ??
    scopeRefusal(rights, match.route, asked.request.method) ??
    othersRefusal(rights, asked, match)
  );
}

/** The other resources that the request names: by the same origin, in the same workspace, and as much within the rights as its own. */
export function othersRefusal(
  rights: Rights | undefined,
  { request, url, others }: Pick<Asked, "request" | "url" | "others">,
  own: RouteMatch,
): Refusal | undefined {
  if (!others) return undefined;
  const { route } = own;
  for (const { field, url: named, match } of others().targets) {
    const forbidden = (problem: string): Refusal => ({ code: "target_forbidden", field, problem });
    if (isRefusal(match)) {
      if (match.code === "target_forbidden") return match;
      if (match.code === "path_ambiguous") return forbidden(`can be read in more than one way: ${match.problem}`);
      return forbidden(`matches no route that accepts ${request.method}`);
    }
    if (match.route.origin !== route.origin) return forbidden("is served by another service");
    if (!rights) {
      if (match.route.public) continue;
      return forbidden("needs a key, but this route does not read keys");
    }
    const refusal = workspaceRefusal(rights, { request, url: named }, match);
    if (refusal) return refusal;
    const mine = workspaceNamed({ request, url }, own);
    const theirs = workspaceNamed({ request, url: named }, match);
    if (mine !== undefined && theirs !== undefined && mine !== theirs) return forbidden("is in another workspace");
    const lacking = match.route.public ? undefined : scopeRefusal(rights, match.route, request.method);
    if (lacking) return lacking;
  }
  return undefined;
}

export function environmentRefusal(
  { environment }: Pick<Principal, "environment">,
  called: Environment,
  gateway: Gateway,
): Refusal | undefined {
  if (environment === called.name) return undefined;
  const baseUrl = gateway.environments[environment]?.url ?? "";
  return { code: "environment_mismatch", keyEnvironment: environment, baseUrl };
}

export function addressRefusal(
  { allowedAddresses }: Pick<Principal, "allowedAddresses">,
  client: string,
): Refusal | undefined {
  if (addressAllowed(allowedAddresses, client)) return undefined;
  return { code: "address_forbidden", address: client || "an unknown address" };
}

function addressAllowed(ranges: readonly string[], client: string): boolean {
  if (ranges.length === 0) return true;
  const address = parseAddress(client);
  if (!address) return false;
  return ranges.some((text) => {
    const range = parseRange(text);
    return range !== undefined && contains(range, address);
  });
}

export function requiredScope(route: Route, method: string): Scope {
  return `${route.resource}:${route.action ?? actionOfMethod(method)}`;
}

export function scopeRefusal(rights: Rights, route: Route, method: string): Refusal | undefined {
  const required = requiredScope(route, method);
  if (rights.effective.has(required)) return undefined;
  return {
    code: "scope_missing",
    required,
    effective: [...rights.effective].sort(),
    lacking: rights.lacking(required),
  };
}
