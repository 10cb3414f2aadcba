/** The composition root: builds what the planes work with, and sends each request to its plane. */

import { KeyAuthority } from "./authority/authority.ts";
import { Courier } from "./authority/courier.ts";
import { authorityName } from "./authority/name.ts";
import { compile, type Gateway, type Route } from "./config/compile.ts";
import type { GatewayConfig } from "./config/types.ts";
import type { Control } from "./control/control.ts";
import { within } from "./deadline.ts";
import { type Env, serviceBinding } from "./env.ts";
import { isRefusal } from "./errors.ts";
import type { DataPlane } from "./gateway/data-plane.ts";
import { type ControlPlace, findEnvironment } from "./gateway/environment.ts";
import type { OriginFetch } from "./gateway/forward.ts";
import { Identifier } from "./gateway/identify.ts";
import { Leases } from "./gateway/lease.ts";
import { serve } from "./gateway/pipeline.ts";
import { createControlPlane } from "./management/control-plane.ts";
import { KeyFinder } from "./store/key-finder.ts";
import { parsePeppers } from "./store/peppers.ts";

/** How long a change waits for one authority to hear of it, before it is left to the courier. */
const TELL_DEADLINE_MS = 3_000;

/** Throws a `ConfigError` at start, and so fails the deployment, where the configuration is wrong. */
export function createGateway(config: GatewayConfig) {
  const gateway = compile(config);
  let planes: ReturnType<typeof buildPlanes> | undefined;

  const worker = {
    async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
      planes ??= buildPlanes(gateway, env);
      // `OPTIONS *` and a malformed Host come with a URL that cannot be parsed.
      const url = URL.parse(request.url) ?? new URL("http://unknown.invalid/");
      const place = findEnvironment(url, gateway);
      if (!isRefusal(place) && !place.environment) {
        return planes.control.fetch(belowBaseUrl(request, url, place), env, context);
      }
      return serve(place, planes.data, {
        request,
        url,
        requestId: newRequestId(),
        // Set by the edge; what a client says of it does not get this far.
        client: request.headers.get("cf-connecting-ip") ?? "",
        waitUntil: (promise) => context.waitUntil(promise),
      });
    },
  };
  return { worker, KeyAuthority: authorityOf(gateway), Courier };
}

function authorityOf(gateway: Gateway) {
  return class extends KeyAuthority {
    protected override readonly gateway = gateway;
  };
}

function buildPlanes(gateway: Gateway, env: Env) {
  const peppers = parsePeppers(env.KEYGATE_PEPPERS);
  const now = () => Date.now();
  const log = (line: string) => console.log(line);
  const authority = (environment: string, keyId: string) =>
    env.AUTHORITY.get(env.AUTHORITY.idFromName(authorityName(environment, keyId)));
  const control: Control = {
    db: env.DB,
    gateway,
    pepper: peppers[0],
    now,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    newId: (kind) => `${kind}_${crypto.randomUUID().replaceAll("-", "")}`,
    tellAuthority: (environment, keyId) =>
      within(TELL_DEADLINE_MS, authority(environment, keyId).recordChanged(environment, keyId)),
    callCourier: () => within(TELL_DEADLINE_MS, env.COURIER.get(env.COURIER.idFromName("courier")).call()),
  };
  const data: DataPlane = {
    gateway,
    identifier: new Identifier(new KeyFinder(env.KV, env.DB, peppers), env.LOOKUP_BUDGET, now),
    leases: new Leases((question) => authority(question.environment, question.keyId).ask(question), gateway, now),
    originFetch: (route, environment) => originFetch(env, route, environment),
    now,
    log,
  };
  return { control: createControlPlane({ control, rootTokens: env.KEYGATE_ROOT_TOKEN, newRequestId, log }), data };
}

function originFetch(env: Env, route: Route, environment: string): OriginFetch {
  const origin = route.origins[environment];
  if (origin && "service" in origin) {
    const service = serviceBinding(env, origin.service);
    if (!service) throw new Error(`the service binding ${origin.service} is missing`);
    return (request, init) => service.fetch(request, init);
  }
  return (request, init) => fetch(request, init);
}

function belowBaseUrl(request: Request, url: URL, place: ControlPlace): Request {
  return place.baseUrl.prefix ? new Request(`${url.origin}${place.path}${url.search}`, request) : request;
}

function newRequestId(): string {
  return `req_${crypto.randomUUID().replaceAll("-", "")}`;
}
