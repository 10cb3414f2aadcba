/** Keys in every state, and requests of every kind: those that an origin answers, and those that are refused. */

import { randomBytes } from "node:crypto";
import { type Limits, limitsOf, NO_LIMITS } from "../src/domain/limits.ts";
import { generateSecret } from "../src/domain/secret.ts";
import type { Gateway } from "../test/helpers/gateway.ts";
import { type Key, type KeyFields, seed, type Tenant } from "../test/helpers/seed.ts";

export interface HeldKey extends Key {
  /** Empty if there is none. */
  readonly organizationId: string;
}

export interface Kind {
  /** Below the base URL of an environment. */
  readonly target: string;
  readonly environment?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Which keys it is sent with: a list of `Keys`. */
  readonly of?: keyof Keys;
}

export interface Keys {
  readonly plain: readonly HeldKey[];
  readonly readOnly: readonly HeldKey[];
  readonly limited: readonly HeldKey[];
  readonly daily: readonly HeldKey[];
  readonly disabled: readonly HeldKey[];
  readonly revoked: readonly HeldKey[];
  readonly rotated: readonly HeldKey[];
  readonly bound: readonly HeldKey[];
  readonly ofWorkspace: readonly HeldKey[];
  readonly ofRemoved: readonly HeldKey[];
  readonly ofSuspended: readonly HeldKey[];
  /** Nobody has created them. */
  readonly unknown: readonly HeldKey[];
}

const PATH = "/signatures/1";

/** In turn, so many times more often than those that are rare. */
export const FREQUENT: readonly Kind[] = [
  { target: PATH },
  { target: PATH },
  { target: "/folders/1" },
  { target: PATH, method: "POST", body: "{}" },
  { target: PATH },
  { target: "/emails/1" },
  { target: "/signatures/status-404" },
  { target: PATH, of: "limited" },
  { target: PATH, of: "readOnly", method: "POST", body: "{}" },
  { target: "/signatures/status-500" },
];

/** Each some twenty times at most in an organization, so that all of them are kept. */
export const RARE: readonly Kind[] = [
  ...[400, 401, 403, 409, 418, 422, 429, 501, 502, 503, 504].map((status) => ({ target: `/folders/status-${status}` })),
  { target: PATH, of: "daily" },
  { target: PATH, of: "disabled" },
  { target: PATH, of: "revoked" },
  { target: PATH, of: "rotated" },
  { target: PATH, of: "bound" },
  { target: PATH, of: "ofRemoved" },
  { target: PATH, of: "ofSuspended" },
  { target: PATH, of: "unknown" },
  { target: PATH, environment: "production" },
  { target: "/workspaces/wsp_other/folders/1", of: "ofWorkspace" },
  { target: "/by-query/1?workspace=a&workspace=b" },
  { target: "/by-query/1?workspace=a;x" },
  { target: "/nothing/here" },
  { target: "/only-get-and-post", method: "DELETE" },
  { target: "/signatures/..%2fteammates" },
  { target: `/bounded/${"a".repeat(400)}` },
  { target: "/bounded/1", headers: { "X-Long": "a".repeat(3_000) } },
  { target: "/bounded/1", method: "POST", body: "a".repeat(2_000) },
  { target: "/nobody/1" },
  { target: "/brisk/slow" },
];

const MINUTELY = { rates: [{ name: "minute", limit: 1, window: 60 }], quotas: [] };
const DAILY = { rates: [], quotas: [{ name: "day", limit: 1, per: "day" as const }] };

/** Those that have any. */
export const LIMITS_OF: Readonly<Partial<Record<keyof Keys, Limits>>> = {
  limited: limitsOf(NO_LIMITS, MINUTELY),
  daily: limitsOf(NO_LIMITS, DAILY),
};
const AT_ONCE = 8;

/** In organizations of 200 keys each, which is their quota. */
export async function makeKeys(gateway: Gateway, count: number, tick: () => void): Promise<Keys> {
  const perTenant = 200;
  const keys = Object.fromEntries(NAMES.map((name) => [name, []])) as unknown as Record<keyof Keys, HeldKey[]>;
  for (let left = count; left > 0; left -= perTenant) {
    const tenant = await seed(gateway);
    const kinds = Array.from({ length: Math.min(left, perTenant) }, (_, n) => kindOf(n));
    await inTurns(kinds, async (kind) => {
      const key = await tenant.key(fieldsOf(kind, tenant));
      keys[kind].push({ ...key, organizationId: tenant.organizationId });
      tick();
    });
    await gateway.manage("DELETE", `/v1/members/${tenant.members.admin}`);
  }
  const suspended = await seed(gateway);
  const key = await suspended.key();
  keys.ofSuspended.push({ ...key, organizationId: suspended.organizationId });
  await gateway.manage("PATCH", `/v1/organizations/${suspended.organizationId}`, { status: "suspended" });
  keys.unknown.push({ id: "", secret: generateSecret("kg_test", randomBytes), organizationId: "" });
  const change = (list: readonly Key[], action: string, body = {}) =>
    inTurns(list, ({ id }) => gateway.manage("POST", `/v1/api-keys/${id}/${action}`, body));
  await change(keys.disabled, "disable");
  await change(keys.revoked, "revoke");
  await change(keys.rotated, "rotate", { grace_seconds: 0 });
  return keys;
}

const NAMES: readonly (keyof Keys)[] = [
  ...(["plain", "readOnly", "limited", "daily", "disabled", "revoked", "rotated", "bound"] as const),
  ...(["ofWorkspace", "ofRemoved", "ofSuspended", "unknown"] as const),
];

/** Of the nth key of an organization. */
function kindOf(n: number): keyof Keys {
  const special: (keyof Keys)[] = ["daily", "disabled", "revoked", "rotated", "bound", "ofWorkspace", "ofRemoved"];
  return special[n] ?? (n < 17 ? "limited" : n < 27 ? "readOnly" : "plain");
}

function fieldsOf(kind: keyof Keys, tenant: Tenant): KeyFields {
  const fields: Partial<Record<keyof Keys, KeyFields>> = {
    readOnly: { permission: "read-only" },
    limited: { limits: MINUTELY },
    daily: { limits: DAILY },
    bound: { allowed_addresses: ["203.0.113.0/24"] },
    ofWorkspace: { workspace_ids: [tenant.workspaces[0]] },
    ofRemoved: { role: "admin" },
  };
  return fields[kind] ?? {};
}

/** Some at once. */
export async function inTurns<T>(list: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...list];
  const one = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
