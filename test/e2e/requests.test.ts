/** Requests, found by the ids that their answers had. */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateSecret } from "../../src/domain/secret.ts";
import { type Code, ERRORS } from "../../src/errors.ts";
import { command } from "../cli/helpers.ts";
import { startDirect } from "../helpers/direct.ts";
import type { RunningGateway } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { headerOf, rawRequest, sendRaw } from "../helpers/raw.ts";
import { type Key, seed, someAddress, type Tenant } from "../helpers/seed.ts";
import { readState } from "./at-rest.ts";
import { guardingText } from "./configs/base.ts";

/** What a test over HTTP cannot bring about, or the control plane alone answers. */
const ELSEWHERE: readonly Code[] = [
  // Base URLs of this machine have no https, and a client that leaves reads no id.
  ...(["https_required", "request_broken_off", "request_timeout"] as const),
  // Faults: see the tests of the pipeline.
  ...(["key_store_unavailable", "lookup_budget_spent", "authority_unavailable", "plan_unknown"] as const),
  ...(["assertion_unavailable", "internal_error"] as const),
  // Of the control plane.
  ...(["request_invalid", "validation_failed", "not_found", "token_invalid", "management_forbidden"] as const),
  ...([
    "management_rate_exceeded",
    "session_ended",
    "usage_unavailable",
    "sign_in_link_invalid",
    "cross_site_refused",
  ] as const),
  ...(["precondition_failed", "idempotency_key_reused", "conflict", "key_quota_reached"] as const),
  "environment_not_allowed",
];
const FLOOD = 3_000;
/** Isolates report every 10 s, and collectors pass that on at once after a pause. */
const KEPT_WITHIN_MS = 90_000;

interface Asked {
  readonly id: string;
  readonly status: number;
}

interface Sending {
  readonly key?: Key;
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly from?: string;
}

let gateway: RunningGateway;
let origins: Origin[];
let tenant: Tenant;
let keys: Record<"good" | "limited" | "flooding" | "other" | "readOnly", Key>;
const asked = new Map<string, Asked>();

async function ask(name: string, target: string, { key, method = "GET", headers = [], body, from }: Sending = {}) {
  const credential = key ? [["Authorization", `Bearer ${key.secret}`] as const] : [];
  const all = [["Host", `127.0.0.1:${gateway.port}`] as const, ...credential, ...headers];
  const client = from ?? someAddress();
  const response = await sendRaw(
    gateway.port,
    rawRequest(method, target, [...all, ["CF-Connecting-IP", client]], body),
  );
  const id = headerOf(response, "x-request-id");
  if (!response || !id) throw new Error(`${name} got no id: ${JSON.stringify(response)}`);
  asked.set(name, { id, status: response.status });
  return response;
}

const commandLine = (...args: string[]) =>
  command(args, { env: { KEYGATE_URL: `http://localhost:${gateway.port}`, KEYGATE_ROOT_TOKEN: gateway.rootToken } });
const read = (id: string) => gateway.manage("GET", `/v1/requests/${id}`);

async function untilKept(all: ReadonlyMap<string, Asked>): Promise<void> {
  const deadline = Date.now() + KEPT_WITHIN_MS;
  for (const [name, { id }] of all) {
    while ((await read(id)).status !== 200) {
      if (Date.now() > deadline)
        throw new Error(`${name}, ${id}, was not kept within ${KEPT_WITHIN_MS} ms:\n${gateway.output()}`);
      await new Promise((later) => setTimeout(later, 500));
    }
  }
}

beforeAll(async () => {
  origins = [await startOrigin(), await startOrigin()];
  const [production, sandbox] = origins.map(({ url }) => Number(new URL(url).port)) as [number, number];
  gateway = await startDirect(guardingText(production, sandbox));
  tenant = await seed(gateway);
  const hourly = { quotas: [{ name: "hour", limit: 1, per: "hour" }] };
  const minutely = { rates: [{ name: "minute", limit: 1, window: 60 }] };
  const [good, limited, flooding, other, readOnly] = (await Promise.all([
    tenant.key(),
    tenant.key({ limits: hourly }),
    tenant.key({ limits: minutely }),
    tenant.key({ limits: minutely }),
    tenant.key({ permission: "read-only" }),
  ])) as [Key, Key, Key, Key, Key];
  keys = { good, limited, flooding, other, readOnly };
  await refuseInEveryWay();
  await failAtTheOrigin(origins[1] as Origin);
  await flood();
  await untilKept(asked);
}, 300_000);

afterAll(async () => {
  await gateway?.stop();
  gateway?.forget();
  await Promise.all(origins.map((origin) => origin.stop()));
});

