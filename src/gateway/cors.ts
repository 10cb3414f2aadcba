/** CORS as the Fetch standard has it (https://fetch.spec.whatwg.org/#http-cors-protocol), by the route's own rules. */

import type { Gateway, Route } from "../config/compile.ts";
import type { CorsSettings } from "../config/schema.ts";
import { isRefusal } from "../errors.ts";
import { findRoute } from "./route.ts";

/** The answer to a preflight request for a route that allows other origins; `undefined` for any other request. Comes before authentication. */
export function answerPreflight(
  request: Pick<Request, "method" | "headers">,
  path: string,
  gateway: Gateway,
): Response | undefined {
  if (request.method !== "OPTIONS" || !request.headers.has("origin")) return undefined;
  const method = request.headers.get("access-control-request-method");
  if (method === null) return undefined;
  const match = findRoute(method, path, gateway.router);
  if (isRefusal(match) || !match.route.cors) return undefined;
  const response = new Response(null, { status: 204 });
  addCorsHeaders(response.headers, request, match.route);
  const { headers, maxAgeSeconds } = match.route.cors;
  if (response.headers.has("access-control-allow-origin")) {
    response.headers.set("Access-Control-Allow-Methods", method);
    response.headers.set("Access-Control-Allow-Headers", ["Authorization", "Content-Type", ...headers].join(", "));
    response.headers.set("Access-Control-Max-Age", String(maxAgeSeconds));
  }
  return response;
}

/** For every answer of a route that allows other origins, errors included. */
export function addCorsHeaders(headers: Headers, request: Pick<Request, "headers">, route: Route | undefined): void {
  if (!route?.cors) return;
  // Also without an Origin: a cache must not give this answer to a page.
  headers.append("Vary", "Origin");
  const origin = request.headers.get("origin");
  const allowed = origin === null ? undefined : allowedOrigin(route.cors, origin);
  if (!allowed) return;
  headers.set("Access-Control-Allow-Origin", allowed);
  headers.set("Access-Control-Expose-Headers", [...OWN_RESPONSE_HEADERS, ...route.cors.exposeHeaders].join(", "));
  if (route.cors.credentials) headers.set("Access-Control-Allow-Credentials", "true");
}

const OWN_RESPONSE_HEADERS = ["X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After", "Keygate-Key-Expires"];

function allowedOrigin({ origins }: CorsSettings, origin: string): string | undefined {
  if (origins === "*") return "*";
  return origins.includes(origin) ? origin : undefined;
}
