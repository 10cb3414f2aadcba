import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Code, ERRORS } from "../../src/errors.ts";
import { instrumentAuthority } from "../authority/ask.ts";
import {
  addSecret,
  failing,
  instrument,
  migrate,
  newClient,
  newSecret,
  type Seed,
  seedKey,
} from "../helpers/workerd.ts";
import { buildPlane, codeOf, type PlaneOptions, requestWith, SANDBOX, send } from "./plane.ts";
import { cases, fewPerHour } from "./refused.ts";

beforeAll(migrate);
afterEach(() => {
  vi.useRealTimers();
});

const QUERY_CANARY = "canaryquery";
const BODY_CANARY = "canarybody";

/** Headers that only some refusals have. */
const TELLING = ["WWW-Authenticate", "Retry-After", "Allow", "RateLimit", "RateLimit-Policy", "Sec-WebSocket-Version"];

describe.each(Object.entries(cases))(
  "%s",
  (code, { message, seed, path = "/files/a", init, request, plane: options, before = 0, ...expected }) => {
    test("is answered with its status and headers, a problem document, and one line in the log, after a message about what broke, and tells no secret", async () => {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2040, 4, 31, 12) });
      const key = await seedKey(seed);
      const plane = buildPlane(options);
      const address = newClient();
      for (let i = 0; i < before; i++)
        expect((await send(plane, requestWith(key, path, init), { address })).status).toBe(200);
      const asked = request?.(key.secret) ?? requestWith(key, path, init);
      const response = await send(plane, asked, { address });
      const text = await response.text();

      expect(response.status).toBe(expected.status);
      expect(response.headers.get("Content-Type")).toBe("application/problem+json");
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      const requestId = response.headers.get("X-Request-Id") as string;
      expect(JSON.parse(text)).toEqual({
        type: `https://keys.test/errors/${code}`,
        title: ERRORS[code as Code].title,
        status: expected.status,
        detail: expect.stringMatching(/\.$/),
        code,
        fix: ERRORS[code as Code].fix,
        request_id: requestId,
        ...expected.members,
      });
      const telling = Object.fromEntries(
        TELLING.flatMap((name) => (response.headers.has(name) ? [[name, response.headers.get(name)]] : [])),
      );
      expect(telling).toEqual(expected.headers ?? {});

      expect(plane.lines.slice(before).map((line) => JSON.parse(line))).toEqual([
        ...(message
          ? [
              expect.objectContaining({
                level: "error",
                message: expect.stringContaining(message),
                request_id: requestId,
              }),
            ]
          : []),
        expect.objectContaining({ request_id: requestId, decision: "refused", reason: code, status: expected.status }),
      ]);
      const told = text + JSON.stringify([...response.headers]) + plane.lines.join();
      expect(told).not.toContain(key.secret.slice(8, 16));
      if (!["origin_unreachable"].includes(code)) expect(plane.sent.slice(before)).toEqual([]);
    });
  },
);

test("every code of the data plane has a case here, or a test of its own", () => {
  const overRealSockets = ["length_required", "request_broken_off", "request_timeout"];
  const ofTheirOwn = ["origin_timeout", "internal_error", "assertion_unavailable", ...overRealSockets];
  const ofManagement = [
    "request_invalid",
    "validation_failed",
    "not_found",
    "token_invalid",
    "conflict",
    "key_quota_reached",
    "environment_not_allowed",
    "management_forbidden",
    "management_rate_exceeded",
    "usage_unavailable",
    "session_ended",
    "sign_in_link_invalid",
    "cross_site_refused",
    "precondition_failed",
    "idempotency_key_reused",
  ];
  const missing = Object.keys(ERRORS).filter(
    (code) => !(code in cases) && !ofTheirOwn.includes(code) && !ofManagement.includes(code),
  );
  expect(missing).toEqual([]);
});

