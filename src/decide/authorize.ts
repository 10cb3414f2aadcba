/** Whether this key can make this request: whether it is active, then its environment, addresses, route, workspace and scope. Pure. */

import type { Environment, Gateway } from "../config/compile.ts";
import type { Route } from "../config/route-table.ts";
import { contains, parseAddress, parseRange } from "../domain/address.ts";
import { type KeyRecord, lifelessnessOf, secretExpired } from "../domain/key.ts";
import { type Rights, rightsOf } from "../domain/rights.ts";
import type { Scope } from "../domain/scope.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import type { OtherTargets } from "./other-targets.ts";
import type { RouteMatch } from "./route.ts";
import { workspaceNamed, workspaceRefusal } from "./workspace.ts";

/** Who a request is from and what they can do. The later steps, and the origin, rely on it. */
export interface Principal {
  readonly route: Route;
  readonly key: KeyRecord;
  readonly rights: Rights;
}

/** What the request asks for. */
export interface Asked {
  readonly request: Pick<Request, "method" | "headers">;
  readonly url: URL;
  readonly environment: Environment;
  /** The client's address at the edge; empty if it is unknown. */
  readonly client: string;
  readonly match: RouteMatch | Refusal;
  readonly others?: (() => OtherTargets) | undefined;
}

export function authorize(
  key: KeyRecord,
  secretHash: string,
  asked: Asked,
  gateway: Gateway,
  now: number,
): Principal | Refusal {
  const lifeless = lifelessnessOf(key, gateway.policy.actAs === "member", now);
  if (lifeless) return { code: lifeless };
  if (secretExpired(key, secretHash, now)) return { code: "key_expired" };
  const elsewhere = environmentRefusal(key, asked.environment, gateway) ?? addressRefusal(key, asked.client);
  if (elsewhere) return elsewhere;
  if (isRefusal(asked.match)) return asked.match;
  const { route } = asked.match;
  const rights = rightsFor(key, gateway);
  return (
    workspaceRefusal(rights, asked, asked.match) ??
    scopeRefusal(rights, route, asked.request.method) ??
    othersRefusal(rights, asked, asked.match) ?? { route, key, rights }
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
      return forbidden(`falls under no route that takes ${request.method}`);
    }
    if (match.route.origin !== route.origin) return forbidden("is served by another service");
    if (!rights) {
      if (match.route.public) continue;
      return forbidden("needs a key, and this route reads none");
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

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1: the safe methods read. */
export function actionOfMethod(method: string): string {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return "read";
  return method === "DELETE" ? "delete" : "write";
}

export function environmentRefusal(key: KeyRecord, called: Environment, gateway: Gateway): Refusal | undefined {
  if (key.environment === called.name) return undefined;
  const baseUrl = gateway.environments[key.environment]?.url ?? "";
  return { code: "environment_mismatch", keyEnvironment: key.environment, baseUrl };
}

export function addressRefusal(key: KeyRecord, client: string): Refusal | undefined {
  if (addressAllowed(key, client)) return undefined;
  return { code: "address_forbidden", address: client || "an unknown address" };
}

function addressAllowed(key: KeyRecord, client: string): boolean {
  if (key.allowedAddresses.length === 0) return true;
  const address = parseAddress(client);
  if (!address) return false;
  return key.allowedAddresses.some((text) => {
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

/** Computed once for each record, which is kept as long as its lease. */
function rightsFor(key: KeyRecord, gateway: Gateway): Rights {
  const known = RIGHTS.get(key);
  if (known) return known;
  const rights = rightsOf(key, gateway.policy);
  RIGHTS.set(key, rights);
  return rights;
}

const RIGHTS = new WeakMap<KeyRecord, Rights>();
