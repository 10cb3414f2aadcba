/** A data plane over the real D1, KV and authorities, with a clock, an origin and a log of the test's own. */

import { env } from "cloudflare:workers";
import { compile } from "../../src/config/compile.ts";
import type { Refusal } from "../../src/errors.ts";
import type { DataPlane } from "../../src/gateway/data-plane.ts";
import { type DataPlace, findEnvironment } from "../../src/gateway/environment.ts";
import type { OriginFetch } from "../../src/gateway/forward.ts";
import { Identifier } from "../../src/gateway/identify.ts";
import { type AskAuthority, Leases } from "../../src/gateway/lease.ts";
import { serve } from "../../src/gateway/pipeline.ts";
import { KeyFinder } from "../../src/store/key-finder.ts";
import { askAuthority } from "../authority/ask.ts";
import { newId, peppers, type SeededKey } from "../helpers/workerd.ts";
import { CONFIG } from "./config.ts";

export const gateway = compile(CONFIG);
export const PRODUCTION = "https://api.test/v1";
export const SANDBOX = "https://sandbox.test/v1";

export interface PlaneOptions {
  now?: () => number;
  originFetch?: OriginFetch;
  db?: D1Database;
  kv?: KVNamespace;
  lookupBudget?: RateLimit;
  ask?: AskAuthority;
}

/** What one isolate has, as src/app.ts builds it. */
export interface TestPlane extends DataPlane {
  readonly lines: string[];
  /** What origins were sent. */
  readonly sent: Request[];
}

export function buildPlane(options: PlaneOptions = {}): TestPlane {
  const { now = () => Date.now(), originFetch = () => Promise.resolve(new Response("from the origin")) } = options;
  const lines: string[] = [];
  const sent: Request[] = [];
  const finder = new KeyFinder(options.kv ?? env.KV, options.db ?? env.DB, peppers);
  return {
    gateway,
    identifier: new Identifier(finder, options.lookupBudget ?? env.LOOKUP_BUDGET, now),
    leases: new Leases(options.ask ?? askAuthority, gateway, now),
    originFetch:
      () =>
      (...sending) => {
        sent.push(sending[0]);
        return originFetch(...sending);
      },
    now,
    log: (line) => lines.push(line),
    lines,
    sent,
  };
}

export interface Client {
  address?: string;
  waitUntil?: (promise: Promise<unknown>) => void;
}

/** Sends a request through the data plane. */
export function send(plane: DataPlane, request: Request, client: Client = {}): Promise<Response> {
  const url = new URL(request.url);
  return serve(findEnvironment(url, plane.gateway) as DataPlace | Refusal, plane, {
    request,
    url,
    requestId: newId("req"),
    client: client.address ?? "192.0.2.1",
    waitUntil: client.waitUntil ?? (() => {}),
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
