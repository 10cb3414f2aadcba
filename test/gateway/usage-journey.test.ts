/** From requests to what D1 knows of them: the real pipeline, reporter, collector and store. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { countIn } from "../../src/domain/histogram.ts";
import type { RouteTraffic } from "../../src/domain/traffic.ts";
import { authorityOf } from "../authority/ask.ts";
import { collectorAt, reportTo, settleCollector } from "../authority/collect.ts";
import { migrate, newClient, newSecret, type Seed, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { buildPlane, type PlaneOptions, PRODUCTION, requestWith, SANDBOX, send } from "./plane.ts";

beforeAll(migrate);

/** An isolate that tells what it has counted as soon as its work is waited for. */
function isolate(options: PlaneOptions = {}) {
  const plane = buildPlane({ reportAfterMs: 0, givesBack: false, ...options });
  const pending: Promise<unknown>[] = [];
  const client = { address: newClient(), waitUntil: (work: Promise<unknown>) => pending.push(work) };
  return {
    send: (request: Request) => send(plane, request, client),
    settled: () => Promise.all(pending),
  };
}

/** What D1 knows, once the collector has told it. */
async function usageOf(key: SeededKey): Promise<Record<string, number>> {
  await settleCollector(0);
  const { results } = await env.DB.prepare(
    "SELECT route, outcome, sum(requests) AS n FROM usage_days WHERE key_id = ? GROUP BY 1, 2",
  )
    .bind(key.id)
    .all<{ route: string; outcome: string; n: number }>();
  return Object.fromEntries(results.map(({ route, outcome, n }) => [`${route} ${outcome}`, n]));
}

async function lastUseOf({ id }: SeededKey): Promise<number | null> {
  const row = await env.DB.prepare("SELECT last_used_at FROM api_keys WHERE id = ?")
    .bind(id)
    .first<{ last_used_at: number | null }>();
  return row?.last_used_at ?? null;
}

async function scopesOf(key: SeededKey): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT scope FROM api_key_scope_uses WHERE key_id = ? ORDER BY 1")
    .bind(key.id)
    .all<{ scope: string }>();
  return results.map(({ scope }) => scope);
}

describe("all requests", () => {
  test("are the traffic of their route, with a key and without", async () => {
    const key = await seedKey({
      scopes: ["folders:read"],
      limits: { rates: [{ name: "r", limit: 3, window: 3_600 }] },
    });
    const answers = [200, 404, 503].map((status) => new Response("from the origin", { status }));
    const { send, settled } = isolate({ originFetch: async () => answers.shift() as Response });
    for (let n = 0; n < 4; n++) await send(requestWith(key, "/files/1"));
    await send(new Request(`${SANDBOX}/files/1`));
    await settled();
    const totals = (await collectorAt(0).trafficTotals()) as unknown as RouteTraffic[];
    const route = totals.find((route) => route.environment === "sandbox" && route.route === "/files/:name");
    expect([...(route?.outcomes ?? [])]).toEqual([
      ...[200, 404, 503].map((status) => [status, 1]),
      ...[
        ["rate_exceeded", 1],
        ["credentials_missing", 1],
      ],
    ]);
    expect(route?.answered.slice(0, 6)).toEqual([0, 1, 0, 1, 1, 0]);
    expect(route && [countIn(route.gatewayMs), countIn(route.originMs)]).toEqual([5, 3]);
  });
});

