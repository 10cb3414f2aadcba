import { defineGateway } from "./src/index.ts";

/** The demo's configuration. Replace the hosts, origins, resources and routes with yours. */
export default defineGateway({
  environments: {
    production: {
      baseUrls: ["https://api.example.com/v1"],
      issuer: "https://api.example.com",
      keyPrefix: "kg_live",
      main: true,
    },
    sandbox: {
      baseUrls: ["https://sandbox.example.com/v1"],
      issuer: "https://sandbox.example.com",
      keyPrefix: "kg_test",
    },
  },
  control: { baseUrls: ["https://keys.example.com"] },
  origins: {
    signatures: {
      production: { service: "DEMO_ORIGIN", shared: true },
      sandbox: { service: "DEMO_ORIGIN", shared: true },
    },
  },
  resources: {
    teammates: { actions: ["read", "write", "delete"], administrative: true, workspaceKeys: "read" },
    signatures: { actions: ["read", "write", "delete"] },
    folders: { actions: ["read", "write", "delete"] },
    integrations: { actions: ["read"] },
  },
  bundles: {
    "read:all": { every: "read" },
    "write:all": { every: "write", administrative: false },
    admin: { every: "*", management: true },
  },
  roles: {
    owner: { scopes: ["admin"], manages: { organization: "all", workspace: "all" } },
    admin: { scopes: ["admin"], manages: { organization: "all", workspace: "own" } },
    member: { scopes: ["read:all", "write:all"], manages: { organization: "none", workspace: "none" } },
  },
  keys: {
    actAs: "member",
    reaches: ["organization", "workspace"],
    maxWorkspaces: 20,
    lifetimeDays: 365,
    quotaPerOrganization: 200,
  },
  plans: {
    free: {
      rates: [{ name: "minute", limit: 5, window: 60 }],
      quotas: [{ name: "day", limit: 10_000, per: "day" }],
    },
    scale: {
      rates: [
        { name: "second", limit: 100, window: 1 },
        { name: "minute", limit: 3_000, window: 60 },
      ],
    },
  },
  routes: [
    { path: "/signatures/*", origin: "signatures", resource: "signatures" },
    { methods: ["POST"], path: "/signatures/search", origin: "signatures", resource: "signatures", action: "read" },
    {
      path: "/workspaces/:workspace/signatures/*",
      origin: "signatures",
      resource: "signatures",
      workspace: { param: "workspace" },
    },
    {
      path: "/workspaces/:workspace/folders/*",
      origin: "signatures",
      resource: "folders",
      workspace: { param: "workspace" },
    },
    { path: "/teammates/*", origin: "signatures", resource: "teammates" },
    { path: "/integrations/*", origin: "signatures", resource: "integrations" },
    { path: "/whoami", origin: "signatures", resource: "signatures", action: "read" },
    { path: "/status", origin: "signatures", public: true },
  ],
});
