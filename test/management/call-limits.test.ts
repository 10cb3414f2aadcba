import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway } from "../../src/app.ts";
import { accountName } from "../../src/authority/name.ts";
import type { Env } from "../../src/env.ts";
import { GATEWAY } from "../helpers/control.ts";
import { migrate, newClient } from "../helpers/workerd.ts";
import { type Answer, auditOf, CONTROL, call, countRows, makeKey, makeMember, setUp, worker } from "./call.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const { calls, changes } = GATEWAY.management;
const objectOf = (name: string) => env.AUTHORITY.get(env.AUTHORITY.idFromName(name));
const bearing = ({ secret }: { secret: string }) => ({
  Authorization: `Bearer ${secret}`,
  "CF-Connecting-IP": newClient(),
});

/** Takes all that an account has, as some other isolate does. */
async function useUp(name: string, limits: typeof calls.actor): Promise<void> {
  const { tokens } = await objectOf(name).askAccount({ limits, waiting: 1_000_000, wanted: 0, reports: [] });
  expect(tokens).toBeGreaterThan(0);
}

/** A tenant with a key for everything, and a session of its owner. */
async function tenant() {
  const { organization, member, workspace, keyBody } = await setUp();
  const admin = await makeKey({ ...keyBody, environment: "production", scopes: ["admin"] });
  const { body: link } = await call("POST", "/v1/sign-in-links", { member_id: member.id });
  const signedIn = await worker.fetch(link.url, {
    method: "POST",
    redirect: "manual",
    headers: { Origin: CONTROL, "Sec-Fetch-Site": "same-origin" },
  });
  const cookie = (signedIn.headers.get("set-cookie") as string).split(";")[0] as string;
  return { organization, member, workspace, keyBody, admin, cookie };
}

