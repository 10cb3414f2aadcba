/** The gateway as a Hono app: exported by a Worker, mounted in another app, or called in a test. */

import type { DurableObject } from "cloudflare:workers";
import { Hono } from "hono/tiny";
import type { Env } from "./env.ts";
import type { Protect } from "./protect.ts";

/** What a Worker exports under the names that wrangler.toml has. */
export interface GatewayObjects {
  readonly KeyAuthority: DurableObjectClass;
  readonly Courier: DurableObjectClass;
}

type DurableObjectClass = new (context: DurableObjectState, env: Env) => DurableObject<Env>;

export type GatewayApp = Hono<{ Bindings: Env }> & GatewayObjects & { readonly protect: Protect };

export type GatewayFetch = (request: Request, env: Env, context: ExecutionContext) => Promise<Response>;

export function gatewayApp(fetch: GatewayFetch, protect: Protect, objects: GatewayObjects): GatewayApp {
  const app = new Hono<{ Bindings: Env }>();
  app.all("*", (c) => {
    const answer = fetch(c.req.raw, c.env, c.executionCtx as ExecutionContext);
    // Another middleware can have replaced the request, and with it the signal that tells of a client that leaves.
    c.executionCtx.waitUntil(answer);
    return answer;
  });
  // Hono would build the answers to HEAD again, and so lose how they are encoded.
  app.fetch = fetch as typeof app.fetch;
  return Object.assign(app, { protect }, objects);
}