async function refuseInEveryWay(): Promise<void> {
  const { good, limited } = keys;
  const path = "/sandbox/signatures/1";
  const change = (key: Key, action: string, body: object = {}) =>
    gateway.manage("POST", `/v1/api-keys/${key.id}/${action}`, body);
  await ask("unknown_host", "/nowhere");
  await ask("credentials_missing", path);
  await ask("credentials_malformed", path, { headers: [["Authorization", "Basic YTpi"]] });
  await ask("credentials_repeated", path, { key: good, headers: [["Authorization", `Bearer ${good.secret}`]] });
  await ask("credentials_in_url", `${path}?key=${good.secret}`);
  const gone = await tenant.key();
  await ask("key_unknown", path, { key: { id: "", secret: generateSecret("kg_test", randomBytes) } });
  const rotated = await tenant.key();
  await change(rotated, "rotate", { grace_seconds: 0 });
  await ask("key_expired", path, { key: rotated });
  await change(gone, "revoke");
  await ask("key_revoked", path, { key: gone });
  const disabled = await tenant.key();
  await change(disabled, "disable");
  await ask("key_disabled", path, { key: disabled });
  const ofMember = await tenant.key({ role: "admin" });
  await gateway.manage("DELETE", `/v1/members/${tenant.members.admin}`);
  await ask("member_inactive", path, { key: ofMember });
  const suspended = await seed(gateway);
  const ofSuspended = await suspended.key();
  await gateway.manage("PATCH", `/v1/organizations/${suspended.organizationId}`, { status: "suspended" });
  await ask("organization_suspended", path, { key: ofSuspended });
  await ask("environment_mismatch", "/production/signatures/1", { key: good });
  const bound = await tenant.key({ allowed_addresses: ["203.0.113.0/24"] });
  await ask("address_forbidden", path, { key: bound, from: "198.51.100.77" });
  await ask("no_such_route", "/sandbox/nothing/here", { key: good });
  await ask("method_not_allowed", "/sandbox/only-get-and-post", { key: good, method: "DELETE" });
  await ask("path_ambiguous", "/sandbox/signatures/..%2fteammates", { key: good });
  const destination = ["Destination", `http://127.0.0.1:${gateway.port}/production/signatures/2`] as const;
  await ask("target_forbidden", path, { key: good, method: "COPY", headers: [destination] });
  await ask("query_ambiguous", `/sandbox/by-query/1?workspace=${tenant.workspaces[0]};x`, { key: good });
  await ask("url_too_long", `/sandbox/bounded/${"a".repeat(400)}`, { key: good });
  await ask("headers_too_large", "/sandbox/bounded/1", { key: good, headers: [["X-Long", "a".repeat(3_000)]] });
  await ask("body_too_large", "/sandbox/bounded/1", { key: good, method: "POST", body: "a".repeat(2_000) });
  const chunked = ["Transfer-Encoding", "chunked"] as const;
  await ask("length_required", path, { key: good, headers: [chunked] }).catch(() => undefined);
  await ask("websocket_handshake_invalid", path, { key: good, headers: [["Upgrade", "websocket"]] });
  const ofWorkspace = await tenant.key({ workspace_ids: [tenant.workspaces[0]] });
  await ask("workspace_forbidden", `/sandbox/workspaces/${tenant.workspaces[1]}/folders/1`, { key: ofWorkspace });
  await ask("workspace_repeated", "/sandbox/by-query/1?workspace=a&workspace=b", { key: good });
  const target = "/sandbox/signatures/canary-in-path?q=canary-in-query";
  const headers = [["X-Custom", "canary-in-header"]] as const;
  await ask("scope_missing", target, { key: keys.readOnly, method: "POST", headers, body: "canary-in-body" });
  await ask("200", path, { key: limited });
  await ask("quota_exceeded", path, { key: limited });
  await ask("origin_unreachable", "/sandbox/nobody/1", { key: good });
}

/** What the origin answers, and that it does not. */
async function failAtTheOrigin(origin: Origin): Promise<void> {
  for (const status of [404, 422, 500, 503]) {
    origin.answer((_, response) => response.writeHead(status).end());
    await ask(`origin ${status}`, "/sandbox/folders/1", { key: keys.good });
  }
  origin.answer(() => undefined);
  await ask("origin_timeout", "/sandbox/brisk/1", { key: keys.good });
  origin.reset();
}

/** Another key's errors come first, in the midst, and last. */
async function flood(): Promise<void> {
  const path = "/sandbox/folders/1";
  await ask("before the flood", path, { key: keys.other });
  await ask("first in the flood", path, { key: keys.other });
  await ask("rate_exceeded", path, { key: keys.flooding });
  for (let sent = 0; sent < FLOOD; sent += 50) {
    await Promise.all(
      Array.from({ length: 50 }, () =>
        fetch(`http://127.0.0.1:${gateway.port}${path}`, {
          headers: { Authorization: `Bearer ${keys.flooding.secret}` },
        }).then((response) => response.arrayBuffer()),
      ),
    );
    if (sent === FLOOD / 2) await ask("in the midst of the flood", path, { key: keys.other });
  }
  await ask("rate_exceeded", path, { key: keys.flooding });
  await ask("after the flood", path, { key: keys.other });
}

