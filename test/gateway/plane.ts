/** A data plane over the real D1, KV and authorities, with a clock, an origin and a log of the test's own. */

import { env } from "cloudflare:workers";
import { compile, type Gateway } from "../../src/config/compile.ts";
import type { Route } from "../../src/config/route-table.ts";
import { NOWHERE, readUrl } from "../../src/decide/bounds.ts";
import type { Credential } from "../../src/decide/credentials.ts";
import { type DataEndpoint, findEndpoint } from "../../src/decide/endpoint.ts";
import type { LogLine } from "../../src/domain/log-line.ts";
import { isRefusal, type Refusal } from "../../src/errors.ts";
import { ApiKeys } from "../../src/gateway/admit/api-keys.ts";
import type { WaitUntil } from "../../src/gateway/admit/flights.ts";
import { Identifier } from "../../src/gateway/admit/identify.ts";
import { type AskAuthority, Leases } from "../../src/gateway/admit/lease.ts";
import type { DataPlane } from "../../src/gateway/data-plane.ts";
import { Departure } from "../../src/gateway/departure.ts";
import { createAssert } from "../../src/gateway/forward/assertion.ts";
import { type Signers, signersFrom } from "../../src/gateway/forward/signer.ts";
import type { OriginFetch } from "../../src/gateway/origins/origin.ts";
import { type OriginOf, originsFrom } from "../../src/gateway/origins/origins.ts";
import { serve } from "../../src/gateway/pipeline.ts";
import { Reporter, type ReporterOptions } from "../../src/gateway/reports/reporter.ts";
import { newNotes } from "../../src/gateway/visit.ts";
import { KeyFinder } from "../../src/store/key-finder.ts";
import type { Pepper } from "../../src/store/peppers.ts";
import { askAuthority } from "../authority/ask.ts";
import { reportTo } from "../authority/collect.ts";
import { written } from "../helpers/line-contract.ts";
import { newId, peppers, type SeededKey } from "../helpers/workerd.ts";
import { CONFIG } from "./config.ts";

const GATEWAY = compile(CONFIG);

export { GATEWAY as gateway };
export const PRODUCTION = "https://api.test/v1";
export const SANDBOX = "https://sandbox.test/v1";

export interface PlaneOptions {
  /** Default: of `CONFIG`. */
  gateway?: Gateway;
  now?: () => number;
  originFetch?: OriginFetch;
  db?: D1Database;
  kv?: KVNamespace;
  lookupBudget?: RateLimit;
  ask?: AskAuthority;
  /** Default: to the collectors of the environment. */
  report?: ReporterOptions["send"];
  /** How long what is counted waits for its report; tests that wait for all work after the answer do not wait for that. */
  reportAfterMs?: number;
  /** Whether unspent tokens go back after a report, which takes until their lease is over. Default: yes. */
  givesBack?: boolean;
  /** Default: those of the environment. */
  signers?: Signers;
  /** Default: the one of the environment. */
  peppers?: readonly [Pepper, ...Pepper[]];
}

/** What one isolate has, as src/app.ts builds it. */
export interface TestPlane extends DataPlane {
  readonly lines: string[];
  /** What origins were sent. */
  readonly sent: Request[];
  /** Waits for what the finding of keys goes on with after the answers. */
  readonly lookedUp: () => Promise<unknown>;
}

class WatchedIdentifier extends Identifier {
  readonly pending: Promise<unknown>[] = [];

  override identify(credential: Credential, client: string, waitUntil: WaitUntil) {
    return super.identify(credential, client, this.#watched(waitUntil));
  }

  override identifyAnew(credential: Credential, client: string, waitUntil: WaitUntil) {
    return super.identifyAnew(credential, client, this.#watched(waitUntil));
  }

  #watched(waitUntil: WaitUntil): WaitUntil {
    return (work) => {
      this.pending.push(work);
      waitUntil(work);
    };
  }
}

export function buildPlane(options: PlaneOptions = {}): TestPlane {
  const { now = () => Date.now(), originFetch = () => Promise.resolve(new Response("from the origin")) } = options;
  const { gateway = GATEWAY } = options;
  const lines: string[] = [];
  const sent: Request[] = [];
  const log = (line: LogLine) => void lines.push(written(line));
  const finder = new KeyFinder(options.kv ?? env.KV, options.db ?? env.DB, options.peppers ?? peppers);
  const identifier = new WatchedIdentifier(finder, options.lookupBudget ?? env.LOOKUP_BUDGET, now);
  const leases = new Leases(options.ask ?? askAuthority, gateway, now);
  const reporter = new Reporter({
    ...{ send: options.report ?? reportTo, collectors: gateway.collectors, newId: () => newId("iso"), now },
    ...(options.givesBack !== false && { afterRound: (accounts) => leases.giveBack(accounts) }),
    reportAfterMs: options.reportAfterMs,
  });
  return {
    gateway,
    reporter,
    schemes: [new ApiKeys({ gateway, identifier, leases, now })],
    leases,
    originOf: originsOf(gateway.routes, (...sending) => {
      sent.push(sending[0]);
      return originFetch(...sending);
    }),
    assert: createAssert({
      signers: options.signers ?? signersFrom(env.KEYGATE_SIGNING_KEYS, log),
      now,
      newId: () => newId("jti"),
      log,
    }),
    now,
    log,
    lines,
    sent,
    lookedUp: () => Promise.all(identifier.pending),
  };
}

/** All answered by `send`, wherever they are. */
export function originsOf(routes: readonly Route[], send: OriginFetch): OriginOf {
  return originsFrom(routes, {
    fetch: send,
    services: () => ({ fetch: send }),
    handlers: () => send,
    secrets: () => "secret",
    now: Date.now,
  });
}

export interface Client {
  address?: string;
  waitUntil?: (promise: Promise<unknown>) => void;
}

/** Sends a request through the data plane. */
export function send(plane: DataPlane, request: Request, client: Client = {}): Promise<Response> {
  const read = readUrl(request.url, plane.gateway);
  const endpoint = isRefusal(read) ? read : (findEndpoint(read, plane.gateway) as DataEndpoint | Refusal);
  return serve(endpoint, plane, {
    request,
    url: isRefusal(read) ? NOWHERE : read,
    requestId: newId("req"),
    client: client.address ?? "192.0.2.1",
    waitUntil: client.waitUntil ?? (() => {}),
    departure: new Departure(request.signal),
    notes: newNotes(),
  });
}

/** A request with a key to the key's environment. */
export function requestWith(key: SeededKey, path: string, init: RequestInit = {}): Request {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${key.secret}`);
  return new Request(`${key.environment === "production" ? PRODUCTION : SANDBOX}${path}`, { ...init, headers });
}

export async function codeOf(response: Response): Promise<string> {
  if (response.status < 400) return `${response.status}`;
  return ((await response.json()) as { code: string }).code;
}
