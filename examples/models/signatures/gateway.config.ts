import { defineGateway } from "../../../src/index.ts";

const crud = { actions: ["read", "write", "delete"] };

/**
 * Email signatures, by workspace: a key belongs to one workspace and acts as the member who made it, narrowed by the scopes
 * that they chose. It lives a year.
 */
export default defineGateway({
  environments: {
    production: { baseUrls: ["https://api.example.com/v1"], issuer: "https://api.example.com", keyPrefix: "sig" },
  },
  control: { baseUrls: ["https://keys.example.com"] },
  origins: { app: { production: { url: "https://app.internal.example", rewriteLocation: true } } },
  resources: {
    teammates: { ...crud, administrative: true },
    emails: crud,
    signatures: crud,
    smart_fields: crud,
    folders: crud,
    assets: crud,
    marketing_campaigns: crud,
    integrations: { actions: ["read"] },
    financial_documents: { actions: ["read"], administrative: true },
  },
  bundles: {
    everything: { every: "*", management: true },
    "use:read": { every: "read", administrative: false },
    "use:write": { every: "write", administrative: false },
    "use:delete": { every: "delete", administrative: false },
  },
  roles: {
    owner: { scopes: ["everything"], manages: { organization: "all", workspace: "all" } },
    admin: { scopes: ["everything"], manages: { organization: "none", workspace: "own" } },
    teammate: {
      scopes: ["use:read", "use:write", "use:delete", "api_keys:read", "api_keys:write", "api_keys:delete"],
      manages: { organization: "none", workspace: "own" },
    },
    viewer: { scopes: ["use:read"], manages: { organization: "none", workspace: "none" } },
  },
  keys: { actAs: "member", reaches: ["workspace"], maxWorkspaces: 1, lifetimeDays: 365 },
  routes: [
    { path: "/teammates/*", origin: "app", resource: "teammates", workspace: { query: "workspace" } },
    { path: "/emails/*", origin: "app", resource: "emails", workspace: { query: "workspace" } },
    { path: "/signatures/*", origin: "app", resource: "signatures", workspace: { query: "workspace" } },
    { path: "/smart-fields/*", origin: "app", resource: "smart_fields", workspace: { query: "workspace" } },
    { path: "/folders/*", origin: "app", resource: "folders", workspace: { query: "workspace" } },
    { path: "/assets/*", origin: "app", resource: "assets", workspace: { query: "workspace" } },
    {
      path: "/marketing-campaigns/*",
      origin: "app",
      resource: "marketing_campaigns",
      workspace: { query: "workspace" },
    },
    { path: "/integrations/*", origin: "app", resource: "integrations", workspace: { query: "workspace" } },
    {
      path: "/financial-documents/*",
      origin: "app",
      resource: "financial_documents",
      workspace: { query: "workspace" },
    },
  ],
});
