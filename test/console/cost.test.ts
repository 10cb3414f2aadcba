/** What each page costs that the code has a route for: what it waits for, and what it reads, in an organization with very many keys. */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { consolePages } from "../../src/console/console.tsx";
import { DAY_MS } from "../../src/domain/durations.ts";
import type { Env } from "../../src/env.ts";
import { createGateway } from "../../src/worker.ts";
import { reportTo } from "../authority/collect.ts";
import { controlOf } from "../helpers/control.ts";
import { type Cost, Meter, meteredD1, meteredObjects } from "../helpers/metered.ts";
import { sessionTokenFor } from "../helpers/people.ts";
import { hoursOf, keptRequest } from "../helpers/requests.ts";
import { migrate, newClient } from "../helpers/workerd.ts";
import { CONTROL, call, makeKey, setUp } from "../management/call.ts";

/** The visitor's session, their rate and their organization's, and then three of the page's own, in an isolate that knows nothing. */
const MAX_ROUNDS = 6;
/** A request, its key, the record that the key's authority reads, and the limits: each says where the next one is. */
const MORE_ROUNDS: Record<string, number> = { "/requests/:id": 1 };
/** On a page of fifty keys, each with its scopes, workspaces, secrets and member. */
const MAX_ROWS = 4_000;
/** More than the list counts, and twice as many. */
const FEW = 1_100;
const MANY = 2_200;
const USED = 40;
const DAYS = 90;
const OUTCOMES = ["forwarded", "scope_missing"];

interface Organization {
  readonly id: string;
  readonly keyId: string;
  readonly requestId: string;
  readonly workspaceId: string;
  readonly ownerId: string;
  readonly cookie: string;
}

let few: Organization;
let many: Organization;
let root: string;

beforeAll(async () => {
  await migrate();
  [few, many] = [await organizationOf(FEW), await organizationOf(MANY)];
  const { body } = await call("POST", "/v1/root-sign-in-links");
  const signedIn = await gatewayOf(new Meter()).send(new URL(body.url).pathname, "", "POST");
  root = signedIn.headers.get("set-cookie")?.split(";")[0] as string;
}, 120_000);

async function organizationOf(keys: number): Promise<Organization> {
  const { organization, workspace, member, keyBody } = await setUp({ plan: "free", key_quota: 100_000 });
  const key = await makeKey(keyBody);
  const control = controlOf();
  await seedKeys(organization.id, member.id, keys);
  await seedUsage(organization.id);
  const ids = { organizationId: organization.id as string, keyId: key.id as string };
  const request = keptRequest({ at: Date.now() - 3_000, ...ids });
  const place = { organizationId: ids.organizationId, environment: "sandbox" };
  await reportTo(0, { sender: crypto.randomUUID(), number: 1, requests: hoursOf(place, [request]) });
  return {
    id: ids.organizationId,
    keyId: ids.keyId,
    requestId: request.id,
    workspaceId: workspace.id,
    ownerId: member.id,
    cookie: `__Host-keygate_session=${await sessionTokenFor({ ...control, now: Date.now }, member.id)}`,
  };
}

async function seedKeys(organizationId: string, memberId: string, keys: number): Promise<void> {
  const now = Date.now();
  const numbers = JSON.stringify(Array.from({ length: keys }, (_, at) => at));
  const id = `'key_' || substr(?2, 5) || value`;
  await env.DB.batch(
    [
      `INSERT INTO api_keys (id, organization_id, member_id, environment, reach, permission, name, created_at, expires_at, version)
       SELECT ${id}, ?2, ?3, 'sandbox', 'organization', 'full-access', 'nightly ' || value, ?4 - value, ?4 + 1e10 + value, ${id}
       FROM json_each(?1)`,
      `INSERT INTO api_key_scopes (key_id, scope) SELECT ${id}, 'signatures:read' FROM json_each(?1) WHERE ?3 = ?3 AND ?4 = ?4`,
      `INSERT INTO api_key_secrets (hash, key_id, pepper_id, hint, created_at)
       SELECT 'hash of ' || ${id}, ${id}, 'p1', 'kg_test_…' || substr(?2, -4), ?4 FROM json_each(?1) WHERE ?3 = ?3`,
      `INSERT INTO audit_events (id, at, organization_id, actor, action, target, details, request_id)
       SELECT 'evt_' || ${id}, ?4 - value, ?2, ?3, 'api_key.created', ${id}, '{}', 'req_1' FROM json_each(?1)`,
    ].map((sql) => env.DB.prepare(sql).bind(numbers, organizationId, memberId, now)),
  );
}

/** Of the newest keys, each day. */
async function seedUsage(organizationId: string): Promise<void> {
  const today = Date.now() - (Date.now() % DAY_MS);
  const numbers = (count: number) => JSON.stringify(Array.from({ length: count }, (_, at) => at));
  await env.DB.prepare(
    `INSERT INTO usage_days (organization_id, key_id, environment, day, collector, route, outcome, requests)
     SELECT ?1, 'key_' || substr(?1, 5) || used.value, 'sandbox', ?2 - days.value * ${DAY_MS}, 0, '/signatures/*', outcomes.value, 9
     FROM json_each(?3) AS used, json_each(?4) AS days, json_each(?5) AS outcomes`,
  )
    .bind(organizationId, today - DAY_MS, numbers(USED), numbers(DAYS - 1), JSON.stringify(OUTCOMES))
    .run();
}

