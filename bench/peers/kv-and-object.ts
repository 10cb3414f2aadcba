/**
 * A peer: a gateway that reads KV and asks one object for each request. It does to requests and answers what Keygate does. Its object counts
 * in memory, so that it loses its count with each restart: the least that such a gateway can do.
 */

import { DurableObject } from "cloudflare:workers";
import equal from "../workers/equal.ts";

interface Env {
  readonly KV: KVNamespace;
  readonly COUNTER: DurableObjectNamespace<Counter>;
  readonly ORIGIN: { fetch: typeof fetch };
}

const LIMIT = 10_000;

export class Counter extends DurableObject<Env> {
  #left = LIMIT;
  #second = 0;

  take(): boolean {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) [this.#second, this.#left] = [second, LIMIT];
    this.#left -= 1;
    return this.#left >= 0;
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    const secret = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
    const keyId = await env.KV.get(`peer:${await sha256(secret)}`, { cacheTtl: 300 });
    if (keyId === null) return new Response(null, { status: 401 });
    const counter = env.COUNTER.get(env.COUNTER.idFromName(keyId));
    return (await counter.take()) ? equal.fetch(request, env) : new Response(null, { status: 429 });
  },
} satisfies ExportedHandler<Env>;

async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}
