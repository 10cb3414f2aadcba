/** The composition root: builds what the planes work with, and sends each request to its plane. */

import { KeyAuthority } from "./authority/authority.ts";
import { Courier } from "./authority/courier.ts";
import { authorityName } from "./authority/name.ts";
import { compile, type Gateway } from "./config/compile.ts";
import type { GatewayConfig } from "./config/types.ts";
import type { Control } from "./control/control.ts";
import { createControlPlane } from "./control-plane.ts";
import { within } from "./deadline.ts";
import { checkControlRequest, NOWHERE, readUrl } from "./decide/bounds.ts";
import { type ControlPlace, findEnvironment, type Place } from "./decide/environment.ts";
import { isAddress } from "./domain/address.ts";
import type { Answer } from "./domain/lease.ts";
import type { LimitState } from "./domain/limit-state.ts";
import { type Env, secret, serviceBinding } from "./env.ts";
import { isRefusal, type Refusal } from "./errors.ts";
import { ApiKeys } from "./gateway/admit/api-keys.ts";
import { CallTokens } from "./gateway/admit/call-tokens.ts";
import type { WaitUntil } from "./gateway/admit/flights.ts";
import { Identifier } from "./gateway/admit/identify.ts";
import { recordOfCaller } from "./gateway/admit/key-caller.ts";
import { Leases } from "./gateway/admit/lease.ts";
import { Lookups } from "./gateway/admit/lookups.ts";
import type { Keys } from "./gateway/admit/record.ts";
import { againIfReset } from "./gateway/admit/reset.ts";
import type { DataPlane } from "./gateway/data-plane.ts";
import { createAssert } from "./gateway/forward/assertion.ts";
import { answerJwks } from "./gateway/forward/jwks.ts";
import { signersFrom } from "./gateway/forward/signer.ts";
import { originsFrom } from "./gateway/origins/origins.ts";
import { serve } from "./gateway/pipeline.ts";
import { type GatewayApp, type GatewayFetch, gatewayApp } from "./gateway-app.ts";
import { hourly } from "./hourly.ts";
import type { Checks } from "./management/health.ts";
import { problemResponse } from "./problem.ts";
import { atBoundary, guard } from "./store/boundary.ts";
import { pingD1 } from "./store/health.ts";
import { KeyFinder } from "./store/key-finder.ts";
import { readKeyRecord } from "./store/key-records.ts";
import { parsePeppers } from "./store/peppers.ts";

/** How long a change waits for one authority to hear of it, before it is left to the courier. */
const TELL_DEADLINE_MS = 3_000;

/** Throws a `ConfigError` at start, and so fails the deployment, where the configuration is wrong. */
export function createGateway(config: GatewayConfig): GatewayApp {
  const gateway = compile(config);
  let planes: ReturnType<typeof buildPlanes> | undefined;

  async function fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    planes ??= buildPlanes(gateway, env);
    const read = readUrl(request.url, gateway);
    const url = isRefusal(read) ? NOWHERE : read;
    const jwks = answerJwks(request, url, gateway, planes.signers);
    if (isRefusal(jwks)) return problemResponse(jwks, newRequestId(), gateway.controlUrl, "keygate");
    if (jwks) return jwks;
    const place = isRefusal(read) ? read : findPlace(request, url, gateway);
    if (!isRefusal(place) && !place.environment) {
      context.waitUntil(planes.startHousekeeping());
      return planes.control.fetch(belowBaseUrl(request, url, place), env, context);
    }
    return serve(place, planes.data, {
      request,
      url,
      requestId: newRequestId(),
      client: clientOf(request),
      waitUntil: (promise) => context.waitUntil(promise),
    });
  }
  return gatewayApp(completing(fetch), { KeyAuthority: authorityOf(gateway), Courier: courierOf(gateway) });
}

