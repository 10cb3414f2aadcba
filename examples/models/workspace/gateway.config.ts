import { defineGateway } from "../../../src/index.ts";

const crud = { actions: ["read", "write", "delete"] };

/** A workspace product with three broad scopes and plans with different limits. Only HTTPS is served. */
export default defineGateway({
  environments: {
    production: { baseUrls: ["https://api.example.com/v1"], issuer: "https://api.example.com", keyPrefix: "wk" },
  },
  control: {
    baseUrls: ["https://keys.example.com"],
    changelog: [
      { date: "2026-10-01", text: "Keys with the scope write:all may upload files of up to 100 MB." },
      { date: "2026-11-02", text: "The plan free allows 60 requests a minute, and no longer 30." },
    ],
  },
  origins: { app: { production: { url: "https://app.internal.example", rewriteLocation: true } } },
  resources: {
    projects: crud,
    tasks: crud,
    team: { ...crud, administrative: true },
    billing: { actions: ["read", "write"], administrative: true },
  },
  bundles: {
    "read:all": { every: "read" },
    "write:all": { every: "write", administrative: false },
    admin: { every: "*", management: true },
  },
  roles: { owner: { scopes: ["admin"], manages: { organization: "all", workspace: "all" } } },
  keys: { actAs: "organization", reaches: ["organization"] },
  plans: {
    free: { rates: [{ name: "minute", limit: 60, window: 60 }] },
    pro: { rates: [{ name: "minute", limit: 600, window: 60 }] },
    business: { rates: [{ name: "second", limit: 100, window: 1 }] },
  },
  routes: [
    { path: "/projects/*", origin: "app", resource: "projects" },
    { path: "/tasks/*", origin: "app", resource: "tasks" },
    { path: "/team/*", origin: "app", resource: "team" },
    { path: "/billing/*", origin: "app", resource: "billing" },
  ],
});