describe("faults on the way", () => {
  test("an origin that does not begin its answer within 30 s is given up, and told so", async () => {
    const key = await seedKey();
    let aborted = false;
    const plane = buildPlane({
      originFetch: (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(new Error("aborted"));
          });
        }),
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const answer = send(plane, requestWith(key, "/files/a"), { address: newClient() });
    await vi.waitUntil(() => plane.sent.length === 1, { timeout: 10_000 });
    await vi.advanceTimersByTimeAsync(29_000);
    expect(aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    const response = await answer;
    expect([response.status, await codeOf(response), aborted]).toEqual([504, "origin_timeout", true]);
  });

  test("an origin hears of a client that leaves as of an abort, whatever the gateway logs of it", async () => {
    const key = await seedKey();
    let reason: unknown;
    const plane = buildPlane({
      originFetch: (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            reject(signal.reason);
          });
        }),
    });
    const client = new AbortController();
    const answer = send(plane, new Request(requestWith(key, "/files/a"), { signal: client.signal }), {
      address: newClient(),
    });
    await vi.waitUntil(() => plane.sent.length === 1, { timeout: 10_000 });
    client.abort();
    expect(await codeOf(await answer)).toBe("request_broken_off");
    expect(reason).toMatchObject({ name: "AbortError" });
  });

  test("whatever breaks inside is a 500 that tells the caller nothing of it, and the log what it was", async () => {
    const key = await seedKey();
    const plane = buildPlane();
    const broken = {
      ...plane,
      originOf: () => {
        throw new Error("the service binding X is missing");
      },
    };
    const response = await send(broken, requestWith(key, `/files/a?q=${QUERY_CANARY}`), { address: newClient() });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("service binding");
    expect(plane.lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "error", message: expect.stringContaining("the service binding X is missing") },
      { reason: "internal_error", status: 500 },
    ]);
    expect(plane.lines.join()).not.toContain(QUERY_CANARY);
    expect(plane.lines.join()).not.toContain(key.secret.slice(8, 16));
  });

  test.each([
    ["D1 and KV", { db: instrument(env.DB, failing), kv: instrument(env.KV, failing) }],
    ["the look-up budget", { lookupBudget: instrument(env.LOOKUP_BUDGET, failing) }],
    ["the authority", { ask: () => Promise.reject(new Error("down")) }],
  ] as [string, PlaneOptions][])(
    "%s down is a 503 for a good key and for an unknown one, never a 401, and no origin is called",
    async (_, options) => {
      const key = await seedKey();
      const plane = buildPlane(options);
      const good = await send(plane, requestWith(key, "/files/a"), { address: newClient() });
      expect(good.status).toBe(503);
      expect(plane.sent).toEqual([]);
    },
  );

  test("a new secret of a key works at once, though a lease without it still lives", async () => {
    const key = await seedKey();
    const plane = buildPlane();
    const address = newClient();
    await send(plane, requestWith(key, "/files/a"), { address });
    const secret = newSecret();
    await addSecret(key.id, secret);
    expect((await send(plane, requestWith({ ...key, secret }, "/files/a"), { address })).status).toBe(200);
  });

  test("a new secret that the authority cannot read, while D1 knows it, is a 503 and not a 401", async () => {
    const key = await seedKey();
    const plane = buildPlane();
    const address = newClient();
    await send(plane, requestWith(key, "/files/a"), { address });
    await instrumentAuthority(key, failing);
    const secret = newSecret();
    await addSecret(key.id, secret);
    const response = await send(plane, requestWith({ ...key, secret }, "/files/a"), { address });
    expect([response.status, await codeOf(response)]).toEqual([503, "authority_unavailable"]);
  });
});

