/** The routes in the form that requests are served from, and the router that finds them. */

import { type Cors, compileCors } from "./cors.ts";
import { parsePattern, shapeOf } from "./pattern.ts";
import { type Leniency, Router } from "./router.ts";
import { methodsOf } from "./routes.ts";
import type { Config, OriginSettings, RouteSettings } from "./schema.ts";

/** How a route's requests and answers pass; as configured. */
type Passage = Pick<
  RouteSettings,
  | "limits"
  | "timeoutSeconds"
  | "requestIdleSeconds"
  | "responseIdleSeconds"
  | "watchRevocation"
  | "rewriteLocation"
  | "onRequest"
  | "onResponse"
  | "onRefusal"
>;

export interface Route extends Passage, Leniency {
  /** As written in the configuration, and in logs. */
  readonly path: string;
  /** The same for the routes of one path. */
  readonly shape: string;
  readonly methods: ReadonlySet<string> | undefined;
  readonly params: readonly string[];
  /** The name of the service behind it, and where that is, by environment. */
  readonly origin: string;
  readonly origins: Readonly<Record<string, OriginSettings>>;
  readonly public: boolean;
  /** `undefined` for public routes only. */
  readonly resource: string | undefined;
  readonly action: string | undefined;
  readonly workspace: Config["routes"][number]["workspace"];
  readonly cors: Cors | undefined;
  readonly onAuthorityFailure: "closed" | "open";
  readonly forwardCredentials: boolean;
  /** Whether assertions hold the digest of the body. */
  readonly digest: boolean;
}

export function compileRoutes(config: Config): { readonly routes: readonly Route[]; readonly router: Router<Route> } {
  const routes: Route[] = [];
  const router = new Router<Route>();
  for (const route of config.routes) {
    const pattern = parsePattern(route.path);
    if ("problem" in pattern) throw new Error(`unchecked path ${route.path}`);
    const origins = config.origins[route.origin] as Record<string, OriginSettings>;
    const compiled: Route = {
      path: route.path,
      shape: shapeOf(pattern.segments),
      methods: methodsOf(route),
      params: pattern.segments.flatMap((segment) => (segment.kind === "param" ? [segment.name] : [])),
      origin: route.origin,
      origins,
      ignoresCase: Object.values(origins).some(({ caseSensitive }) => !caseSensitive),
      dropsSuffixes: Object.values(origins).some(({ formatSuffixes }) => formatSuffixes),
      public: route.public,
      resource: route.resource,
      action: route.action,
      workspace: route.workspace,
      cors: route.cors && compileCors(route.cors),
      onAuthorityFailure: route.onAuthorityFailure,
      forwardCredentials: route.forwardCredentials,
      digest: route.digest,
      limits: route.limits,
      timeoutSeconds: route.timeoutSeconds,
      requestIdleSeconds: route.requestIdleSeconds,
      responseIdleSeconds: route.responseIdleSeconds,
      watchRevocation: route.watchRevocation,
      rewriteLocation: route.rewriteLocation,
      onRequest: route.onRequest,
      onResponse: route.onResponse,
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
