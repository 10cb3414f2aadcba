/** The gateway under load: the kinds of limits that decide how often an authority is asked. */

import { defineGateway, type GatewayConfig } from "../src/config/types.ts";

export const PLANS = {
  /** More than one isolate can use. */
  ample: { rates: [{ name: "second", limit: 10_000, window: 1 }] },
  /** A burst so small that there is nothing to lend beyond the request that asks. */
  tight: { rates: [{ name: "second", limit: 100, window: 1, burst: 4 }] },
  /** Used up by the first request. */
  spent: { rates: [{ name: "hour", limit: 1, window: 3_600 }] },
} satisfies GatewayConfig["plans"];

export const PREFIX = "kg_live";

/** `ORIGIN` is a binding: before `fetch` the dev tools put their own Worker, which no deployment has. */
export const CONFIG = defineGateway({
  environments: {
    production: { baseUrls: ["https://api.bench.test"], issuer: "https://api.bench.test", keyPrefix: PREFIX },
  },
  control: { baseUrls: ["https://keys.bench.test"] },
  // A signature costs as much as all that is decided: it has its own row.
  origins: {
    main: { production: { service: "ORIGIN", assertion: false } },
    verifying: { production: { service: "ORIGIN" } },
    handled: { production: { handler: "handler", assertion: false } },
  },
  resources: { signatures: { actions: ["read", "write", "delete"] }, folders: { actions: ["read", "write"] } },
  keys: { actAs: "organization" },
  roles: { owner: { scopes: ["admin"], manages: { organization: "all", workspace: "all" } } },
  bundles: { admin: { every: "*", management: true } },
  plans: PLANS,
  routes: [
    { path: "/signatures/*", origin: "main", resource: "signatures", watchRevocation: false },
    { path: "/watched/*", origin: "main", resource: "signatures" },
    { path: "/signed/*", origin: "verifying", resource: "signatures" },
    { path: "/handled/*", origin: "handled", resource: "signatures", watchRevocation: false },
    { path: "/folders/*", origin: "main", resource: "folders" },
  ],
});
