/** The composition root: builds what the planes work with, and sends each request to its plane. */

import { KeyAuthority } from "./authority/authority.ts";
import { Courier } from "./authority/courier.ts";
import { objectsOf } from "./authority/objects.ts";
import { stubsOf } from "./authority/stubs.ts";
import { compile, type Gateway, jurisdictionsOf } from "./config/compile.ts";
import type { GatewayConfig } from "./config/types.ts";
import type { Control } from "./control/control.ts";
import { totalsReader } from "./control/traffic/read.ts";
import { createControlPlane } from "./control-plane.ts";
import { withDataPoints } from "./data-points.ts";
import { NOWHERE, readUrl } from "./decide/bounds.ts";
import { endpointOf } from "./decide/endpoint.ts";
import { type ClientPlace, nearestTo } from "./domain/location.ts";
import { requestId } from "./domain/request-id.ts";
import { type Env, secret, serviceBinding } from "./env.ts";
import { isRefusal } from "./errors.ts";
import { ApiKeys } from "./gateway/admit/api-keys.ts";
import { CallTokens } from "./gateway/admit/call-tokens.ts";
import { Identifier } from "./gateway/admit/identify.ts";
import { recordOfCaller } from "./gateway/admit/key-caller.ts";
import { Leases } from "./gateway/admit/lease.ts";
import { Lookups } from "./gateway/admit/lookups.ts";
import type { Keys } from "./gateway/admit/record.ts";
import type { DataPlane } from "./gateway/data-plane.ts";
import { Departure } from "./gateway/departure.ts";
import { clientOf } from "./gateway/edge.ts";
import { createAssert } from "./gateway/forward/assertion.ts";
import { serveJwks } from "./gateway/forward/jwks.ts";
import { signersFrom } from "./gateway/forward/signer.ts";
import { fetchOfHandler, type Handler, type Handlers, requireHandlers } from "./gateway/origins/handlers.ts";
import { originsFrom } from "./gateway/origins/origins.ts";
import { serve } from "./gateway/pipeline.ts";
import { Reporter } from "./gateway/reports/reporter.ts";
import { RequestReports } from "./gateway/reports/requests.ts";
import { newNotes, type Visit } from "./gateway/visit.ts";
import { type GatewayApp, gatewayApp } from "./gateway-app.ts";
import { hourly } from "./hourly.ts";
import { toConsole, toConsoleAndSpan } from "./log.ts";
import { protector } from "./protect.ts";
import { atBoundary, guard } from "./store/boundary.ts";
import { pingD1 } from "./store/health.ts";
import { jurisdictionCheck } from "./store/jurisdictions.ts";
import { KeyFinder } from "./store/key-finder.ts";
import { readKeyRecord } from "./store/key-records.ts";
import { parsePeppers } from "./store/peppers.ts";

export interface GatewayOptions {
  /** The origins of the configuration that are functions of this Worker, by their names. */
  readonly handlers?: Handlers;
}

/** Throws a `ConfigError` at start, and so fails the deployment, where the configuration is wrong. */
export function createGateway(config: GatewayConfig, { handlers = {} }: GatewayOptions = {}): GatewayApp {
  const gateway = compile(config);
  requireHandlers(gateway.routes, handlers);
  let planes: ReturnType<typeof buildPlanes> | undefined;

  const planesOf = (env: Env) => {
    planes ??= buildPlanes(gateway, handlers, env);
    return planes;
  };

  async function fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const planes = planesOf(env);
    const read = readUrl(request.url, gateway);
    const url = isRefusal(read) ? NOWHERE : read;
    const visit: Visit = {
      request,
      url,
      requestId: newRequestId(),
      client: clientOf(request),
      waitUntil: (promise) => context.waitUntil(promise),
      departure: new Departure(request.signal),
      notes: newNotes(),
    };
    const jwks = serveJwks(planes.data, planes.signers, visit);
    if (jwks) return jwks;
    const endpoint = isRefusal(read) ? read : endpointOf(request, url, gateway);
    if (!isRefusal(endpoint) && !endpoint.environment) {
      context.waitUntil(planes.startHousekeeping());
      const answer = Promise.resolve(planes.control.fetch(request, env, context));
      // What it changes is changed to the end.
      context.waitUntil(answer);
      return answer;
    }
    const answer = serve(endpoint, planes.data, visit);
    // The runtime ends a handler whose client resets its connection: it would log and count nothing, and leave what it began half done.
    visit.departure.keepAlive(() => context.waitUntil(answer));
    return answer;
  }
  const protect = protector(config, (env) => planesOf(env).data, newRequestId);
  return gatewayApp(fetch, protect, { KeyAuthority: authorityOf(gateway), Courier: courierOf(gateway) });
}

