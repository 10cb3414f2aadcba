/** Step 2: which route a request falls under. What is wrong with it is kept until the caller is known, so that nobody can list routes. */

import type { Gateway, Route } from "../config/compile.ts";
import type { Match } from "../config/router.ts";
import type { Refusal } from "../errors.ts";
import { plainForm, readingsOf } from "./path.ts";

export interface RouteMatch {
  readonly route: Route;
  /** By name. */
  readonly params: Readonly<Record<string, string>>;
}

export function findRoute(method: string, path: string, router: Gateway["router"]): RouteMatch | Refusal {
  const match = router.find(path);
  const readings = readingsOf(path);
  if ("problem" in readings) return { code: "path_ambiguous", problem: readings.problem };
  if (readings.length > 0 && !isSameInAll(readings, match, router)) {
    return { code: "path_ambiguous", problem: "servers differ in how they read it, and so in what it names" };
  }
  if (!match) return { code: "no_such_route" };
  const route = method === "TRACE" ? undefined : routeOfMethod(match.routes, method);
  if (!route) return { code: "method_not_allowed", allow: allowedMethods(match.routes) };
  return { route, params: route.params.length > 0 ? namedParams(route, match.params) : NO_PARAMS };
}

const NO_PARAMS = {};

function namedParams(route: Route, values: readonly string[]): RouteMatch["params"] {
  return Object.fromEntries(route.params.map((name, i) => [name, values[i] as string]));
}

/** A route that lists the method comes before one that takes any. */
export function routeOfMethod(routes: readonly Route[], method: string): Route | undefined {
  return routes.find(({ methods }) => methods?.has(method)) ?? routes.find(({ methods }) => methods === undefined);
}

function allowedMethods(routes: readonly Route[]): string[] {
  return [...new Set(routes.flatMap(({ methods }) => [...(methods ?? [])]))].sort();
}

/** The routes of one path share its shape. What a parameter (a workspace!) names must not depend on the reading either. */
function isSameInAll(readings: readonly string[], match: Match<Route> | undefined, router: Gateway["router"]): boolean {
  const shape = match?.routes[0]?.shape;
  const params = (match?.params ?? []).map(plainForm);
  return readings.every((reading) => {
    const other = router.find(reading);
    if (other?.routes[0]?.shape !== shape) return false;
    return params.every((value, i) => value === plainForm(other?.params[i] ?? ""));
  });
}
