/** One request for each refusal of the data plane that needs no socket, no clock and no broken gateway. */

import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { Code } from "../../src/errors.ts";
import { failing, instrument, newSecret, type Seed } from "../helpers/workerd.ts";
import { type PlaneOptions, SANDBOX } from "./plane.ts";

const INVALID_TOKEN = 'Bearer realm="sandbox", error="invalid_token"';
export const fewPerHour = { limits: { rates: [{ name: "hourly", limit: 1, window: 3_600 }] } };
const budget = (success: boolean) => ({ limit: async () => ({ success }) }) as RateLimit;

export interface Case {
  seed?: Seed;
  path?: string;
  init?: RequestInit;
  /** In place of a request with the key. */
  request?: (secret: string) => Request;
  plane?: PlaneOptions;
  /** Requests that come first, with the same key. */
  before?: number;
  status: number;
  headers?: Record<string, string>;
  members?: Record<string, unknown>;
  /** What the log says beside the line of the request. */
  message?: string;
}

const anonymous = (url: string, init?: RequestInit) => () => new Request(url, init);
const withAuthorization = (value: (secret: string) => string) => (secret: string) =>
  new Request(`${SANDBOX}/files/a`, { headers: { Authorization: value(secret) } });

export const cases: Partial<Record<Code, Case>> = {
  unknown_host: { request: anonymous("https://elsewhere.test/v1/files/a"), status: 404 },
  https_required: { request: anonymous("http://sandbox.test/v1/files/a"), status: 403 },
  credentials_missing: {
    request: anonymous(`${SANDBOX}/files/a`),
    status: 401,
    headers: { "WWW-Authenticate": 'Bearer realm="sandbox"' },
  },
  credentials_malformed: {
    request: withAuthorization((secret) => `Bearer  ${secret}`),
    status: 401,
    headers: { "WWW-Authenticate": INVALID_TOKEN },
  },
  credentials_repeated: { request: withAuthorization((secret) => `Bearer ${secret}, Bearer ${secret}`), status: 400 },
  credentials_in_url: {
    request: (secret) =>
      new Request(`${SANDBOX}/files/a?key=${secret}`, { headers: { Authorization: `Bearer ${secret}` } }),
    status: 401,
    headers: { "WWW-Authenticate": INVALID_TOKEN },
  },
  key_unknown: {
    request: () => new Request(`${SANDBOX}/files/a`, { headers: { Authorization: `Bearer ${newSecret()}` } }),
    status: 401,
    headers: { "WWW-Authenticate": INVALID_TOKEN },
  },
  key_expired: { seed: { expiresAt: 2 }, status: 401, headers: { "WWW-Authenticate": INVALID_TOKEN } },
  key_revoked: { seed: { revokedAt: 2 }, status: 401, headers: { "WWW-Authenticate": INVALID_TOKEN } },
  key_disabled: { seed: { disabledAt: 2 }, status: 401, headers: { "WWW-Authenticate": INVALID_TOKEN } },
  member_inactive: { seed: { memberRemovedAt: 2 }, status: 401, headers: { "WWW-Authenticate": INVALID_TOKEN } },
  organization_suspended: {
    seed: { organizationStatus: "suspended" },
    status: 401,
    headers: { "WWW-Authenticate": INVALID_TOKEN },
  },
  environment_mismatch: {
    seed: { environment: "production" },
    request: withAuthorization((secret) => `Bearer ${secret}`),
    status: 403,
    members: { key_environment: "production", base_url: "https://api.test/v1" },
  },
  address_forbidden: {
    seed: { allowedAddresses: ["203.0.113.0/24"] },
    status: 403,
    members: { client_address: expect.stringMatching(/^2001:db8:/) },
  },
  no_such_route: { path: "/nowhere", status: 404 },
  method_not_allowed: { path: "/vault", init: { method: "PUT" }, status: 405, headers: { Allow: "GET, HEAD, POST" } },
  path_ambiguous: { path: "/signatures/..%2fvault", status: 400 },
  query_ambiguous: { path: "/reports?workspace%00=ws_1", status: 400 },
  target_forbidden: {
    init: { method: "MOVE", headers: { Destination: "https://elsewhere.test/v1/files/b" } },
    status: 403,
  },
  url_too_long: { path: `/files/${"a".repeat(17_000)}`, status: 414 },
  headers_too_large: { init: { headers: { Cookie: "a".repeat(70_000) } }, status: 431 },
  body_too_large: { init: { method: "POST", headers: { "Content-Length": "104857601" } }, status: 413 },
  websocket_handshake_invalid: {
    init: { method: "POST", headers: { Upgrade: "websocket" } },
    status: 400,
    headers: { "Sec-WebSocket-Version": "13" },
  },
  workspace_forbidden: {
    path: "/workspaces/ws_other/folders/1",
    seed: { reach: "workspace" },
    status: 403,
    members: { workspace: "ws_other" },
  },
  workspace_repeated: { path: "/reports?workspace=ws_1&workspace=ws_2", status: 400 },
  scope_missing: {
    seed: { role: "member", scopes: ["read:all"], permission: "read-only" },
    init: { method: "DELETE" },
    status: 403,
    headers: { "WWW-Authenticate": 'Bearer realm="sandbox", error="insufficient_scope", scope="folders:delete"' },
    members: {
      required_scopes: ["folders:delete"],
      effective_scopes: ["folders:read", "signatures:read", "teammates:read", "vault:read"],
      lacking_in: ["scopes", "role", "permission"],
    },
  },
  rate_exceeded: {
    seed: fewPerHour,
    before: 1,
    status: 429,
    headers: {
      "Retry-After": "3600",
      "RateLimit-Policy": '"hourly";q=1;w=3600',
      RateLimit: '"hourly";r=0;t=3600',
    },
    members: { violated_policies: ["hourly"] },
  },
  quota_exceeded: {
    seed: { limits: { quotas: [{ name: "monthly", limit: 1, per: "month" }] } },
    before: 1,
    status: 429,
    headers: {
      "Retry-After": "43200",
      "RateLimit-Policy": '"monthly";q=1;w=2678400',
      RateLimit: '"monthly";r=0;t=43200',
    },
    members: { violated_policies: ["monthly"] },
  },
  origin_unreachable: {
    plane: { originFetch: () => Promise.reject(new Error("connection refused")) },
    status: 502,
    message: "api: Error: connection refused",
  },
  key_store_unavailable: {
    plane: { db: instrument(env.DB, failing), kv: instrument(env.KV, failing) },
    status: 503,
    headers: { "Retry-After": "5" },
  },
  lookup_budget_spent: { plane: { lookupBudget: budget(false) }, status: 503, headers: { "Retry-After": "60" } },
  authority_unavailable: {
    plane: { ask: () => Promise.reject(new Error("down")) },
    status: 503,
    headers: { "Retry-After": "5" },
  },
  plan_unknown: { seed: { plan: "gold" }, status: 503, headers: { "Retry-After": "5" } },
};