function authorityOf(gateway: Gateway) {
  return class extends KeyAuthority {
    protected override readonly gateway = gateway;
  };
}

function courierOf(gateway: Gateway) {
  return class extends Courier {
    protected override readonly gateway = gateway;
  };
}

function buildPlanes(gateway: Gateway, handlers: Handlers, env: Env) {
  const peppers = parsePeppers(env.KEYGATE_PEPPERS);
  const now = () => Date.now();
  const lines = gateway.marksSpans ? toConsoleAndSpan : toConsole;
  const log = gateway.writesDataPoints ? withDataPoints(lines, env.ANALYTICS) : lines;
  const signers = signersFrom(env.KEYGATE_SIGNING_KEYS, log);
  const db = guard("D1", env.DB, log);
  const objects = objectsOf(stubsOf(env, gateway), gateway, log);
  const finder = new KeyFinder(guard("KV", env.KV, log), db, peppers);
  const lookupBudget = guard("LOOKUP_BUDGET", env.LOOKUP_BUDGET, log);
  const lookups = new Lookups(lookupBudget, now);
  const leases = new Leases(objects.ask, gateway, now, {
    number: Math.floor(Math.random() * gateway.feeds),
    ask: objects.askFeed,
  });
  const { requestLog } = gateway;
  const reporter = new Reporter({
    send: objects.report,
    collectors: gateway.collectors,
    requests: requestLog.keptMs > 0 ? new RequestReports(gateway, requestLog.paths) : undefined,
    newId: () => crypto.randomUUID(),
    now,
    hear: (answer) => leases.hear(answer),
    afterRound: (accounts) => leases.giveBack(accounts),
  });
  const keys: Keys = { gateway, identifier: new Identifier(finder, lookupBudget, now), leases, now };
  const control: Omit<Control, "findSecret" | "look" | "nearCaller"> = {
    db,
    gateway,
    peppers,
    now,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    newId: (kind) => `${kind}_${crypto.randomUUID().replaceAll("-", "")}`,
    ...objects.forControl,
  };
  const data: DataPlane = {
    gateway,
    schemes: [new ApiKeys(keys)],
    leases,
    reporter,
    originOf: originsFrom(gateway.routes, {
      fetch: (request, init) => fetch(request, init),
      services: (name) => serviceBinding(env, name),
      handlers: (name) => fetchOfHandler(handlers[name] as Handler, env),
      secrets: (name) => secret(env, name),
      now,
    }),
    assert: createAssert({ signers, now, newId: () => crypto.randomUUID(), log }),
    now,
    log,
  };
  return {
    control: createControlPlane({
      gateway,
      now,
      controlFor: (request) => {
        const client = clientOf(request);
        return {
          ...control,
          nearCaller: nearestTo((request.cf ?? {}) as ClientPlace),
          findSecret: (secret) => lookups.findAgain(secret, client, () => finder.inD1(secret)),
          look: (name, read) => lookups.findAgain(name, client, read),
        };
      },
      calls: new CallTokens(objects.askAccount, gateway.leaseTtlMs, now),
      rootTokens: env.KEYGATE_ROOT_TOKEN,
      metricsTokens: env.KEYGATE_METRICS_TOKEN,
      readTotals: totalsReader(control),
      recordOfKey: (request, waitUntil) =>
        recordOfCaller(
          request.headers,
          keys,
          { client: clientOf(request), waitUntil },
          (environment, keyId) => readKeyRecord(db, environment, keyId),
          (account, { organization }) => reporter.use(account, organization.id, now(), waitUntil),
        ),
      readAsset: async (name, { headers }) => {
        const known = headers.get("if-none-match");
        const init = known === null ? {} : { headers: { "If-None-Match": known } };
        const asset = await atBoundary("ASSETS", () => env.ASSETS.fetch(`https://assets.invalid/${name}`, init), log);
        return new Response(asset.body, asset);
      },
      newRequestId,
      log,
      // Each reads something that need not be there.
      checks: {
        d1: () => pingD1(env.DB),
        kv: () => env.KV.get("readyz"),
        authority: objects.ping,
        jurisdiction: jurisdictionCheck(env.DB, jurisdictionsOf(gateway), log),
      },
    }),
    data,
    signers,
    startHousekeeping: hourly(objects.startHousekeeping, now),
  };
}

function newRequestId(): string {
  return requestId(Date.now(), crypto.randomUUID());
}
