/** Mistakes in routes: unknown names, no decision about who may call, and two routes for one request. */

import { isForgeable } from "../domain/header-names.ts";
import { actionOfMethod, type Resources } from "../domain/scope.ts";
import { parsePattern, shapeOf } from "./pattern.ts";
import { type ConfigProblem, didYouMean, pathText, problemAt, problemOf } from "./problems.ts";
import type { Config, RouteSettings } from "./schema.ts";

export function problemsOfRoutes(config: Config, resources: Resources): ConfigProblem[] {
  const shapes = config.routes.map(shapeOfRoute);
  return config.routes.flatMap((route, index) => [
    ...problemsOfPath(route, index),
    ...problemsOfOrigin(route, index, Object.keys(config.origins)),
    ...(route.public ? problemsOfPublicRoute(route, index) : problemsOfGuard(route, index, resources)),
    ...problemsOfDigest(route, index, config),
    ...problemsOfTie(config.routes, shapes, index),
  ]);
}

/** The methods that a route answers; `undefined` for every one that no other route of its path lists. */
export function methodsOf({ methods }: Pick<RouteSettings, "methods">): Set<string> | undefined {
  // https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2: HEAD is GET without the content.
  return methods && new Set(methods.includes("GET") ? [...methods, "HEAD"] : methods);
}

function problemsOfPath(route: RouteSettings, index: number): ConfigProblem[] {
  const pattern = parsePattern(route.path);
  if ("problem" in pattern) return [problemOf(["routes", index, "path"], pattern.problem)];
  const { workspace } = route;
  if (
    workspace &&
    "header" in workspace &&
    (isForgeable(workspace.header) || /^authorization$/i.test(workspace.header))
  ) {
    const remedy = "Choose another header: this one is never forwarded as the client sent it.";
    return [problemAt(["routes", index, "workspace", "header"], `is reserved: "${workspace.header}"`, remedy)];
  }
  if (!workspace || !("param" in workspace)) return [];
  const params = pattern.segments.flatMap((segment) => (segment.kind === "param" ? [segment.name] : []));
  if (params.includes(workspace.param)) return [];
  return [
    problemAt(
      ["routes", index, "workspace", "param"],
      `is not a parameter of the path "${route.path}"`,
      params.length > 0 ? didYouMean(workspace.param, params) : `Put :${workspace.param} into the path.`,
    ),
  ];
}

function problemsOfOrigin({ origin }: RouteSettings, index: number, origins: readonly string[]): ConfigProblem[] {
  if (origins.includes(origin)) return [];
  return [problemAt(["routes", index, "origin"], `is not an origin: "${origin}"`, didYouMean(origin, origins))];
}

function problemsOfPublicRoute(route: RouteSettings, index: number): ConfigProblem[] {
  return (["resource", "action", "workspace"] as const)
    .filter((field) => route[field] !== undefined)
    .map((field) =>
      problemAt(
        ["routes", index, field],
        "has no effect on a public route, which anyone can call",
        `Remove ${field}, or remove public so that callers need a key.`,
      ),
    );
}

function problemsOfGuard(route: RouteSettings, index: number, resources: Resources): ConfigProblem[] {
  if (route.resource === undefined) {
    const remedy = "Name the resource that a key needs a scope for, or set public: true to let anyone call it.";
    return [problemAt(["routes", index], "has neither a resource nor public: true", remedy)];
  }
  const resource = Object.hasOwn(resources, route.resource) ? resources[route.resource] : undefined;
  if (!resource) {
    const remedy = didYouMean(route.resource, Object.keys(resources));
    return [problemAt(["routes", index, "resource"], `is not a resource: "${route.resource}"`, remedy)];
  }
  const { action, methods = ["GET", "POST", "DELETE"] } = route;
  const needed = action === undefined ? methods.map(actionOfMethod) : [action];
  if (needed.some((each) => resource.actions.includes(each))) return [];
  const named = [...new Set(needed)].join(", ");
  const problem = `${action === undefined ? "is missing, and its default " : ""}is not an action of "${route.resource}": "${named}"`;
  return [problemAt(["routes", index, "action"], problem, didYouMean(named, resource.actions))];
}

function problemsOfDigest(route: RouteSettings, index: number, { origins }: Config): ConfigProblem[] {
  const asserts = Object.values(origins[route.origin] ?? {}).some(({ assertion }) => assertion);
  if (!route.digest || (asserts && !route.public)) return [];
  return [problemAt(["routes", index, "digest"], "has no effect, because requests have no assertion", "Leave it out.")];
}

function problemsOfTie(routes: readonly RouteSettings[], shapes: readonly unknown[], index: number): ConfigProblem[] {
  const route = routes[index] as RouteSettings;
  const rival = routes.findIndex((other, at) => at < index && shapes[at] === shapes[index] && overlap(other, route));
  if (rival < 0) return [];
  return [
    problemAt(
      ["routes", index],
      `answers requests that ${pathText(["routes", rival])} answers too`,
      "Remove one of the two, or give them different methods (GET includes HEAD).",
    ),
  ];
}

/** Paths that cannot be parsed are like no other. */
function shapeOfRoute({ path }: RouteSettings): unknown {
  const pattern = parsePattern(path);
  return "segments" in pattern ? shapeOf(pattern.segments) : Symbol(path);
}

/** A route that lists the method wins over one that lists none, so such two do not tie. */
function overlap(a: RouteSettings, b: RouteSettings): boolean {
  const [first, second] = [methodsOf(a), methodsOf(b)];
  return first && second ? !first.isDisjointFrom(second) : first === second;
}
