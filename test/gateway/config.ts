import { defineGateway } from "../../src/config/types.ts";

/** A gateway with routes of different scopes side by side, for tests of the data plane. */
export const CONFIG = defineGateway({
  environments: {
    production: { baseUrls: ["https://api.test/v1"], issuer: "https://api.test", keyPrefix: "kg_live" },
    sandbox: { baseUrls: ["https://sandbox.test/v1"], issuer: "https://sandbox.test", keyPrefix: "kg_test" },
  },
  control: { baseUrls: ["https://keys.test"] },
  origins: {
    api: { production: { url: "https://origin.test/base" }, sandbox: { url: "https://origin-sandbox.test/base" } },
    bound: {
      production: { service: "BOUND", rewriteLocation: true },
      sandbox: { service: "BOUND_SANDBOX", rewriteLocation: true },
    },
    partner: {
      production: { url: "https://partner.test" },
      sandbox: { url: "https://partner-sandbox.test", assertion: false },
    },
  },
  resources: {
    signatures: { actions: ["read", "write", "delete"] },
    vault: { actions: ["read", "write", "delete"] },
    folders: { actions: ["read", "write", "delete"] },
    teammates: { actions: ["read", "write"], workspaceKeys: "read" },
  },
  bundles: { admin: { every: "*" }, "read:all": { every: "read" } },
  roles: {
    owner: { scopes: ["admin"], manages: { organization: "all", workspace: "all" } },
    member: { scopes: ["read:all", "folders:write"], manages: { organization: "none", workspace: "none" } },
  },
  keys: {
    importedFormats: [
      { pattern: "acme_live_[0-9a-f]{32}", environment: "production" },
      { pattern: "acme_test_[0-9a-f]{32}", environment: "sandbox" },
    ],
  },
  routes: [
    { path: "/signatures/*", origin: "api", resource: "signatures" },
    { methods: ["POST"], path: "/signatures/search", origin: "api", resource: "signatures", action: "read" },
    { path: "/signatures/vault/*", origin: "api", resource: "vault" },
    { methods: ["GET", "POST"], path: "/vault", origin: "api", resource: "vault" },
    { path: "/files/:name", origin: "api", resource: "folders" },
    {
      path: "/workspaces/:workspace/folders/*",
      origin: "api",
      resource: "folders",
      workspace: { param: "workspace" },
    },
    { path: "/signatures/drafts/:id", origin: "api", resource: "vault" },
    { path: "/spaces/:workspace/*", origin: "api", resource: "folders", workspace: { param: "workspace" } },
    { path: "/reports", origin: "api", resource: "folders", workspace: { query: "workspace" } },
    { path: "/uploads", origin: "api", resource: "folders", workspace: { header: "X-Workspace-Id" } },
    { path: "/teammates/*", origin: "api", resource: "teammates" },
    { path: "/letters", origin: "api", resource: "folders", digest: true },
    { path: "/drop/*", origin: "api", resource: "folders" },
    { methods: ["PUT"], path: "/drop/*", origin: "api", resource: "vault" },
    { path: "/partner/*", origin: "partner", resource: "folders" },
    { path: "/moved/*", origin: "api", resource: "folders", rewriteLocation: true },
    { path: "/bound/*", origin: "bound", resource: "folders" },
    { path: "/bound/raw/*", origin: "bound", resource: "folders", rewriteLocation: false },
    { path: "/status", origin: "api", public: true },
    { path: "/open/*", origin: "api", public: true },
    { path: "/relay", origin: "api", resource: "folders", forwardCredentials: true },
    {
      path: "/pages/*",
      origin: "api",
      resource: "folders",
      cors: { origins: ["https://app.test"], headers: ["X-Page"], exposeHeaders: ["ETag"], credentials: true },
    },
    {
      methods: ["GET", "POST"],
      path: "/album/:photo",
      origin: "api",
      resource: "folders",
      cors: { origins: ["https://app.test", "https://other.test"] },
    },
    { methods: ["PATCH"], path: "/album/:photo", origin: "api", resource: "folders" },
    { path: "/widgets", origin: "api", public: true, cors: { origins: "*", maxAgeSeconds: 60 } },
  ],
});
