/**
 * CORS as the Fetch standard has it (https://fetch.spec.whatwg.org/#http-cors-protocol). On a route with CORS rules
 * only the gateway handles CORS; on other routes the origin does, and the gateway for its own errors.
 */

import type { Gateway } from "../config/compile.ts";
import type { Cors } from "../config/cors.ts";
import { isRefusal } from "../errors.ts";
import { findRoute } from "./route.ts";

/** The answer to a preflight request, where pages can call this path; `undefined` for any other request. Comes before authentication. */
export function answerPreflight(
  request: Pick<Request, "method" | "headers">,
  path: string,
  gateway: Gateway,
): Response | undefined {
  if (request.method !== "OPTIONS" || !request.headers.has("origin")) return undefined;
  const method = request.headers.get("access-control-request-method");
  const cors = method === null ? undefined : corsOf(method, path, gateway);
  if (!method || !cors) return undefined;
  const response = new Response(null, { status: 204 });
  addCorsHeaders(response.headers, request, cors);
  if (response.headers.has("access-control-allow-origin")) {
    response.headers.set("Access-Control-Allow-Methods", method);
    response.headers.set("Access-Control-Allow-Headers", cors.allowHeaders);
    response.headers.set("Access-Control-Max-Age", cors.maxAge);
  }
  return response;
}

/** Where pages can call the path, but nobody with this method, they can send the request, and read why it is refused. No origin gets it. */
function corsOf(method: string, path: string, { router, cors }: Gateway): Cors | undefined {
  // No page can send TRACE. `*`, told back, would allow every method.
  if (!/^[A-Z-]+$/.test(method) || method === "TRACE") return undefined;
  const match = findRoute(method, path, router);
  if (!isRefusal(match)) return match.route.cors;
  if (match.code !== "method_not_allowed") return undefined;
  return router.find(path)?.routes.some((route) => route.cors) ? cors : undefined;
}

/** For every answer to which these rules apply, errors included. */
export function addCorsHeaders(headers: Headers, request: Pick<Request, "headers">, cors: Cors): void {
  // Also without an Origin: a cache must not give this answer to a page.
  if (!VARIES_BY_ORIGIN.test(headers.get("vary") ?? "")) headers.append("Vary", "Origin");
  const origin = request.headers.get("origin");
  if (origin === null) return;
  const page = cors.pages.get(origin);
  if (!page && !cors.isForEveryPage) return;
  headers.set("Access-Control-Allow-Origin", page ? origin : "*");
  headers.set("Access-Control-Expose-Headers", cors.exposeHeaders);
  if (page?.credentials) headers.set("Access-Control-Allow-Credentials", "true");
}

const VARIES_BY_ORIGIN = /(?:^|,)\s*(?:origin|\*)\s*(?:,|$)/i;