/** By the cookie, as the console's pages call the API. */
async function bySession(cookie: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await worker.fetch(`${CONTROL}${path}`, {
    method,
    headers: { Cookie: cookie, Origin: CONTROL, "Sec-Fetch-Site": "same-origin" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

async function page(cookie: string, path: string, form?: Record<string, string>): Promise<Response> {
  return worker.fetch(`${CONTROL}${path}`, {
    redirect: "manual",
    headers: { Cookie: cookie, Origin: CONTROL, "Sec-Fetch-Site": "same-origin" },
    ...(form && { method: "POST", body: new URLSearchParams(form) }),
  });
}

describe("a key that changes something", () => {
  test("is told how its rate and its organization's stand", async () => {
    const { admin, organization } = await tenant();
    const made = await call("POST", "/v1/workspaces", { organization_id: organization.id, name: "A" }, bearing(admin));
    expect(made.status).toBe(201);
    expect(made.headers.get("ratelimit-policy")).toBe(
      '"actor-changes";q=300;w=3600, "organization-changes";q=1000;w=3600',
    );
    expect(made.headers.get("ratelimit")).toMatch(/^"actor-changes";r=299;t=\d+$/);
    const read = await call("GET", `/v1/workspaces?organization_id=${organization.id}`, undefined, bearing(admin));
    expect(read.headers.get("ratelimit-policy")).toBe('"actor-calls";q=600;w=60, "organization-calls";q=3000;w=60');
  });

  test("is refused once its rate is used up, changes nothing by it, and is admitted after exactly the time that it is told", async () => {
    const { admin, organization } = await tenant();
    await useUp(accountName("actor", admin.id, "changes"), changes.actor);
    const attempt = () =>
      call("POST", "/v1/workspaces", { organization_id: organization.id, name: "A" }, bearing(admin));
    const before = await Promise.all(["workspaces", "audit_events"].map(countRows));
    const refused = await attempt();
    expect([refused.status, refused.body.code, refused.body.violated_policies]).toEqual([
      429,
      "management_rate_exceeded",
      ["actor-changes"],
    ]);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.headers.get("ratelimit")).toMatch(/^"actor-changes";r=0;t=\d+$/);
    expect(await Promise.all(["workspaces", "audit_events"].map(countRows))).toEqual(before);
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThanOrEqual(1);
    wait(seconds * 1_000 - 1_000);
    expect((await attempt()).status).toBe(429);
    wait(1_000);
    expect((await attempt()).status).toBe(201);
  });

  test("is refused by its organization's rate too, which keys and members share", async () => {
    const { admin, organization, member } = await tenant();
    await useUp(accountName("organization", organization.id, "changes"), changes.organization);
    for (const headers of [bearing(admin), { "Keygate-Act-As": member.id }]) {
      const { status, body } = await call(
        "POST",
        "/v1/workspaces",
        { organization_id: organization.id, name: "A" },
        headers,
      );
      expect([status, body.violated_policies]).toEqual([429, ["organization-changes"]]);
    }
    const other = await tenant();
    const made = { organization_id: other.organization.id, name: "A" };
    expect((await call("POST", "/v1/workspaces", made, bearing(other.admin))).status).toBe(201);
  });

  test("cannot use up what other keys and the member's own sessions have", async () => {
    const { admin, organization, keyBody, cookie } = await tenant();
    const second = await makeKey({ ...keyBody, environment: "production", scopes: ["admin"] });
    await useUp(accountName("actor", admin.id, "changes"), changes.actor);
    await useUp(accountName("actor", admin.id, "calls"), calls.actor);
    const workspace = { organization_id: organization.id, name: "A" };
    expect((await call("POST", "/v1/workspaces", workspace, bearing(admin))).status).toBe(429);
    expect((await call("POST", "/v1/workspaces", workspace, bearing(second))).status).toBe(201);
    expect((await bySession(cookie, "POST", "/v1/workspaces", workspace)).status).toBe(201);
  });
});

describe("while everything of an organization is used up", () => {
  async function flooded() {
    const world = await tenant();
    const { organization, member, admin } = world;
    await useUp(accountName("organization", organization.id, "calls"), calls.organization);
    await useUp(accountName("organization", organization.id, "changes"), changes.organization);
    await useUp(accountName("actor", admin.id, "calls"), calls.actor);
    await useUp(accountName("actor", member.id, "calls"), calls.actor);
    return world;
  }

  test("its owner still finds the leaked key and revokes it, in the API", async () => {
    const { admin, organization, cookie } = await flooded();
    const list = await bySession(cookie, "GET", `/v1/api-keys?organization_id=${organization.id}`);
    expect([list.status, list.headers.get("ratelimit-policy")]).toEqual([200, '"reserve";q=30;w=60']);
    const revoked = await bySession(cookie, "POST", `/v1/api-keys/${admin.id}/revoke`, { reason: "leaked" });
    expect([revoked.status, revoked.body.status]).toEqual([200, "revoked"]);
    expect((await call("GET", "/v1/whoami", undefined, bearing(admin))).body.code).toBe("key_revoked");
  });

  test("and in the console", async () => {
    const { admin, cookie } = await flooded();
    for (const path of ["/keys", `/keys/${admin.id}`, `/keys/${admin.id}/revoke`]) {
      expect((await page(cookie, path)).status).toBe(200);
    }
    const form = { reason: "leaked", name: admin.name };
    expect((await page(cookie, `/keys/${admin.id}/revoke`, form)).status).toBe(303);
    expect((await auditOf(admin.id)).map(({ action }) => action)).toContain("api_key.revoked");
  });

  test.each([
    [
      "disable a key",
      (world: Awaited<ReturnType<typeof flooded>>) => ["POST", `/v1/api-keys/${world.admin.id}/disable`],
    ],
    [
      "end sessions",
      ({ member }: Awaited<ReturnType<typeof flooded>>) => ["DELETE", `/v1/sessions?member_id=${member.id}`],
    ],
    [
      "delete a workspace",
      ({ workspace }: Awaited<ReturnType<typeof flooded>>) => ["DELETE", `/v1/workspaces/${workspace.id}`],
    ],
  ] as const)("they can %s", async (_, callOf) => {
    const world = await flooded();
    const [method, path] = callOf(world) as [string, string];
    expect((await bySession(world.cookie, method, path)).status).toBe(200);
  });

  test("they can remove a member", async () => {
    const { cookie, organization } = await flooded();
    const gone = await makeMember(organization.id, { role: "member" });
    expect((await bySession(cookie, "DELETE", `/v1/members/${gone.id}`)).status).toBe(200);
  });

  test("they create and change nothing, and the console's form says when to come back", async () => {
    const { cookie, organization, admin } = await flooded();
    const workspace = { organization_id: organization.id, name: "A" };
    expect((await bySession(cookie, "POST", "/v1/workspaces", workspace)).status).toBe(429);
    const refused = await page(cookie, "/workspaces", { name: "A" });
    expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
    expect(await refused.text()).toContain("Too many calls");
    expect((await page(cookie, `/keys/${admin.id}/edit`, { name: "New" })).status).toBe(429);
    expect(await countRows(`workspaces WHERE organization_id = '${organization.id}'`)).toBe(1);
  });

  test("a flood by the leaked key leaves the owner's reserve alone, and the reserve is small", async () => {
    const { admin, cookie, organization } = await flooded();
    const list = `/v1/api-keys?organization_id=${organization.id}`;
    const statuses = [];
    for (let turn = 0; turn < 40; turn++) statuses.push((await call("GET", list, undefined, bearing(admin))).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(30);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    expect((await bySession(cookie, "GET", list)).status).toBe(200);
    const refused = await call("GET", list, undefined, bearing(admin));
    wait(Number(refused.headers.get("retry-after")) * 1_000);
    expect((await call("GET", list, undefined, bearing(admin))).status).toBe(200);
  });

  test("the root token does as it likes", async () => {
    const { organization, admin } = await flooded();
    const workspace = { organization_id: organization.id, name: "A" };
    const made = await call("POST", "/v1/workspaces", workspace);
    expect([made.status, made.headers.get("ratelimit-policy")]).toEqual([201, '"root";q=6000;w=60']);
    expect((await call("POST", `/v1/api-keys/${admin.id}/revoke`)).status).toBe(200);
  });
});

describe("a caller who was refused", () => {
  test("is refused again with no look at D1, for as long as the refusal lasts", async () => {
    const { admin, organization } = await tenant();
    await useUp(accountName("actor", admin.id, "changes"), changes.actor);
    const headers = bearing(admin);
    const attempt = () => call("POST", "/v1/workspaces", { organization_id: organization.id, name: "A" }, headers);
    expect((await attempt()).status).toBe(429);
    await env.DB.prepare("ALTER TABLE api_keys RENAME TO api_keys_gone").run();
    try {
      for (let turn = 0; turn < 20; turn++) expect((await attempt()).status).toBe(429);
      expect((await call("GET", "/v1/whoami", undefined, headers)).status).toBe(503);
    } finally {
      await env.DB.prepare("ALTER TABLE api_keys_gone RENAME TO api_keys").run();
    }
  });
});

describe("while the accounts cannot be asked", () => {
  /** The gateway with objects that fail, where their names say so. */
  async function callWithout(
    isDown: (name: string) => boolean,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const failing = new Proxy({}, { get: () => () => Promise.reject(new Error("no object answers")) });
    const { AUTHORITY } = env;
    const objects = {
      idFromName: (name: string) => (isDown(name) ? "down" : AUTHORITY.idFromName(name)),
      get: (id: DurableObjectId | "down") => (id === "down" ? failing : AUTHORITY.get(id)),
    };
    const request = new Request(`${CONTROL}${path}`, {
      method,
      headers: { Authorization: `Bearer ${env.KEYGATE_ROOT_TOKEN}`, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const gateway = createGateway(config);
    const bindings = { ...env, AUTHORITY: objects } as unknown as Env;
    const response = await gateway.fetch(request, bindings, createExecutionContext());
    return {
      status: response.status,
      body: (await response.json()) as { code: string; status: string },
      headers: response.headers,
    };
  }
  const isAccount = (name: string) => name.includes(":");

  test("members and keys read and revoke, and change nothing until later", async () => {
    const { admin, keyBody, organization, member } = await tenant();
    for (const headers of [bearing(admin), { "Keygate-Act-As": member.id }]) {
      const leaked = await makeKey({ ...keyBody, environment: "production" });
      const workspace = { organization_id: organization.id, name: "A" };
      const refused = await callWithout(isAccount, "POST", "/v1/workspaces", workspace, headers);
      expect([refused.status, refused.body.code]).toEqual([503, "authority_unavailable"]);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect((await callWithout(isAccount, "GET", "/v1/whoami", undefined, headers)).status).toBe(200);
      const revoked = await callWithout(isAccount, "POST", `/v1/api-keys/${leaked.id}/revoke`, {}, headers);
      expect([revoked.status, revoked.body.status]).toEqual([200, "revoked"]);
    }
    expect(await countRows(`workspaces WHERE organization_id = '${organization.id}'`)).toBe(1);
  });

  test("members revoke also where no object at all can be asked: it is written, and delivered later", async () => {
    const { admin, member } = await tenant();
    const path = `/v1/api-keys/${admin.id}/revoke`;
    const revoked = await callWithout(() => true, "POST", path, {}, { "Keygate-Act-As": member.id });
    expect([revoked.status, revoked.body.status]).toEqual([202, "revoked"]);
  });

  test("the root token can change everything", async () => {
    const { organization } = await tenant();
    const workspace = { organization_id: organization.id, name: "A" };
    expect((await callWithout(() => true, "POST", "/v1/workspaces", workspace)).status).toBe(201);
  });
});

describe("calls that are no operation", () => {
  test("count as reads of whoever makes them", async () => {
    const { admin } = await tenant();
    await useUp(accountName("actor", admin.id, "calls"), calls.actor);
    await useUp(accountName("reserve", admin.id, "calls"), {
      rates: [{ name: "reserve", limit: 30, window: 60, burst: 30 }],
      quotas: [],
    });
    const headers = bearing(admin);
    expect((await call("GET", "/v1/nothing", undefined, headers)).status).toBe(429);
    expect((await call("PUT", "/v1/api-keys", undefined, headers)).status).toBe(429);
  });

  test("without credentials, or with wrong ones, are counted for nobody", async () => {
    const answer = await call("GET", "/v1/whoami", undefined, { Authorization: `Bearer kgr_${"x".repeat(43)}` });
    expect([answer.status, answer.headers.get("ratelimit")]).toEqual([401, null]);
  });
});
