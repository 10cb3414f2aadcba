import { defineGateway } from "../../../src/config/types.ts";

/** Resources that can be read, written and deleted. */
export const FULL = ["teammates", "emails", "signatures", "smart_fields", "folders", "assets", "marketing_campaigns"];
/** Resources that can be read only. */
export const READ_ONLY = ["integrations", "financial_documents"];

const full = { actions: ["read", "write", "delete"] };
const readOnly = { actions: ["read"] };

/** What most tests over HTTP guard: two environments, each with an origin of its own. */
export function guarding(origins: { production: string; sandbox: string }) {
  return defineGateway({
    environments: {
      production: { baseUrls: ["https://api.test/v1"], issuer: "https://api.test", keyPrefix: "kg_live" },
      sandbox: { baseUrls: ["https://sandbox.test/v1"], issuer: "https://sandbox.test", keyPrefix: "kg_test" },
    },
    control: { baseUrls: ["https://keys.test"] },
    origins: {
      main: { production: { url: origins.production }, sandbox: { url: origins.sandbox } },
      credentialed: {
        production: { url: origins.production, headers: { "X-Api-Key": "of the gateway" } },
        sandbox: { url: origins.sandbox, headers: { "X-Api-Key": "of the gateway" } },
      },
      nobody: {
        production: { url: "http://127.0.0.1:1", shared: true },
        sandbox: { url: "http://127.0.0.1:1", shared: true },
      },
    },
    resources: {
      teammates: { ...full, administrative: true, workspaceKeys: "read" },
      emails: full,
      signatures: full,
      smart_fields: full,
      folders: full,
      assets: full,
      marketing_campaigns: full,
      integrations: readOnly,
      financial_documents: readOnly,
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
      guest: { scopes: [], manages: { organization: "none", workspace: "none" } },
    },
    keys: { authorityLocation: "organization" },
    plans: { free: { rates: [{ name: "minute", limit: 60, window: 60 }] } },
    routes: [
      { path: "/teammates/*", origin: "main", resource: "teammates" },
      { path: "/emails/*", origin: "main", resource: "emails" },
      { path: "/signatures/*", origin: "main", resource: "signatures" },
      { methods: ["POST"], path: "/signatures/search", origin: "main", resource: "signatures", action: "read" },
      { path: "/smart_fields/*", origin: "main", resource: "smart_fields" },
      { path: "/folders/*", origin: "main", resource: "folders" },
      { path: "/assets/*", origin: "main", resource: "assets" },
      { path: "/assets/vault/*", origin: "main", resource: "teammates" },
      { path: "/marketing_campaigns/*", origin: "main", resource: "marketing_campaigns" },
      { path: "/integrations/*", origin: "main", resource: "integrations" },
      { path: "/financial_documents/*", origin: "main", resource: "financial_documents" },
      {
        path: "/workspaces/:workspace/folders/*",
        origin: "main",
        resource: "folders",
        workspace: { param: "workspace" },
      },
      {
        path: "/workspaces/:workspace/teammates/*",
        origin: "main",
        resource: "teammates",
        workspace: { param: "workspace" },
      },
      { path: "/by-header/*", origin: "main", resource: "folders", workspace: { header: "X-Workspace" } },
      { path: "/by-query/*", origin: "main", resource: "folders", workspace: { query: "workspace" } },
      { methods: ["GET", "POST"], path: "/only-get-and-post", origin: "main", resource: "signatures" },
      { path: "/nobody/*", origin: "nobody", resource: "signatures" },
      {
        path: "/web/*",
        origin: "main",
        resource: "signatures",
        cors: { origins: ["https://app.test"], exposeHeaders: ["ETag"] },
      },
      {
        path: "/bounded/*",
        origin: "main",
        resource: "signatures",
        limits: { urlBytes: 300, headerBytes: 2_000, headerCount: 20, bodyBytes: 1_000 },
      },
      {
        path: "/hasty/*",
        origin: "main",
        resource: "signatures",
        timeoutSeconds: 1,
        requestIdleSeconds: 1,
        responseIdleSeconds: 1,
      },
      { path: "/brisk/*", origin: "main", resource: "signatures", timeoutSeconds: 1 },
      { path: "/moved/*", origin: "main", resource: "signatures", rewriteLocation: true },
      { path: "/unwatched/*", origin: "main", resource: "signatures", watchRevocation: false },
      { path: "/digested/*", origin: "main", resource: "signatures", digest: true },
      { path: "/digested/brisk/*", origin: "main", resource: "signatures", digest: true, timeoutSeconds: 1 },
      {
        path: "/hooked/brisk/*",
        origin: "main",
        resource: "signatures",
        timeoutSeconds: 1,
        onRequest: async (request) => void (await request.clone().text()),
      },
      { path: "/credentialed/*", origin: "credentialed", resource: "signatures" },
      {
        path: "/hooked/*",
        origin: "main",
        resource: "signatures",
        async onRequest(request, { key }) {
          if (request.url.endsWith("/read")) return new Request(request, { body: await request.text() });
          if (request.url.endsWith("/teapot")) return new Response("short and stout", { status: 418 });
          if (request.url.endsWith("/rebuilt")) return new Request(request.url, { headers: request.headers });
          if (request.url.endsWith("/as-post")) return new Request(request, { method: "POST" });
          if (request.url.endsWith("/as-socket")) request.headers.set("Upgrade", "websocket");
          request.headers.set("X-Hooked", key?.id ?? "nobody");
        },
        onResponse(response, { route }) {
          response.headers.set("X-Hooked", route);
        },
      },
      { path: "/open/*", origin: "main", resource: "signatures", onAuthorityFailure: "open" },
      { path: "/status", origin: "main", public: true },
      { methods: ["POST"], path: "/dropbox", origin: "main", public: true },
      { methods: ["GET"], path: "/dropbox", origin: "main", resource: "signatures" },
    ],
  });
}

/** The same as the text of a gateway.config.ts. The sandbox's origin has a path prefix. */
export function guardingText(productionPort: number, sandboxPort: number): string {
  return `
    import { guarding } from "PROJECT/test/e2e/configs/base.ts";
    export default guarding({
      production: "http://127.0.0.1:${productionPort}",
      sandbox: "http://127.0.0.1:${sandboxPort}/base",
    });
  `;
}