describe("requests of a key", () => {
  test("are counted under their route as configured and what became of them, with the scopes that they needed", async () => {
    const key = await seedKey({ scopes: ["signatures:read", "signatures:write"] });
    const { send, settled } = isolate();
    const paths = ["/signatures/1?token=secret", "/signatures/2", "/vault", "/nowhere"];
    for (const path of paths) await send(requestWith(key, path));
    await send(requestWith(key, "/signatures/search", { method: "POST" }));
    await send(requestWith(key, "/signatures/1", { method: "DELETE" }));
    await settled();
    expect(await usageOf(key)).toEqual({
      "/signatures/* forwarded": 2,
      "/signatures/* scope_missing": 1,
      "/signatures/search forwarded": 1,
      "/vault scope_missing": 1,
      " no_such_route": 1,
    });
    expect(await scopesOf(key)).toEqual(["signatures:read"]);
  });

  test("are counted where limits refuse them, where the origin fails, and in the wrong environment", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "r", limit: 2, window: 3_600 }] } });
    const { send, settled } = isolate({ originFetch: () => Promise.reject(new TypeError("no route to host")) });
    for (let i = 0; i < 3; i++) await send(requestWith(key, "/signatures/1"));
    await send(new Request(`${PRODUCTION}/signatures/1`, requestWith(key, "/signatures/1")));
    await settled();
    expect(await usageOf(key)).toEqual({
      "/signatures/* origin_unreachable": 2,
      "/signatures/* rate_exceeded": 1,
      "/signatures/* environment_mismatch": 1,
    });
    expect(await scopesOf(key)).toEqual([]);
  });

  test("are counted for each isolate, all together", async () => {
    const key = await seedKey();
    const isolates = [isolate(), isolate(), isolate()];
    await Promise.all(isolates.flatMap(({ send }) => [1, 2, 3].map(() => send(requestWith(key, "/signatures/1")))));
    await Promise.all(isolates.map(({ settled }) => settled()));
    expect(await usageOf(key)).toEqual({ "/signatures/* forwarded": 9 });
  });

  test("that are refused before a key is known, and those of public routes, count nowhere", async () => {
    const key = await seedKey();
    const { send, settled } = isolate();
    await send(new Request(`${SANDBOX}/signatures/1`));
    await send(requestWith({ ...key, secret: newSecret() }, "/signatures/1"));
    await send(new Request(`${SANDBOX}/signatures/1?key=${key.secret}`));
    await send(requestWith(key, "/status"));
    await settled();
    expect(await usageOf(key)).toEqual({});
  });

  test("are answered just the same while the collector cannot be told of them, and counted once it can", async () => {
    const key = await seedKey();
    let down = false;
    const report: PlaneOptions["report"] = (...told) => (down ? Promise.reject(new Error("down")) : reportTo(...told));
    const { send, settled } = isolate({ report });
    await send(requestWith(key, "/signatures/1"));
    down = true;
    expect((await send(requestWith(key, "/signatures/1"))).status).toBe(200);
    await settled();
    down = false;
    await send(requestWith(key, "/signatures/1"));
    await settled();
    expect(await usageOf(key)).toEqual({ "/signatures/* forwarded": 3 });
  });

  test("are counted while the authority cannot be asked, for the organization that D1 knows, and are no use of the key", async () => {
    const key = await seedKey();
    const { send, settled } = isolate({ ask: () => Promise.reject(new Error("down")) });
    expect((await send(requestWith(key, "/signatures/1"))).status).toBe(503);
    await settled();
    expect(await usageOf(key)).toEqual({ "/signatures/* authority_unavailable": 1 });
    expect(await lastUseOf(key)).toBeNull();
  });

  test.each([
    ["of a key that works", {}, "/signatures/1", true],
    ["that lacks a scope", { scopes: ["folders:read"] }, "/signatures/1", true],
    ["of a disabled key", { disabledAt: 1 }, "/signatures/1", false],
    ["of a revoked key", { revokedAt: 1 }, "/signatures/1", false],
    ["of an expired key", { expiresAt: 2 }, "/signatures/1", false],
    ["of a member that was removed", { memberRemovedAt: 1 }, "/signatures/1", false],
    ["of a suspended organization", { organizationStatus: "suspended" }, "/signatures/1", false],
    ["of a key whose plan nobody knows", { plan: "gold" }, "/signatures/1", false],
  ] as [string, Seed, string, boolean][])("%s: a use of the key or not", async (_, seed, path, isUse) => {
    const key = await seedKey(seed);
    const { send, settled } = isolate();
    await send(requestWith(key, path));
    await settled();
    expect(Object.values(await usageOf(key))).toEqual([1]);
    expect((await lastUseOf(key)) !== null).toBe(isUse);
  });

  test("with a secret that was replaced, of a key that works, are a use of it", async () => {
    const key = await seedKey();
    await env.DB.prepare("UPDATE api_key_secrets SET expires_at = 2 WHERE key_id = ?").bind(key.id).run();
    const { send, settled } = isolate();
    expect((await send(requestWith(key, "/signatures/1"))).status).toBe(401);
    await settled();
    expect(await usageOf(key)).toEqual({ "/signatures/* key_expired": 1 });
    expect(await lastUseOf(key)).not.toBeNull();
  });

  test("bring unspent tokens back with their report", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "r", limit: 100, window: 3_600 }] } });
    let now = Date.now();
    const { send, settled } = isolate({ now: () => now, givesBack: true });
    await Promise.all([1, 2, 3].map(() => send(requestWith(key, "/signatures/1"))));
    await send(requestWith(key, "/signatures/1"));
    const states = () => authorityOf(key).limitsOf(key.environment, key.id);
    const before = await states();
    expect(before).toMatchObject([{ lent: expect.toSatisfy((lent: number) => lent > 1) }]);
    now += 2_000;
    await settled();
    expect(await states()).toMatchObject([{ remaining: 96, lent: 0 }]);
  });
});
