/** A valid configuration, and what is said about changes of it. */

import { compile } from "../../src/config/compile.ts";
import { ConfigError } from "../../src/config/problems.ts";
import { defineGateway, type GatewayConfig } from "../../src/config/types.ts";

const base = defineGateway({
  environments: {
    production: { baseUrls: ["https://api.test/v1"], issuer: "https://api.test", keyPrefix: "kg_live", main: true },
    sandbox: { baseUrls: ["https://sandbox.test/v1"], issuer: "https://sandbox.test", keyPrefix: "kg_test" },
  },
  control: { baseUrls: ["https://keys.test"] },
  origins: {
    billing: { production: { url: "https://billing.test" }, sandbox: { service: "BILLING_SANDBOX" } },
  },
  resources: {
    invoices: { actions: ["read", "write", "delete"] },
    refunds: { actions: ["read", "approve"], administrative: true },
  },
  bundles: { "read:all": { every: "read" }, admin: { every: "*", management: true } },
  roles: {
    owner: { scopes: ["admin"], manages: { organization: "all", workspace: "all" } },
    clerk: { scopes: ["read:all", "invoices:write"], manages: { organization: "none", workspace: "own" } },
  },
  keys: { actAs: "member" },
  plans: {
    free: { rates: [{ name: "minute", limit: 60, window: 60 }], quotas: [{ name: "day", limit: 1000, per: "day" }] },
  },
  routes: [
    { path: "/invoices/*", origin: "billing", resource: "invoices" },
    { methods: ["GET"], path: "/invoices/search", origin: "billing", resource: "invoices", action: "read" },
    {
      path: "/workspaces/:workspace/refunds/*",
      origin: "billing",
      resource: "refunds",
      workspace: { param: "workspace" },
    },
    { path: "/status", origin: "billing", public: true },
  ],
});

/** New values by their dotted place in the base configuration, such as `routes.0.origin`; `undefined` takes one away. */
export type Change = Readonly<Record<string, unknown>>;

export function changed(change: Change = {}): GatewayConfig {
  const config = structuredClone(base);
  for (const [place, value] of Object.entries(change)) put(config, place.split("."), value);
  return config;
}

/** A line for each mistake. */
export function mistakesOf(config: GatewayConfig): string[] {
  try {
    compile(config);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, problem, remedy }) => `${path}: ${problem}. ${remedy}`);
  }
}

function put(target: object, [key, ...rest]: string[], value: unknown): void {
  const fields = target as Record<string, unknown>;
  if (key === undefined) return;
  if (rest.length > 0) put(fields[key] as object, rest, value);
  else if (value === undefined) delete fields[key];
  else fields[key] = value;
}