/** A new isolate, which knows nothing of anyone. */
function gatewayOf(meter: Meter) {
  const { AUTHORITY, COURIER, DB } = env as unknown as Env;
  const objects = { AUTHORITY: meteredObjects(AUTHORITY, meter), COURIER: meteredObjects(COURIER, meter) };
  const bindings = { ...env, ...objects, DB: meteredD1(DB, meter) } as unknown as Env;
  const gateway = createGateway(config);
  return {
    send: async (path: string, cookie: string, method = "GET") => {
      const from = { "Sec-Fetch-Site": "same-origin", Origin: CONTROL, "CF-Connecting-IP": newClient() };
      const headers = { Cookie: cookie, ...from };
      const init = { method, headers, redirect: "manual" } as const;
      const response = await gateway.request(`${CONTROL}${path}`, init, bindings, createExecutionContext());
      await response.text();
      return response;
    },
  };
}

async function costOf(path: string, cookie: string): Promise<Cost> {
  const meter = new Meter();
  const response = await gatewayOf(meter).send(path, cookie);
  expect(`${path} ${response.status}`).toBe(`${path} 200`);
  return meter.take();
}

/** What stands for the parameters of routes, by the route up to them. */
const SAMPLES: Record<string, (of: Organization) => string | Promise<string>> = {
  "/keys/:id": ({ keyId }) => keyId,
  "/requests/:id": ({ requestId }) => requestId,
  "/keys/:id/secrets/:secret": async ({ keyId }) => (await call("GET", `/v1/api-keys/${keyId}`)).body.secrets[0].id,
  "/workspaces/:id": ({ workspaceId }) => workspaceId,
  "/members/:id": ({ ownerId }) => ownerId,
  "/sessions/:id": async ({ ownerId }) => (await call("GET", `/v1/sessions?member_id=${ownerId}`)).body.data[0].id,
  "/organizations/:id": ({ id }) => id,
  "/key-requests/:id": async ({ ownerId }) => {
    const wanted = { name: "Key", purpose: "Work", environment: "sandbox", scopes: ["signatures:read"] };
    return (await call("POST", "/v1/key-requests", wanted, { "Keygate-Act-As": ownerId })).body.id;
  },
  "/errors/:code": () => "scope_missing",
  "/docs/:name": () => "createApiKey",
};

async function pathOf(route: string, of: Organization): Promise<string> {
  const segments = route.split("/").map((segment, at, all) => {
    if (!segment.startsWith(":")) return segment;
    const sample = SAMPLES[all.slice(0, at + 1).join("/")];
    if (!sample) throw new Error(`the new route ${route} needs a sample for ${segment}`);
    return sample(of);
  });
  const path = (await Promise.all(segments)).join("/");
  return route.startsWith("/keys/selected/") ? `${path}?key=${of.keyId}` : path;
}

/** One route for each of the words that a parameter can be. */
function spelledOut(route: string): string[] {
  const parameter = /:\w+\{([\w|-]+)\}/.exec(route);
  if (!parameter) return [route];
  return (parameter[1] as string).split("|").flatMap((word) => spelledOut(route.replace(parameter[0], word)));
}

const ROUTES = [
  ...new Set(
    consolePages()
      .routes.filter(({ method, path }) => method === "GET" && !path.includes("*") && !path.startsWith("/sign-in"))
      .flatMap(({ path }) => spelledOut(path)),
  ),
];
const OPEN = /^\/(?:guide|errors|docs|go)\b/;
const QUERIES = [
  ...["/?days=1", "/?days=30", "/?days=90", "/keys?sort=name", "/keys?view=expiring", "/keys?view=broad"],
  ...["/keys?q=zzzz", "/go?q=zzzz", "/audit?actor=mem_none", "/audit?action=session.revoked", "/audit?target=key_none"],
];
const CASES = [...ROUTES, ...QUERIES].flatMap((route): (readonly [route: string, as: "owner" | "root"])[] => {
  if (route.startsWith("/organizations")) return [[route, "root"]];
  const own = [route, "owner"] as const;
  return OPEN.test(route) ? [own, [route, "root"]] : [own];
});

/** What reads more if there are more keys, and how much for each of them. Entries of one index, if it is not a file of all keys. */
const FOR_EACH_KEY: readonly (readonly [which: RegExp, rows: number])[] = [
  // Those that hold a place of the quota are counted.
  [/^\/(?:\?.*)?$|^\/organizations?(?:\/:id)?$/, 1],
  // Nothing matches, so all are looked at.
  [/[?&](?:q=zzzz|view=broad)$|^\/workspaces\/:id\/delete$/, 1],
  [/^\/(?:keys\/export|audit\/events)\./, 20],
];
/** What tells of single keys in use reads a row of usage for each of their days, its entry in an index, and the sorted sum. */
const TELLS_OF_KEYS_IN_USE = /^\/(?:\?.*)?$|^\/keys\/usage\.csv$/;
const MAX_ROWS_OF_USE = 3 * USED * DAYS * OUTCOMES.length;

describe("waits for little, and reads as much with twice as many keys", () => {
  test.for(CASES)("%s as %s", async ([route, as]) => {
    const [path, twin] = [await pathOf(route, few), await pathOf(route, many)];
    const cost = await costOf(path, as === "root" ? root : few.cookie);
    const twice = await costOf(twin, as === "root" ? root : many.cookie);
    expect.soft(cost.rounds).toBeLessThanOrEqual(MAX_ROUNDS + (MORE_ROUNDS[route] ?? 0));
    const forEach = FOR_EACH_KEY.find(([which]) => which.test(route))?.[1] ?? 0;
    expect.soft(twice.rowsRead - cost.rowsRead).toBeLessThanOrEqual(forEach * (MANY - FEW) + 20);
    const ofUse = TELLS_OF_KEYS_IN_USE.test(route) ? MAX_ROWS_OF_USE : 0;
    expect.soft(cost.rowsRead).toBeLessThanOrEqual(MAX_ROWS + forEach * FEW + ofUse);
  });
});
