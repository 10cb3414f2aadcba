import { defineGateway } from "../../../src/index.ts";

/** The least that is useful: one environment, one resource, and keys of organizations, with scopes and a limit. */
export default defineGateway({
  environments: {
    production: { baseUrls: ["https://api.example.com/v1"], issuer: "https://api.example.com", keyPrefix: "key" },
  },
  control: { baseUrls: ["https://keys.example.com"] },
  origins: { app: { production: { url: "https://app.internal.example", rewriteLocation: true } } },
  resources: { items: { actions: ["read", "write", "delete"] } },
  bundles: { everything: { every: "*", management: true } },
  roles: { owner: { scopes: ["everything"], manages: { organization: "all", workspace: "all" } } },
  keys: { actAs: "organization", reaches: ["organization"] },
  plans: { free: { rates: [{ name: "minute", limit: 60, window: 60 }] } },
  routes: [{ path: "/items/*", origin: "app", resource: "items" }],
});
