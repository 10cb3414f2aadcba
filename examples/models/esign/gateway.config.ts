import { defineGateway } from "../../../src/index.ts";

const crud = { actions: ["read", "write", "delete"] };

/**
 * Electronic signature, by organization, with a sandbox: a key stands for its organization, reaches all of it or some of its
 * workspaces, and may do everything there or only read. Admins and owners manage keys; others never see one.
 */
export default defineGateway({
  environments: {
    production: {
      baseUrls: ["https://api.example.com/v3"],
      issuer: "https://api.example.com",
      keyPrefix: "sign_live",
      main: true,
      plans: ["api"],
    },
    sandbox: {
      baseUrls: ["https://api-sandbox.example.com/v3"],
      issuer: "https://api-sandbox.example.com",
      keyPrefix: "sign_test",
    },
  },
  control: { baseUrls: ["https://keys.example.com"] },
  origins: {
    requests: {
      production: { url: "https://requests.internal.example", rewriteLocation: true },
      sandbox: { url: "https://requests-sandbox.internal.example", rewriteLocation: true },
    },
  },
  resources: {
    signature_requests: crud,
    documents: crud,
    users: { ...crud, workspaceKeys: "read" },
    // The product's own workspaces; those of the management API are built in, and another thing.
    spaces: { ...crud, workspaceKeys: "read" },
  },
  bundles: { all: { every: "*" }, manage: { every: "*", management: true } },
  roles: {
    owner: { scopes: ["manage"], manages: { organization: "all", workspace: "all" } },
    admin: { scopes: ["manage"], manages: { organization: "all", workspace: "own" } },
    member: { scopes: ["all"], manages: { organization: "none", workspace: "none" } },
  },
  keys: { actAs: "organization", maxWorkspaces: 20, quotaPerOrganization: 200 },
  plans: { api: { rates: [{ name: "minute", limit: 1_000, window: 60 }] } },
  routes: [
    { path: "/signature_requests/*", origin: "requests", resource: "signature_requests" },
    {
      path: "/workspaces/:workspace/signature_requests/*",
      origin: "requests",
      resource: "signature_requests",
      workspace: { param: "workspace" },
    },
    { path: "/documents/*", origin: "requests", resource: "documents" },
    { path: "/users/*", origin: "requests", resource: "users" },
    { path: "/workspaces", origin: "requests", resource: "spaces" },
    { path: "/workspaces/:workspace", origin: "requests", resource: "spaces", workspace: { param: "workspace" } },
  ],
});
