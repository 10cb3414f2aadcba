/** The routes in the form that requests are served from, and the router that finds them. */

import type { Gateway, Route } from "./compile.ts";
import { compileCors } from "./cors.ts";
import { parsePattern, shapeOf } from "./pattern.ts";
import { Router } from "./router.ts";
import { methodsOf } from "./routes.ts";
import type { Config, OriginSettings } from "./schema.ts";

export function compileRoutes(config: Config): Pick<Gateway, "routes" | "router"> {
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
