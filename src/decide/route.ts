/** Which route a request matches. An error is kept until the caller is known, so that nobody can list routes. */

import type { Gateway } from "../config/compile.ts";
import { type Route, routeOfMethod } from "../config/route-table.ts";
import type { Leniency, Match } from "../config/router.ts";
import type { Refusal } from "../errors.ts";
import { isEveryday, plainForm, readingsOf } from "./path.ts";

export interface RouteMatch {
  readonly route: Route;
  /** By name. */
  readonly params: Readonly<Record<string, string>>;
}

export function findRoute(method: string, path: string, router: Gateway["router"]): RouteMatch | Refusal {
  const match = router.find(path);
  const route = match && method !== "TRACE" ? routeOfMethod(match.routes, method) : undefined;
  const problem = isEveryday(path) && !router.hasCapitals ? undefined : ambiguityOf(path, match, route, router);
  if (problem) return { code: "path_ambiguous", problem };
  if (!match) return { code: "no_such_route" };
  if (!route) return { code: "method_not_allowed", allow: allowedMethods(match.routes) };
  return { route, params: route.params.length > 0 ? namedParams(route, match.params) : NO_PARAMS };
}

/** Why servers may differ in what the path names; `undefined` where they do not. */
function ambiguityOf(
  path: string,
  match: Match<Route> | undefined,
  route: Route | undefined,
  router: Gateway["router"],
): string | undefined {
  const readings = readingsOf(path);
  if ("problem" in readings) return readings.problem;
  const isSame = comparisonTo(match);
  for (const reading of readings) {
    // What is refused anyway need not be compared to what lenient servers find.
    const others = match ? router.findAll(reading, route ?? LENIENT) : [router.find(reading)];
    if (!others.every(isSame)) return "servers differ in how they read it, and so in what it names";
  }
  return undefined;
}

const LENIENT: Leniency = { ignoresCase: true, dropsSuffixes: true };

const NO_PARAMS = {};

function namedParams(route: Route, values: readonly string[]): RouteMatch["params"] {
  return Object.fromEntries(route.params.map((name, i) => [name, values[i] as string]));
}

/** Of a route that takes every method, the usual ones: only TRACE is refused there. */
const USUAL_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

export function allowedMethods(routes: readonly Route[]): string[] {
  return [...new Set(routes.flatMap(({ methods }) => [...(methods ?? USUAL_METHODS)]))].sort();
}

/** The routes of one path share its shape. What a parameter (a workspace!) names must not depend on the reading either. */
function comparisonTo(match: Match<Route> | undefined): (other: Match<Route> | undefined) => boolean {
  const shape = match?.routes[0]?.shape;
  const params = match?.params.map((value) => ({ value, plain: plainForm(value) })) ?? [];
  return (other) => {
    if (other?.routes[0]?.shape !== shape) return false;
    return params.every(({ value, plain }, at) => {
      const read = other?.params[at] ?? "";
      return read === value || plainForm(read) === plain;
    });
  };
}