const codes = (Object.keys(ERRORS) as Code[]).filter((code) => !ELSEWHERE.includes(code));

describe("A refused request is found by the id in its answer", () => {
  test.each(codes)("%s", async (code) => {
    const { id, status } = asked.get(code) as Asked;
    const shown = await commandLine("requests", "show", id, "--json");
    expect(shown.stderr).toBe("");
    expect(JSON.parse(shown.stdout)).toMatchObject({ id, status, reason: code });
  });

  test.each([404, 422, 500, 503])("also if the origin answered %s", async (status) => {
    const { id } = asked.get(`origin ${status}`) as Asked;
    expect((await read(id)).body).toMatchObject({
      ...{ id, status, reason: null, origin: "main", origin_status: status, key_id: keys.good.id },
      ...{
        organization_id: tenant.organizationId,
        environment: "sandbox",
        route: "/folders/*",
        method: "GET",
        path: null,
      },
    });
  });
});

describe("A customer says 403, and gives the id", () => {
  test("one command says why, and what to change; after that change it says that nothing is left to do", async () => {
    const { id } = asked.get("scope_missing") as Asked;
    const before = await commandLine("requests", "explain", id);
    expect(before).toMatchObject({ code: 0, stderr: "" });
    expect(before.stdout).toContain("Refused: 403 scope_missing");
    expect(before.stdout).toContain("signatures:write");
    expect(before.stdout).toContain(`Change the permission of ${keys.readOnly.id} from read-only to full-access.`);
    const [, change = ""] = /keygate (keys change .*)/.exec(before.stdout) ?? [];
    expect(change).toBe(`keys change ${keys.readOnly.id} --permission full-access`);
    expect((await commandLine(...change.split(" "))).code).not.toBe(2);
    await gateway.manage("PATCH", `/v1/api-keys/${keys.readOnly.id}`, { permission: "full-access" });
    const after = await commandLine("requests", "explain", id);
    expect(after.stdout).toContain("Refused: 403 scope_missing");
    expect(after.stdout).toContain("Allowed");
    expect(after.stdout).toContain("Nothing: the gateway would allow the request now.");
  });
});

test("The commands of docs/requests.md do what the page says", async () => {
  const page = readFileSync(new URL("../../docs/requests.md", import.meta.url), "utf8");
  const commands = [...page.matchAll(/^npx --no-install keygate (requests .*)$/gm)].map(
    ([, command]) => command as string,
  );
  expect(commands.length).toBeGreaterThan(2);
  for (const command of commands) {
    const ids = { req: (asked.get("scope_missing") as Asked).id, key: keys.other.id, org: tenant.organizationId };
    const words = command.replace(/\b(req|key|org)_\w+/g, (_, kind: keyof typeof ids) => ids[kind]).split(" ");
    const { code, stdout, stderr } = await commandLine(...words);
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
    expect(stdout).toMatch(/scope_missing|rate_exceeded/);
  }
});

describe("A flood of one key", () => {
  test("costs no more than the bounds, and is counted", async () => {
    const query = `organization_id=${tenant.organizationId}&reason=rate_exceeded&route=/folders/*&limit=100`;
    const { status, body } = await gateway.manage("GET", `/v1/requests?${query}`);
    expect([status, body]).toMatchObject([200, { next_cursor: null }]);
    expect(body.data.length).toBeLessThanOrEqual(40);
    expect(body.data.length).toBeGreaterThanOrEqual(30);
    expect(body.data[0].alike).toBeGreaterThanOrEqual(FLOOD);
  });

  test.each(["first in the flood", "in the midst of the flood", "after the flood"])(
    "displaces no error of another key, %s",
    async (name) => {
      const { id, status } = asked.get(name) as Asked;
      expect(status).toBe(429);
      expect((await read(id)).body).toMatchObject({ id, reason: "rate_exceeded", key_id: keys.other.id });
    },
  );
});

describe("What is kept of requests", () => {
  const personal = ["198.51.100.77", "canary-in-path", "canary-in-query", "canary-in-header", "canary-in-body"];
  const canaries = () => [...personal, ...Object.values(keys).map(({ secret }) => secret.slice(0, 30))];

  test("names no person, and no secret, in answers", async () => {
    const all = await Promise.all([...asked.values()].map(({ id }) => read(id)));
    const text = JSON.stringify(all.map(({ body }) => body));
    expect(text).toContain(keys.good.id);
    expect(text).toContain("198.51.100.0");
    expect(canaries().filter((canary) => text.includes(canary))).toEqual([]);
  });

  test("names none at rest either", async () => {
    await gateway.stop();
    const files = readState(gateway.state).files.filter(({ file }) => file.includes("Courier"));
    expect(files.some(({ bytes }) => bytes.includes((asked.get("scope_missing") as Asked).id))).toBe(true);
    expect(canaries().filter((canary) => files.some(({ bytes }) => bytes.includes(canary)))).toEqual([]);
  });
});
