/** The routes in the form that requests are served from, and the router that finds them. */

import { type Cors, compileCors } from "./cors.ts";
import { parsePattern, shapeOf } from "./pattern.ts";
import { type Leniency, Router } from "./router.ts";
import { methodsOf } from "./routes.ts";
import type { Config, OriginSettings, RouteSettings } from "./schema.ts";

/** As configured, and what follows from that. A public route has no resource. */
export interface Route extends Readonly<Omit<RouteSettings, "methods" | "cors">>, Leniency {
  /** The same for the routes of one path. */
  readonly shape: string;
  readonly methods: ReadonlySet<string> | undefined;
  readonly params: readonly string[];
  /** Where the origin is, by environment. */
  readonly origins: Readonly<Record<string, OriginSettings>>;
  readonly cors: Cors | undefined;
}

export function compileRoutes(config: Config): { readonly routes: readonly Route[]; readonly router: Router<Route> } {
  const routes: Route[] = [];
  const router = new Router<Route>();
  for (const route of config.routes) {
    const pattern = parsePattern(route.path);
    if ("problem" in pattern) throw new Error(`unchecked path ${route.path}`);
    const origins = config.origins[route.origin] as Record<string, OriginSettings>;
    const compiled: Route = {
      ...route,
      shape: shapeOf(pattern.segments),
      methods: methodsOf(route),
      params: pattern.segments.flatMap((segment) => (segment.kind === "param" ? [segment.name] : [])),
      origins,
      ignoresCase: Object.values(origins).some(({ caseSensitive }) => !caseSensitive),
      dropsSuffixes: Object.values(origins).some(({ formatSuffixes }) => formatSuffixes),
      cors: route.cors && compileCors(route.cors),
      onRefusal: route.onRefusal ?? config.onRefusal,
    };
    routes.push(compiled);
    router.add(pattern.segments, compiled);
  }
  return { routes, router };
}

/** A route that lists the method comes before one that takes any. */
export function routeOfMethod(routes: readonly Route[], method: string): Route | undefined {
  return routes.find(({ methods }) => methods?.has(method)) ?? routes.find(({ methods }) => methods === undefined);
}
