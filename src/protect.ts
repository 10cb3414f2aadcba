/** Hono middleware that protects routes of a team's own app: everything of the data plane, with the rest of the app as the origin. */

import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { compile, type Gateway } from "./config/compile.ts";
import { ConfigError } from "./config/problems.ts";
import type { GatewayConfig, RouteConfig } from "./config/types.ts";
import { NOWHERE, readUrl } from "./decide/bounds.ts";
import { endpointOf } from "./decide/endpoint.ts";
import { type Principal, reachOf } from "./decide/principal.ts";
import type { Env } from "./env.ts";
import { isRefusal } from "./errors.ts";
import type { DataPlane } from "./gateway/data-plane.ts";
import { Departure } from "./gateway/departure.ts";
import { clientOf } from "./gateway/edge.ts";
import { whileWanted } from "./gateway/origins/handlers.ts";
import type { Origin } from "./gateway/origins/origin.ts";
import { NO_RETRIES } from "./gateway/origins/retry.ts";
import { serve } from "./gateway/pipeline.ts";
import { newNotes } from "./gateway/visit.ts";

/** As in a route of the configuration. */
export type Protection = Omit<
  RouteConfig,
  "path" | "methods" | "origin" | "public" | "resource" | "workspace" | "forwardCredentials" | "digest"
> & {
  resource: string;
  /** For one in the path, compare `c.var.keygate.workspaceIds` with the parameter. */
  workspace?: Exclude<RouteConfig["workspace"], { param: string }>;
};

/** Who calls. */
export interface Caller {
  readonly keyId: string;
  readonly organizationId: string;
  readonly environment: string;
  readonly reach: "organization" | "workspace";
  /** `undefined`: every workspace of the organization. */
  readonly workspaceIds: readonly string[] | undefined;
  /** `undefined` if keys act as their organization. */
  readonly memberId: string | undefined;
  readonly role: string | undefined;
  readonly scopes: readonly string[];
  readonly requestId: string;
}

// biome-ignore lint/suspicious/noExplicitAny: each app has its own type of bindings
export type Protect = (protection: Protection) => MiddlewareHandler<{ Bindings: any; Variables: { keygate: Caller } }>;

const ORIGIN = "protected";

/** `planeOf`: the data plane of the gateway itself, whose leases and limits the protected routes share. */
export function protector(
  config: GatewayConfig,
  planeOf: (env: Env) => DataPlane,
  newRequestId: () => string,
): Protect {
  return (protection) => {
    const gatewayFor = gatewaysOf(config, protection);
    // A mistake in the protection fails when the Worker starts.
    gatewayFor("*");
    return async (c, next) => {
      const request = c.req.raw;
      const gateway = gatewayFor(routePath(c));
      const url = readUrl(request.url, gateway);
      const found = isRefusal(url) ? url : endpointOf(request, url, gateway);
      const endpoint = isRefusal(found) || found.environment ? found : ({ code: "unknown_host" } as const);
      const visit = {
        request,
        url: isRefusal(url) ? NOWHERE : url,
        requestId: newRequestId(),
        client: clientOf(request),
        waitUntil: (promise: Promise<unknown>) => c.executionCtx.waitUntil(promise),
        departure: new Departure(request.signal),
        notes: newNotes(),
      };
      const rest = async (outgoing: Request, principal: Principal | undefined) => {
        c.req.raw = outgoing;
        if (principal) c.set("keygate", callerOf(principal, visit.requestId));
        await next();
        return c.res;
      };
      const prefix = isRefusal(endpoint) ? "" : endpoint.baseUrl.prefix;
      const plane = { ...planeOf(c.env), gateway, originOf: () => originOf(rest, prefix) };
      const answer = serve(endpoint, plane, visit);
      // Another middleware can have replaced the request, and with it the signal that tells of a client that leaves.
      visit.waitUntil(answer);
      const response = await answer;
      // Otherwise Hono would put the headers of the app's answer over those of the gateway's.
      c.res = undefined;
      c.res = response;
    };
  };
}

/** The configuration with this one route, which the log and the usage name as the app does. */
function gatewaysOf(config: GatewayConfig, protection: Protection): (path: string) => Gateway {
  const known = new Map<string, Gateway>();
  return (path) => {
    const gateway = known.get(path) ?? compileProtection(config, protection);
    for (const route of gateway.routes) Object.assign(route, { path });
    known.set(path, gateway);
    return gateway;
  };
}

function compileProtection(config: GatewayConfig, protection: Protection): Gateway {
  try {
    return compile(withRoute(config, protection));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.problems.map((each) => ({ ...each, path: each.path.replace("routes[0]", "protect()") }));
    throw new ConfigError(problems, "A route of your app");
  }
}

function withRoute({ routes: _, ...config }: GatewayConfig, protection: Protection): GatewayConfig {
  const origin = { handler: ORIGIN, shared: true, assertion: false };
  const environments = Object.keys(config.environments);
  const origins = { [ORIGIN]: Object.fromEntries(environments.map((name) => [name, origin])) };
  return { ...config, origins, routes: [{ ...protection, path: "/*", origin: ORIGIN }] };
}

type Rest = (outgoing: Request, principal: Principal | undefined) => Promise<Response>;

/** The rest of the app, for one request. It gets the URL that the client called. */
function originOf(rest: Rest, prefix: string): Origin {
  return {
    name: ORIGIN,
    assertion: false,
    rewriteLocation: false,
    usesForwardedPrefix: undefined,
    // `next` can be called once.
    retries: NO_RETRIES,
    baseFor: (called) => called.origin + prefix,
    send: (outgoing, { signal, principal }) => whileWanted(signal, () => rest(outgoing, principal)),
  };
}

function callerOf({ subject, organization, member, environment, rights }: Principal, requestId: string): Caller {
  return {
    keyId: subject,
    organizationId: organization,
    environment,
    reach: reachOf(rights),
    workspaceIds: rights.workspaces && [...rights.workspaces].sort(),
    memberId: member?.id,
    role: member?.role,
    scopes: [...rights.effective].sort(),
    requestId,
  };
}
