/**
 * The journey of one request, in order:
 *
 *     environment → route → identify → lease → authorize → spend → strip → forward → respond → account
 *
 * Each step has its own file.
 */

import type { Route } from "../config/route-table.ts";
import { othersRefusal, requiredScope } from "../decide/authorize.ts";
import { checkBounds } from "../decide/bounds.ts";
import { answerPreflight } from "../decide/cors.ts";
import { hasKeyInUrl } from "../decide/credentials.ts";
import type { DataEndpoint } from "../decide/endpoint.ts";
import { isUse } from "../decide/key-principal.ts";
import { otherTargetsOf } from "../decide/other-targets.ts";
import { findRoute } from "../decide/route.ts";
import { handshakeRefusal } from "../decide/upgrade.ts";
import { type Entry, messageLine } from "../domain/log-line.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { describeThrown } from "../thrown.ts";
import { entryOf } from "./account.ts";
import type { Admission } from "./admit/scheme.ts";
import { Watch } from "./admit/watch.ts";
import { respond } from "./answer/respond.ts";
import type { DataPlane } from "./data-plane.ts";
import { forward } from "./forward/forward.ts";
import type { Origin } from "./origins/origin.ts";
import type { Use } from "./reports/key-tally.ts";
import type { Visit } from "./visit.ts";

/** What is known of a request while it is on its way. */
interface Journey {
  route?: Route | undefined;
  admission?: Admission;
}

export async function serve(endpoint: DataEndpoint | Refusal, plane: DataPlane, visit: Visit): Promise<Response> {
  const begunAt = plane.now();
  const journey: Journey = {};
  let outcome: Response | Refusal;
  try {
    outcome = await travel(endpoint, plane, visit, journey);
  } catch (error) {
    outcome = fail(error, plane, visit);
  }
  visit.departure.settle();
  const endedAt = plane.now();
  const { route, admission } = journey;
  const environment = isRefusal(endpoint) ? undefined : endpoint.environment.name;
  const { onRefusal } = route ?? plane.gateway;
  const response = respond(outcome, visit.request, {
    requestId: visit.requestId,
    controlUrl: plane.gateway.controlUrl,
    realm: environment ?? "keygate",
    form: onRefusal && { onRefusal, log: plane.log },
    cors: route?.cors ?? (isRefusal(outcome) ? plane.gateway.cors : undefined),
    policies: admission?.policies ?? [],
    expiresAt: admission?.caller?.expiresAt,
    degraded: admission?.degraded ?? false,
    now: endedAt,
  });
  const entry = entryOf(visit, { outcome, response, environment, route, admission, begunAt, endedAt }, plane.gateway);
  plane.log(entry);
  plane.reporter.note(admission?.caller, entry, endedAt, visit);
  if (admission?.account) {
    const use = useOf(outcome, journey, entry, endedAt);
    plane.reporter.count(admission.account, use, endedAt, visit.waitUntil);
  }
  return response;
}

function fail(error: unknown, { log }: DataPlane, { requestId }: Visit): Refusal {
  log(messageLine("error", describeThrown(error), { request_id: requestId }));
  return { code: "internal_error" };
}

function useOf(outcome: Response | Refusal, { route, admission }: Journey, entry: Entry, now: number): Use {
  const caller = admission?.caller;
  const refusal = isRefusal(outcome) ? outcome : undefined;
  return {
    route: route?.path ?? "",
    outcome: refusal?.code ?? "forwarded",
    scope: refusal || !route ? undefined : requiredScope(route, entry.method),
    organizationId: caller?.organization,
    isUse: refusal ? caller !== undefined && isUse(refusal, caller, now) : true,
    entry,
  };
}

async function travel(
  endpoint: DataEndpoint | Refusal,
  plane: DataPlane,
  visit: Visit,
  journey: Journey,
): Promise<Response | Refusal> {
  if (isRefusal(endpoint)) return endpoint;
  const { request, url } = visit;
  const match = findRoute(request.method, endpoint.path, plane.gateway.router);
  const route = isRefusal(match) ? undefined : match.route;
  journey.route = route;
  const headerNames = checkBounds(url, request.headers, route?.limits);
  if (isRefusal(headerNames)) return headerNames;
  const malformed = headerNames.includes("upgrade") ? handshakeRefusal(request) : undefined;
  if (malformed) return malformed;

  const preflight = answerPreflight(request, endpoint.path, plane.gateway);
  if (preflight) {
    // It asks about another method, and so perhaps about another route.
    journey.route = undefined;
    return preflight;
  }

  if (hasKeyInUrl(url, plane.gateway)) return { code: "credentials_in_url" };
  const origin = route && plane.originOf(route, endpoint.environment.name);
  const others = origin && otherTargetsOf({ request, url, endpoint, headerNames, route, origin }, plane.gateway);
  if (!isRefusal(match) && match.route.public) {
    const refusal = othersRefusal(undefined, { request, url, others }, match);
    if (refusal) return refusal;
    const forwarding = { route: match.route, origin: origin as Origin, endpoint, headerNames, others };
    return forward({ ...forwarding, principal: undefined, watch: undefined }, visit, plane);
  }

  for (const scheme of plane.schemes) {
    const credential = scheme.read(request.headers);
    if (credential === undefined) continue;
    if (isRefusal(credential)) return credential;
    const asked = { request, url, environment: endpoint.environment, client: visit.client, match, others };
    const admission = await scheme.admit(credential, asked, visit);
    journey.admission = admission;
    const principal = admission.outcome;
    if (isRefusal(principal)) return principal;
    const watch = route?.watchRevocation
      ? new Watch(principal, route, () => scheme.readmit(credential, asked, visit), plane.now)
      : undefined;
    // Without a route it would have been refused.
    const found = { route: route as Route, origin: origin as Origin, principal, watch, endpoint, headerNames, others };
    return forward(found, visit, plane);
  }
  return { code: "credentials_missing" };
}
