/** The gateway that is upgraded. The two ports are replaced in its bundle, so that one bundle serves every test run. */

import type { GatewayConfig } from "../../../src/index.ts";

export const GATEWAY_PORT = 27_182;
export const ORIGIN_PORT = 31_415;

export default {
  environments: {
    production: { baseUrls: ["https://api.test"], issuer: "https://api.test", keyPrefix: "kg_live", main: true },
    sandbox: { baseUrls: ["https://sandbox.test"], issuer: "https://sandbox.test", keyPrefix: "kg_test" },
  },
  control: { baseUrls: ["https://keys.test"] },
  origins: {
    main: {
      production: { url: `http://127.0.0.1:${ORIGIN_PORT}`, shared: true },
      sandbox: { url: `http://127.0.0.1:${ORIGIN_PORT}`, shared: true },
    },
  },
  resources: {
    signatures: { actions: ["read", "write", "delete"] },
    folders: { actions: ["read", "write", "delete"] },
  },
  bundles: { admin: { every: "*", management: true } },
  roles: {
    owner: { scopes: ["admin"], manages: { organization: "all", workspace: "all" } },
    admin: { scopes: ["admin"], manages: { organization: "all", workspace: "own" } },
    member: { scopes: ["signatures:read"], manages: { organization: "none", workspace: "none" } },
  },
  plans: {
    // So slow that nothing comes back while a test runs.
    rate: { rates: [{ name: "daily", limit: 10, window: 86_400 }] },
    quota: { quotas: [{ name: "month", limit: 10, per: "month" }] },
  },
  routes: [
    { path: "/signatures/*", origin: "main", resource: "signatures" },
    { path: "/folders/*", origin: "main", resource: "folders" },
  ],
} satisfies GatewayConfig;
