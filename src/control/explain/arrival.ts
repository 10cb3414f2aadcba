/** What the gateway knows of a request before it looks at the credential. */

import type { Gateway } from "../../config/compile.ts";
import type { Route } from "../../config/route-table.ts";
import type { InputLimits } from "../../config/schema.ts";
import { checkBounds, readUrl } from "../../decide/bounds.ts";
import { answerPreflight } from "../../decide/cors.ts";
import { hasKeyInUrl } from "../../decide/credentials.ts";
import { type DataEndpoint, findEndpoint } from "../../decide/endpoint.ts";
import { findRoute, type RouteMatch } from "../../decide/route.ts";
import { baseOf, targetOf } from "../../decide/target.ts";
import { handshakeRefusal } from "../../decide/upgrade.ts";
import { withoutSecrets } from "../../domain/secret.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { invalid } from "../validation.ts";
import { judge, type Step, skip } from "./explanation.ts";
import type { ExplainedRequest } from "./request.ts";

export interface Arrival {
  readonly request: ExplainedRequest;
  readonly endpoint: DataEndpoint | Refusal;
  /** `undefined` if there is no environment, and so no route to look for. */
  readonly match: RouteMatch | Refusal | undefined;
  readonly route: Route | undefined;
  readonly isPreflight: boolean;
  /** What the gateway refuses before all else. */
  readonly refusal: Refusal | undefined;
  readonly steps: readonly Step[];
}

export function arrive(request: ExplainedRequest, gateway: Gateway): Arrival | Refusal {
  const read = readUrl(request.url, gateway);
  if (isRefusal(read)) return arriveUnread(request, read);
  const endpoint = findEndpoint(request.parsedUrl, gateway);
  if (isRefusal(endpoint)) return arriveNowhere(request, endpoint, gateway);
  const { environment, path } = endpoint;
  if (!environment) return invalid("url", "is a URL of the control plane, which has no routes");
  const isPreflight = answerPreflight(request, path, gateway) !== undefined;
  const match = findRoute(request.method, path, gateway.router);
  const size = sizeRefusal(request, isRefusal(match) ? undefined : match.route.limits);
  const upgrade = handshakeRefusal(request);
  const refusal = size ?? upgrade ?? (isPreflight ? undefined : leakOf(request, gateway));
  return {
    request,
    endpoint,
    match,
    route: isRefusal(match) ? undefined : match.route,
    isPreflight,
    refusal,
    steps: [
      judge("base_url", undefined, `A base URL of ${environment.name}.`),
      judge("size", size, "Within the gateway's limits."),
      judgeUpgrade(upgrade),
      judge("path", refusalOf(match), isRefusal(match) ? "" : describeRoute(match.route)),
      judge("url", leakOf(request, gateway), "The URL has no key in it."),
    ],
  };
}

/** Where the origin would find it. */
export function forwardStep({ request, endpoint, route }: Arrival): Step {
  if (isRefusal(endpoint) || !route) return skip("origin", "There is no origin to forward to.");
  const settings = route.origins[endpoint.environment.name];
  const base = (settings && baseOf(settings)) ?? request.parsedUrl.origin;
  const { pathname } = new URL(targetOf(base, endpoint.path, request.parsedUrl));
  return judge(
    "origin",
    undefined,
    `Forwarded to the origin ${route.origin} as ${request.method} ${withoutSecrets(pathname)}.`,
  );
}

function arriveNowhere(request: ExplainedRequest, endpoint: Refusal, gateway: Gateway): Arrival {
  const steps = [
    judge("base_url", endpoint, ""),
    judge("size", sizeRefusal(request), "Within the gateway's limits."),
    judgeUpgrade(handshakeRefusal(request)),
    skip("path", "Without a base URL there are no routes."),
    judge("url", leakOf(request, gateway), "The URL has no key in it."),
  ];
  return { request, endpoint, match: undefined, route: undefined, isPreflight: false, refusal: endpoint, steps };
}

/** Nothing of such a URL is looked at. */
function arriveUnread(request: ExplainedRequest, refusal: Refusal): Arrival {
  const unread = "The gateway does not read a URL of this length.";
  const steps = [
    skip("base_url", unread),
    judge("size", refusal, ""),
    ...(["upgrade", "path", "url"] as const).map((check) => skip(check, unread)),
  ];
  return { request, endpoint: refusal, match: undefined, route: undefined, isPreflight: false, refusal, steps };
}

function judgeUpgrade(refusal: Refusal | undefined): Step {
  return judge("upgrade", refusal, "The request is not a WebSocket handshake, or it is a correct one.");
}

function sizeRefusal({ parsedUrl, headers }: ExplainedRequest, limits?: InputLimits): Refusal | undefined {
  return refusalOf(checkBounds(parsedUrl, headers, limits));
}

function leakOf({ parsedUrl }: ExplainedRequest, gateway: Gateway): Refusal | undefined {
  return hasKeyInUrl(parsedUrl, gateway) ? { code: "credentials_in_url" } : undefined;
}

function describeRoute({ path, public: isPublic }: Route): string {
  return isPublic ? `The route ${path}, which is public.` : `The route ${path}.`;
}

function refusalOf(value: unknown): Refusal | undefined {
  return isRefusal(value) ? value : undefined;
}