/** The runtime ends a handler whose client resets its connection: it would log and count nothing, and leave what it began half done. */
function completing(fetch: GatewayFetch): GatewayFetch {
  return (request, env, context) => {
    const answer = fetch(request, env, context);
    context.waitUntil(answer);
    return answer;
  };
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

function buildPlanes(gateway: Gateway, env: Env) {
  const peppers = parsePeppers(env.KEYGATE_PEPPERS);
  const now = () => Date.now();
  const log = (line: string) => console.log(line);
  const signers = signersFrom(env.KEYGATE_SIGNING_KEYS, log);
  const db = guard("D1", env.DB, log);
  const object = (name: string) => env.AUTHORITY.get(env.AUTHORITY.idFromName(name));
  const asked = <T>(call: () => Promise<T>) => atBoundary("AUTHORITY", () => againIfReset(call), log);
  const authority = (environment: string, keyId: string) => object(authorityName(environment, keyId));
  const courier = (role: "courier" | "retention" | "tombstones") => env.COURIER.get(env.COURIER.idFromName(role));
  const finder = new KeyFinder(guard("KV", env.KV, log), db, peppers);
  const lookupBudget = guard("LOOKUP_BUDGET", env.LOOKUP_BUDGET, log);
  const lookups = new Lookups(lookupBudget, now);
  const inTime = <T>(call: () => Promise<T>) => within(TELL_DEADLINE_MS, againIfReset(call));
  const told = <T>(call: () => Promise<T>) => atBoundary("AUTHORITY", () => inTime(call), log);
  const heard = <T>(call: () => Promise<T>) => atBoundary("COURIER", () => inTime(call), log);
  const control: Omit<Control, "findSecret" | "look"> = {
    db,
    gateway,
    peppers,
    now,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    newId: (kind) => `${kind}_${crypto.randomUUID().replaceAll("-", "")}`,
    readLimits: (environment, keyId) =>
      told<readonly LimitState[] | Refusal>(() =>
        authority(environment, keyId).limitsOf(environment, keyId, gateway.plans),
      ),
    resetLimits: (environment, keyId) =>
      told<readonly LimitState[] | Refusal>(() =>
        authority(environment, keyId).resetLimits(environment, keyId, gateway.plans),
      ),
    tellAuthority: (environment, keyId) =>
      told(() => authority(environment, keyId).recordChanged(environment, keyId, gateway.plans)),
    callCourier: () => heard(() => courier("courier").call()),
    collectTombstones: () => heard(() => courier("tombstones").collectTombstones()),
    lastCleanup: () => heard(() => courier("retention").lastCleanup()),
  };
  const controlFor = (request: Request): Control => {
    const client = clientOf(request);
    return {
      ...control,
      findSecret: (secret) => lookups.findAgain(secret, client, () => finder.inD1(secret)),
      look: (name, read) => lookups.findAgain(name, client, read),
    };
  };
  const keys: Keys = {
    gateway,
    identifier: new Identifier(finder, lookupBudget, now),
    leases: new Leases(
      (question) => asked<Answer>(() => authority(question.environment, question.keyId).ask(question)),
      gateway,
      now,
    ),
    now,
  };
  const data: DataPlane = {
    gateway,
    schemes: [new ApiKeys(keys)],
    leases: keys.leases,
    originOf: originsFrom(gateway.routes, {
      fetch: (request, init) => fetch(request, init),
      services: (name) => serviceBinding(env, name),
      secrets: (name) => secret(env, name),
      now,
    }),
    assert: createAssert({ signers, now, newId: () => crypto.randomUUID(), log }),
    now,
    log,
  };
  const recordOfKey = (request: Request, waitUntil: WaitUntil) =>
    recordOfCaller(request.headers, keys, { client: clientOf(request), waitUntil }, (environment, keyId) =>
      readKeyRecord(db, environment, keyId),
    );
  const readAsset = async (name: string) => {
    const asset = await atBoundary("ASSETS", () => env.ASSETS.fetch(`https://assets.invalid/${name}`), log);
    return new Response(asset.body, asset);
  };
  const rootTokens = env.KEYGATE_ROOT_TOKEN;
  return {
    control: createControlPlane({
      gateway,
      now,
      controlFor,
      calls: new CallTokens(
        (name, question) => asked(() => object(name).askAccount(question)),
        gateway.leaseTtlMs,
        now,
      ),
      rootTokens,
      recordOfKey,
      readAsset,
      newRequestId,
      log,
      checks: checksOf(env),
    }),
    data,
    signers,
    startHousekeeping: hourly(
      () => Promise.allSettled([courier("retention").startRetention(), courier("tombstones").startTombstones()]),
      now,
    ),
  };
}

/** Each reads something that need not be there. */
function checksOf(env: Env): Checks {
  return {
    d1: () => pingD1(env.DB),
    kv: () => env.KV.get("readyz"),
    authority: () => env.AUTHORITY.get(env.AUTHORITY.idFromName("readyz")).ping(),
  };
}

/** Where a request of the control plane may not pass, the refusal: its own plane reads the whole URL before it can refuse. */
function findPlace({ headers }: Request, url: URL, gateway: Gateway): Place | Refusal {
  const place = findEnvironment(url, gateway);
  if (isRefusal(place) || place.environment) return place;
  return checkControlRequest(url, headers) ?? place;
}

function belowBaseUrl(request: Request, url: URL, place: ControlPlace): Request {
  return place.baseUrl.prefix ? new Request(`${url.origin}${place.path}${url.search}`, request) : request;
}

/** The address of the client, which the edge sets; empty where there is none, or something else, as on a server of one's own. */
function clientOf(request: Request): string {
  const told = request.headers.get("cf-connecting-ip");
  return told !== null && isAddress(told) ? told : "";
}

function newRequestId(): string {
  return `req_${crypto.randomUUID().replaceAll("-", "")}`;
}
