import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import base from "../../gateway.config.ts";
import { compile } from "../../src/config/compile.ts";
import { defineGateway } from "../../src/index.ts";
import { createGateway, type Env } from "../../src/worker.ts";
import { askAuthority } from "../authority/ask.ts";
import { fieldsOf } from "../helpers/line-contract.ts";
import { captureLog, type Line } from "../helpers/log-lines.ts";
import { migrate, newClient, seedKey } from "../helpers/workerd.ts";
import { CONFIG } from "./config.ts";
import { buildPlane, type PlaneOptions, PRODUCTION, requestWith, SANDBOX, send, type TestPlane } from "./plane.ts";
import { cases, fewPerHour } from "./refused.ts";

beforeAll(migrate);
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The names of all fields that a line of these tests had. */
const seen = { request: new Set<string>(), reason_members: new Set<string>() };

function linesOf({ lines }: Pick<TestPlane, "lines">): Line[] {
  const parsed = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "request");
  for (const line of parsed) {
    for (const name of Object.keys(line)) seen.request.add(name);
    for (const name of Object.keys(line.reason_members ?? {})) seen.reason_members.add(name);
  }
  return parsed;
}

const last = (plane: Pick<TestPlane, "lines">) => linesOf(plane).at(-1) as Line;

describe("the line of a request", () => {
  test.for(Object.entries(cases))(
    "that is refused with %s has the contract's form, its code and its members",
    async ([code, { seed, path = "/files/a", init, request, plane: options, before = 0 }]) => {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2040, 4, 31, 12) });
      const [key, plane, address] = [await seedKey(seed), buildPlane(options), newClient()];
      for (let n = 0; n < before; n++) await send(plane, requestWith(key, path, init), { address });
      const response = await send(plane, request?.(key.secret) ?? requestWith(key, path, init), { address });
      const line = last(plane);
      expect(line).toMatchObject({ decision: "refused", reason: code, status: response.status, time: Date.now() });
      expect(line.level).toBe(response.status >= 500 ? "error" : "info");
      expect(line.origin === undefined).toBe(code !== "origin_unreachable");
      expect(line.reason_members).toEqual(MEMBERS[code]);
    },
  );

  /** Of the others there is nothing more to say, or nothing that may be. */
  const MEMBERS: Record<string, Line> = {
    credentials_malformed: { problem: expect.stringContaining("more than one space") },
    environment_mismatch: { key_environment: "production" },
    method_not_allowed: { allow: ["GET", "HEAD", "POST"] },
    path_ambiguous: { problem: expect.any(String) },
    query_ambiguous: { problem: "the name of a parameter contains NUL" },
    target_forbidden: { field: "Destination", problem: expect.any(String) },
    url_too_long: { limit: 16_384 },
    headers_too_large: { problem: "they are more than 65536 bytes" },
    body_too_large: { limit: 104_857_600 },
    websocket_handshake_invalid: { problem: "its method is not GET" },
    scope_missing: { required_scopes: ["folders:delete"], lacking_in: ["scopes", "role", "permission"] },
    rate_exceeded: { violated_policies: ["hourly"], retry_after_ms: 3_600_000, limit: 1, window_seconds: 3_600 },
    quota_exceeded: { violated_policies: ["monthly"], retry_after_ms: 43_200_000, limit: 1, window_seconds: 2_678_400 },
    plan_unknown: { plan: "gold" },
  };

  test("that names a workspace has its id only if it is one of this gateway's", async () => {
    const [key, plane] = [await seedKey({ reach: "workspace" }), buildPlane()];
    const id = `ws_${"0".repeat(32)}`;
    for (const workspace of [id, "canary@example.com"])
      await send(plane, requestWith(key, `/workspaces/${workspace}/folders/1`));
    expect(linesOf(plane)).toMatchObject([
      { reason: "workspace_forbidden", reason_members: { workspace: id } },
      { reason: "workspace_forbidden" },
    ]);
    expect(plane.lines.join()).not.toContain("canary");
  });

  test("whose origin takes too long says so, with the deadline and the name of the origin", async () => {
    const config = defineGateway({
      ...CONFIG,
      routes: [{ path: "/slow", origin: "api", public: true, timeoutSeconds: 1 }],
    });
    const plane = buildPlane({
      gateway: compile(config),
      originFetch: (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    await send(plane, new Request(`${SANDBOX}/slow`));
    expect(last(plane)).toMatchObject({
      level: "error",
      reason: "origin_timeout",
      reason_members: { timeout_seconds: 1 },
      origin: "api",
    });
    expect(last(plane).origin_ms).toBeGreaterThanOrEqual(990);
  });

  test("of a key without limits: first asked for, then held, uncounted", async () => {
    const [key, plane, address] = [await seedKey(), buildPlane(), newClient()];
    for (let n = 0; n < 2; n++) await send(plane, requestWith(key, "/files/a"), { address });
    expect(linesOf(plane)).toMatchObject([
      { found_in: "d1", lease: "asked", lease_kind: "uncounted" },
      { found_in: "memory", lease: "held", lease_kind: "uncounted" },
    ]);
    expect(last(plane)).not.toHaveProperty("lease_ms");
    expect(last(plane)).not.toHaveProperty("identify_ms");
  });

  test("of a key with limits: tokens, and then a denial", async () => {
    const [key, plane, address] = [await seedKey(fewPerHour), buildPlane(), newClient()];
    for (let n = 0; n < 3; n++) await send(plane, requestWith(key, "/files/a"), { address });
    expect(linesOf(plane).map(({ lease, lease_kind }) => [lease, lease_kind])).toEqual([
      ["asked", "tokens"],
      ["asked", "denial"],
      ["held", "denial"],
    ]);
  });

  test("without its authority, on a route that allows that, is degraded", async () => {
    let [now, isDown] = [Date.now(), false];
    const config = defineGateway({
      ...CONFIG,
      routes: [{ path: "/open", origin: "api", resource: "folders", onAuthorityFailure: "open" }],
    });
    const ask: PlaneOptions["ask"] = (question) =>
      isDown ? Promise.reject(new Error("down")) : askAuthority(question);
    const plane = buildPlane({ gateway: compile(config), ask, now: () => now });
    const key = await seedKey();
    await send(plane, requestWith(key, "/open"));
    isDown = true;
    now += 60_000;
    const response = await send(plane, requestWith(key, "/open"));
    expect(response.headers.get("Keygate-Degraded")).toBe("authority");
    expect(last(plane)).toMatchObject({ decision: "forwarded", lease: "degraded" });
  });

  test("tells apart where the time went", async () => {
    let now = Date.UTC(2040, 1);
    const slow = async <T>(ms: number, what: Promise<T>) => {
      const result = await what;
      now += ms;
      return result;
    };
    const kv = new Proxy(env.KV, {
      get: (target, name) =>
        name === "get" ? (...given: [string]) => slow(3, target.get(...given)) : Reflect.get(target, name).bind(target),
    });
    const plane = buildPlane({
      now: () => now,
      kv,
      ask: (question) => slow(20, askAuthority(question)),
      originFetch: () => slow(100, Promise.resolve(new Response("slow", { status: 404 }))),
    });
    await send(plane, requestWith(await seedKey(), "/files/a"));
    expect(last(plane)).toMatchObject({
      decision: "forwarded",
      time: Date.UTC(2040, 1),
      status: 404,
      origin_status: 404,
      identify_ms: 3,
      lease_ms: 20,
      origin_ms: 100,
      gateway_ms: 23,
    });
  });

  test("that was sent twice says so", async () => {
    let tries = 0;
    const plane = buildPlane({
      originFetch: async () => {
        if (tries++ === 0) throw new Error("connection lost");
        return new Response(null, { status: 204 });
      },
    });
    await send(plane, new Request(`${SANDBOX}/status`));
    expect(last(plane)).toMatchObject({ decision: "forwarded", retried: true, origin_status: 204, response_bytes: 0 });
  });

  test.for<[what: string, body: string | undefined, length: string | undefined, request: number | null]>([
    ["no body", undefined, undefined, 0],
    ["a body of a known length", "12345", "5", 5],
    ["a chunked body", "12345", undefined, null],
  ])("has the length of bodies as far as it is announced: %s", async ([, body, length, bytes]) => {
    const headers = { ...(length && { "Content-Length": length }) };
    const plane = buildPlane({ originFetch: async () => new Response(body, { headers }) });
    const init = body ? { method: "POST", body, headers } : {};
    await send(plane, new Request(`${SANDBOX}/status`, init));
    expect(last(plane)).toMatchObject({ request_bytes: bytes, response_bytes: bytes });
  });

  test("of a WebSocket has the status 101, and no length", async () => {
    const [{ 1: socket }, key] = [new WebSocketPair(), await seedKey()];
    const plane = buildPlane({ originFetch: async () => new Response(null, { status: 101, webSocket: socket }) });
    const headers = {
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    await send(plane, requestWith(key, "/files/a", { headers }));
    expect(last(plane)).toMatchObject({
      decision: "forwarded",
      status: 101,
      origin_status: 101,
      request_bytes: 0,
      response_bytes: null,
    });
  });

  test("that the gateway answers itself is neither forwarded nor refused", async () => {
    const config = defineGateway({
      ...CONFIG,
      routes: [...CONFIG.routes, { path: "/own", origin: "api", public: true, onRequest: () => new Response("own") }],
    });
    const plane = buildPlane({ gateway: compile(config) });
    const headers = { Origin: "https://app.test", "Access-Control-Request-Method": "GET" };
    await send(plane, new Request(`${SANDBOX}/pages/1`, { method: "OPTIONS", headers }));
    await send(plane, new Request(`${SANDBOX}/own`));
    expect(plane.sent).toEqual([]);
    expect(linesOf(plane)).toMatchObject([
      { decision: "answered", status: 204 },
      { decision: "answered", status: 200, route: "/own" },
    ]);
    for (const line of linesOf(plane))
      for (const name of ["origin", "origin_status", "origin_ms"]) expect(line).not.toHaveProperty(name);
  });
});

describe("the trace id", () => {
  const GIVEN = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = { traceparent: `00-${GIVEN}-00f067aa0ba902b7-01` };

  test.for<[what: string, init: RequestInit, id: string | undefined]>([
    ["the client's", { headers }, GIVEN],
    ["a new one", {}, undefined],
    [
      "a new one where the client's is not valid",
      { headers: { traceparent: `00-${GIVEN}-0000000000000000-01` } },
      undefined,
    ],
  ])("is the one that the origin gets: %s", async ([, init, id]) => {
    const plane = buildPlane();
    await send(plane, new Request(`${SANDBOX}/status`, init));
    const { trace_id, request_id } = last(plane);
    expect(plane.sent[0]?.headers.get("traceparent")?.split("-")[1]).toBe(trace_id);
    expect(trace_id).toBe(id ?? request_id.slice(4));
  });

  test("is the client's also where the request is refused", async () => {
    const plane = buildPlane();
    await send(plane, new Request(`${SANDBOX}/files/a`, { headers }));
    expect(last(plane)).toMatchObject({ reason: "credentials_missing", trace_id: GIVEN });
  });

  test("is the one that onRequest sets", async () => {
    const onRequest = (request: Request) => request.headers.set("traceparent", headers.traceparent);
    const config = defineGateway({ ...CONFIG, routes: [{ path: "/traced", origin: "api", public: true, onRequest }] });
    const plane = buildPlane({ gateway: compile(config) });
    await send(plane, new Request(`${SANDBOX}/traced`));
    expect(last(plane).trace_id).toBe(GIVEN);
  });
});

describe("the client's address", () => {
  test.for<["full" | "truncated" | "none" | undefined, string, string | undefined]>([
    [undefined, "203.0.113.77", "203.0.113.0/24"],
    ["truncated", "2001:db8:1:2::77", "2001:db8:1::/48"],
    ["full", "203.0.113.77", "203.0.113.77"],
    ["none", "203.0.113.77", undefined],
    ["full", "", undefined],
    ["truncated", "", undefined],
  ])("is logged as the configuration says: %s, of %j, is %s", async ([clientAddress, address, expected]) => {
    const gateway = compile({ ...CONFIG, ...(clientAddress && { logging: { clientAddress } }) });
    const plane = buildPlane({ gateway });
    await send(plane, new Request(`${SANDBOX}/status`), { address });
    expect(last(plane).client_address).toBe(expected);
  });
});

describe("a request that does not go to a URL", () => {
  const config = defineGateway({
    ...base,
    origins: { main: { handler: "app" } },
    routes: [{ path: "/handled", origin: "main", resource: "folders" }],
  });
  const gateway = createGateway(config, {
    handlers: { app: new Hono().get("/handled", (c) => c.text("handled", 201)) },
  });
  const app = new Hono<{ Bindings: Env }>()
    .use("/v1/guarded/*", gateway.protect({ resource: "folders" }))
    .get("/v1/guarded/*", (c) => c.text("guarded"))
    .route("/", gateway);

  async function lineOf(url: string, init: RequestInit = {}): Promise<Line> {
    const lines: string[] = [];
    captureLog((line) => lines.push(line));
    await (await app.request(url, init, env as unknown as Env, createExecutionContext())).text();
    expect(lines).toHaveLength(1);
    return last({ lines });
  }

  test.for([
    ["/v1/handled", { route: "/handled", origin: "main", status: 201, origin_status: 201 }],
    ["/v1/guarded/7", { route: "/v1/guarded/*", origin: "protected", status: 200, origin_status: 200 }],
  ] as const)("is logged like any other: %s", async ([path, expected]) => {
    const key = await seedKey({ scopes: ["folders:read"] });
    const headers = { Authorization: `Bearer ${key.secret}` };
    expect(await lineOf(`https://sandbox.example.com${path}`, { headers })).toMatchObject({
      decision: "forwarded",
      key_id: key.id,
      ...expected,
    });
  });

  test("for the public keys is answered, or refused, with the id that the client gets", async () => {
    const url = `${config.environments.sandbox?.issuer}/.well-known/jwks.json`;
    const expected = { environment: "sandbox", route: "/.well-known/jwks.json" };
    expect(await lineOf(url)).toMatchObject({ decision: "answered", status: 200, ...expected });
    expect(await lineOf(url, { method: "POST" })).toMatchObject({
      reason: "method_not_allowed",
      status: 405,
      ...expected,
    });
  });
});

describe("nothing that must not be in the log is there", () => {
  const NAMES = ["query", "cookie", "body", "path", "agent", "referer", "state", "host"].map((name) => `canary${name}`);

  test.for(Object.entries(cases))(
    "of a request that is refused with %s",
    async ([, { seed, path = "/files/canarypath", init, request, plane: options, before = 0 }]) => {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2040, 4, 31, 12) });
      const [key, plane, address] = [await seedKey(seed), buildPlane(options), newClient()];
      const marked = () => {
        const plain = request?.(key.secret) ?? requestWith(key, path, init);
        const url = `${plain.url}${plain.url.includes("?") ? "&" : "?"}email=canaryquery%40example.com`;
        const marked = new Request(url, plain.method === "GET" ? plain : new Request(plain, { body: "canarybody" }));
        marked.headers.append("Cookie", "session=canarycookie");
        for (const [name, value] of Object.entries({
          "User-Agent": "canaryagent",
          Referer: "https://canaryreferer.test",
          tracestate: "canary=canarystate",
          "X-Forwarded-Host": "canaryhost",
        }))
          marked.headers.set(name, value);
        return marked;
      };
      for (let n = 0; n <= before; n++) await send(plane, marked(), { address });
      const told = plane.lines.join("\n");
      for (const canary of [...NAMES, address, key.secret.slice(8, 16), "canary"]) expect(told).not.toContain(canary);
    },
  );

  test("of a request that is forwarded, and whose origin answers with as much", async () => {
    const [key, address] = [await seedKey({ environment: "production" }), newClient()];
    const plane = buildPlane({
      originFetch: async () =>
        new Response("canarybody", { headers: { "X-Canary": "canaryheader", Location: "/canarypath" } }),
    });
    const init = { method: "POST", body: "canarybody", headers: { Cookie: "canarycookie" } };
    await send(plane, new Request(`${PRODUCTION}/files/canarypath?canaryquery`, requestWith(key, "/files/a", init)), {
      address,
    });
    expect(last(plane)).toMatchObject({ decision: "forwarded", key_id: key.id });
    expect(plane.lines.join()).not.toContain("canary");
    expect(plane.lines.join()).not.toContain(address);
  });
});

test("these lines had every field of the contract, and no line had another", () => {
  expect([...seen.request].sort()).toEqual(fieldsOf("request"));
  // Only the management API refuses with an environment.
  expect([...seen.reason_members, "environment"].sort()).toEqual(fieldsOf("reason_members"));
});