describe("the order of refusals", () => {
  const everythingWrong: Seed = {
    environment: "production",
    revokedAt: 2,
    expiresAt: 3,
    organizationStatus: "suspended",
    memberRemovedAt: 2,
    disabledAt: 2,
    allowedAddresses: ["203.0.113.1"],
    scopes: ["vault:read"],
    reach: "workspace",
    ...fewPerHour,
  };
  const steps: [first: Code, mend: Partial<Seed>, path: string][] = [
    ["key_revoked", { revokedAt: undefined }, "/signatures/..%2fvault"],
    ["key_expired", { expiresAt: undefined }, "/signatures/..%2fvault"],
    ["organization_suspended", { organizationStatus: "active" }, "/signatures/..%2fvault"],
    ["member_inactive", { memberRemovedAt: undefined }, "/signatures/..%2fvault"],
    ["key_disabled", { disabledAt: undefined }, "/signatures/..%2fvault"],
    ["environment_mismatch", { environment: "sandbox" }, "/signatures/..%2fvault"],
    ["address_forbidden", { allowedAddresses: [] }, "/signatures/..%2fvault"],
    ["path_ambiguous", {}, "/signatures/..%2fvault"],
    ["workspace_forbidden", {}, "/workspaces/ws_other/folders/1"],
    ["scope_missing", {}, "/workspaces/WORKSPACE/folders/1"],
  ];

  test("is: the key's life, its environment, the address, the route, the workspace, the scope, and the limits last", async () => {
    const seed = { ...everythingWrong };
    for (const [code, mend, path] of steps) {
      const key = await seedKey(seed);
      const request = requestWith(
        { ...key, environment: "sandbox" },
        path.replace("WORKSPACE", key.workspaceIds[0] as string),
      );
      expect(await codeOf(await send(buildPlane(), request, { address: newClient() }))).toBe(code);
      Object.assign(seed, mend);
    }
    const key = await seedKey({ ...seed, scopes: ["folders:read"] });
    const [plane, address] = [buildPlane(), newClient()];
    const get = () => send(plane, requestWith(key, `/workspaces/${key.workspaceIds[0]}/folders/1`), { address });
    expect((await get()).status).toBe(200);
    expect(await codeOf(await get())).toBe("rate_exceeded");
    const elsewhere = await send(plane, requestWith(key, "/workspaces/ws_other/folders/1"), { address });
    expect(await codeOf(elsewhere)).toBe("workspace_forbidden");
  });

  test("puts a key in the URL before whatever is in the header", async () => {
    const key = await seedKey();
    for (const authorization of [undefined, "Basic x", `Bearer ${newSecret()}`]) {
      const headers = authorization === undefined ? undefined : { Authorization: authorization };
      const request = new Request(`${SANDBOX}/status?k=${key.secret}`, headers && { headers });
      expect(await codeOf(await send(buildPlane(), request, { address: newClient() }))).toBe("credentials_in_url");
    }
  });

  test("makes a refused request cost nothing of the key's limits", async () => {
    const key = await seedKey({ ...fewPerHour, scopes: ["folders:read"] });
    const [plane, address] = [buildPlane(), newClient()];
    const call = (path: string, init?: RequestInit) => send(plane, requestWith(key, path, init), { address });
    for (let i = 0; i < 5; i++) {
      expect(await codeOf(await call("/vault"))).toBe("scope_missing");
      expect(await codeOf(await call("/nowhere"))).toBe("no_such_route");
      expect(await codeOf(await call("/vault", { method: "PUT" }))).toBe("method_not_allowed");
    }
    expect((await call("/files/a")).status).toBe(200);
    expect(await codeOf(await call("/files/a"))).toBe("rate_exceeded");
  });
});

describe("who does not hold a living key", () => {
  const places: [what: string, path: string, init?: RequestInit][] = [
    ["an existing route", "/files/a"],
    ["a missing route", "/nowhere"],
    ["an ambiguous path", "/signatures/..%2fvault"],
    ["an encoded NUL", "/files/%00"],
    ["a method that the route does not take", "/vault", { method: "PUT" }],
    ["a workspace", "/workspaces/ws_1/folders/1"],
    ["two workspaces", "/reports?workspace=a&workspace=b"],
    ["a route that needs another scope", "/signatures/vault/1", { method: "DELETE" }],
    [
      "a preflight of a route without CORS",
      "/vault",
      { method: "OPTIONS", headers: { Origin: "https://app.test", "Access-Control-Request-Method": "GET" } },
    ],
    [
      "a preflight of a missing route",
      "/nowhere",
      { method: "OPTIONS", headers: { Origin: "https://app.test", "Access-Control-Request-Method": "GET" } },
    ],
  ];

  async function answersTo(authorization: string | undefined, page: string | undefined): Promise<Set<string>> {
    const [plane, address] = [buildPlane(), newClient()];
    const answers = places.map(async ([, path, init]) => {
      const headers = new Headers(init?.headers);
      if (authorization !== undefined) headers.set("Authorization", authorization);
      if (page === undefined) headers.delete("Origin");
      else headers.set("Origin", page);
      const response = await send(plane, new Request(`${SANDBOX}${path}`, { ...init, headers }), { address });
      const id = response.headers.get("X-Request-Id") as string;
      return JSON.stringify([response.status, [...response.headers], await response.text()]).replaceAll(id, "ID");
    });
    expect(plane.sent).toEqual([]);
    return new Set(await Promise.all(answers));
  }

  test.each([
    ["no key", async () => undefined, "credentials_missing"],
    ["a malformed key", async () => "Bearer nonsense", "credentials_malformed"],
    ["an unknown key", async () => `Bearer ${newSecret()}`, "key_unknown"],
    ["a revoked key", async () => `Bearer ${(await seedKey({ revokedAt: 2 })).secret}`, "key_revoked"],
  ] as [string, () => Promise<string | undefined>, string][])(
    "but %s gets one and the same answer for every path, existing, missing or ambiguous",
    async (_, authorization, code) => {
      for (const page of [undefined, "https://app.test", "https://evil.test"]) {
        const answers = await answersTo(await authorization(), page);
        expect([...answers]).toEqual([expect.stringContaining(code)]);
      }
    },
  );
});

