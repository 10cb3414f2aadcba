/**
 * The journey of one request, in order:
 *
 *     environment → route → identify → lease → authorize → spend → strip → forward → respond → account
 *
 * Each step is a file of its own beside this one.
 */

import type { Route } from "../config/compile.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { account } from "./account.ts";
import { type Admission, admit } from "./admit.ts";
import type { Principal } from "./authorize.ts";
import { checkBounds } from "./bounds.ts";
import { answerPreflight } from "./cors.ts";
import { hasKeyInUrl, readCredential } from "./credentials.ts";
import type { DataPlane, Visit } from "./data-plane.ts";
import type { DataPlace } from "./environment.ts";
import { forward } from "./forward.ts";
import { respond } from "./respond.ts";
import { findRoute } from "./route.ts";

/** What is known of a request by the time that it is answered. */
interface Journey {
  outcome: Response | Refusal;
  route?: Route | undefined;
  admission?: Admission;
  originMs?: number;
}

export async function serve(place: DataPlace | Refusal, plane: DataPlane, visit: Visit): Promise<Response> {
  const begunAt = plane.now();
  const journey = await travel(place, plane, visit).catch((error): Journey => {
    plane.log(JSON.stringify({ request_id: visit.requestId, level: "error", message: `${(error as Error).stack}` }));
    return { outcome: { code: "internal_error" } };
  });
  const { outcome, route, admission, originMs = 0 } = journey;
  const environment = isRefusal(place) ? undefined : place.environment.name;
  const response = respond(outcome, visit.request, {
    requestId: visit.requestId,
    controlUrl: plane.gateway.controlUrl,
    realm: environment ?? "keygate",
    route,
    policies: admission?.policies ?? [],
    keyExpiresAt: admission?.key?.expiresAt,
    degraded: admission?.degraded ?? false,
    now: plane.now(),
  });
  account(
    {
      requestId: visit.requestId,
      method: visit.request.method,
      environment,
      route: route?.path,
      key: admission?.key,
      foundIn: admission?.foundIn,
      degraded: admission?.degraded,
      refusal: isRefusal(outcome) ? outcome.code : undefined,
      status: response.status,
      totalMs: plane.now() - begunAt,
      originMs,
    },
    plane.log,
  );
  return response;
}

async function travel(place: DataPlace | Refusal, plane: DataPlane, visit: Visit): Promise<Journey> {
  if (isRefusal(place)) return { outcome: place };
  const { request, url } = visit;
  const oversized = checkBounds(request);
  if (oversized) return { outcome: oversized };

  const preflight = answerPreflight(request, place.path, plane.gateway);
  if (preflight) return { outcome: preflight };

  const match = findRoute(request.method, place.path, plane.gateway.router);
  const route = isRefusal(match) ? undefined : match.route;
  if (hasKeyInUrl(url, plane.gateway)) return { outcome: { code: "credentials_in_url" }, route };
  if (route?.public) return pass(route, undefined, place, plane, visit);

  const credential = readCredential(request.headers, plane.gateway);
  if (isRefusal(credential)) return { outcome: credential, route };
  const asked = { request, url, environment: place.environment, client: visit.client, match };
  const admission = await admit(credential, asked, plane, visit);
  if (isRefusal(admission.outcome)) return { outcome: admission.outcome, route, admission };
  return { ...(await pass(admission.outcome.route, admission.outcome, place, plane, visit)), admission };
}

async function pass(
  route: Route,
  principal: Principal | undefined,
  place: DataPlace,
  plane: DataPlane,
  visit: Visit,
): Promise<Journey> {
  const sentAt = plane.now();
  const { request, url, client, requestId } = visit;
  const outcome = await forward(request, url, { route, principal, place, client, requestId }, plane.originFetch);
  return { outcome, route, originMs: plane.now() - sentAt };
}