describe("a public route", () => {
  test("takes a request without a key, and reads none that is sent", async () => {
    const plane = buildPlane();
    for (const headers of [undefined, { Authorization: "Basic x" }, { Authorization: `Bearer ${newSecret()}` }]) {
      const response = await send(plane, new Request(`${SANDBOX}/status`, headers && { headers }));
      expect(response.status).toBe(200);
    }
    expect(plane.sent.map(({ headers }) => [headers.get("Authorization"), headers.get("Keygate-Key-Id")])).toEqual(
      Array(3).fill([null, null]),
    );
  });

  test("takes a request while everything else is down", async () => {
    const down = {
      db: instrument(env.DB, failing),
      kv: instrument(env.KV, failing),
      ask: () => Promise.reject(new Error("down")),
    };
    expect((await send(buildPlane(down), new Request(`${SANDBOX}/status`))).status).toBe(200);
  });
});

describe("the log", () => {
  test("has one line a request, with the decision and where the key was found, and no secret, query or body", async () => {
    const key = await seedKey();
    const [plane, address] = [buildPlane(), newClient()];
    const init = { method: "POST", body: BODY_CANARY, headers: { Cookie: "canarycookie" } };
    for (let i = 0; i < 2; i++)
      await send(plane, requestWith(key, `/files/canarypath?q=${QUERY_CANARY}`, init), { address });
    expect(plane.lines.map((line) => JSON.parse(line))).toMatchObject([{ found_in: "d1" }, { found_in: "memory" }]);
    const { identify_ms, lease_ms, ...line } = JSON.parse(plane.lines[0] as string);
    expect(line).toEqual({
      version: 1,
      kind: "request",
      level: "info",
      time: expect.any(Number),
      request_id: expect.stringMatching(/^req_/),
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      decision: "forwarded",
      status: 200,
      environment: "sandbox",
      method: "POST",
      route: "/files/:name",
      key_id: key.id,
      organization_id: key.organizationId,
      member_id: key.memberId,
      client_address: expect.stringMatching(/^2001:db8:(?:[0-9a-f]+:)?:\/48$/),
      found_in: "d1",
      lease: "asked",
      lease_kind: "uncounted",
      origin: "api",
      origin_status: 200,
      gateway_ms: expect.any(Number),
      origin_ms: expect.any(Number),
      request_bytes: null,
      response_bytes: null,
    });
    expect(plane.lines.join()).not.toMatch(/canary/);
    expect(plane.lines.join()).not.toContain(key.secret.slice(8, 16));
  });

  test("tells the time at the origin apart from the gateway's own", async () => {
    const key = await seedKey();
    let now = Date.now();
    const plane = buildPlane({
      now: () => now,
      originFetch: async () => {
        now += 120;
        return new Response("slow");
      },
    });
    await send(plane, requestWith(key, "/files/a"), { address: newClient() });
    expect(JSON.parse(plane.lines[0] as string)).toMatchObject({ gateway_ms: 0, origin_ms: 120 });
  });
});
