/** The use of keys by the authority: what versions without collectors have stored and report. And the limits that it tells. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { UsageReport } from "../../src/domain/usage.ts";
import { migrate, newId, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { ask, askLease, authorityOf, instrumentAuthority } from "./ask.ts";
import { collectorAt, settleCollector } from "./collect.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const MIDNIGHT = Date.UTC(2040, 4, 31);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** When the alarm of a key rings that lives longer, and of which there is nothing to write. */
const YEAR = 365 * DAY;

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const alarm = (key: SeededKey) => runDurableObjectAlarm(authorityOf(key));
const alarmAt = (key: SeededKey) => runInDurableObject(authorityOf(key), (_, { storage }) => storage.getAlarm());

async function rowsOf(sql: string, { id }: SeededKey) {
  const { results } = await env.DB.prepare(sql).bind(id).all<Record<string, number | string>>();
  return results.map((row) => Object.values(row));
}
const hoursOf = (key: SeededKey) =>
  rowsOf("SELECT hour, route, outcome, requests FROM usage_hours WHERE key_id = ? ORDER BY hour, outcome", key);
const daysOf = (key: SeededKey) =>
  rowsOf("SELECT day, route, outcome, requests FROM usage_days WHERE key_id = ? ORDER BY day, outcome", key);
const scopesOf = (key: SeededKey) =>
  rowsOf("SELECT scope, last_used_at FROM api_key_scope_uses WHERE key_id = ? ORDER BY scope", key);
const lastUseOf = async (key: SeededKey) =>
  (await rowsOf("SELECT last_used_at FROM api_keys WHERE id = ?", key))[0]?.[0];

describe("what an authority without collectors has stored of a key's use", () => {
  const count = (requests: number) => ({ route: "/a/*", outcome: "forwarded", requests });
  const usage = { hour: NOON, counts: [count(5)], scopes: new Map([["a:read", MIDNIGHT]]), heard: ["report 1"] };

  /** As such an authority leaves it to this version, which starts then. */
  async function leave(key: SeededKey, account: object, ended: object[] = []): Promise<void> {
    await ask(key, { waiting: 0, wanted: 0 });
    await runInDurableObject(authorityOf(key), async (_, { storage }) => {
      storage.kv.put("account", { ...storage.kv.get<object>("account"), ...account });
      for (const [at, hour] of ended.entries()) storage.kv.put(`usage/${NOON - (at + 1) * HOUR}`, hour);
      await storage.setAlarm(NOON + MINUTE);
    });
    await evictDurableObject(authorityOf(key));
  }
  const stored = (key: SeededKey) =>
    runInDurableObject(authorityOf(key), (_, { storage }) => ({
      account: storage.kv.get("account"),
      ended: [...storage.kv.list({ prefix: "usage/" })].length,
    }));

  test("goes to D1 at its alarm, hours as totals, with the scopes and the last use, once", async () => {
    const key = await seedKey();
    await leave(key, { usage, usedAt: NOON - 7 }, [{ hour: NOON - HOUR, counts: [count(2)] }]);
    const calls: string[] = [];
    await instrumentAuthority(key, (name, go) => {
      calls.push(name);
      return go();
    });
    for (let i = 0; i < 3; i++) await runInDurableObject(authorityOf(key), (authority) => authority.alarm());
    expect(calls).toEqual(["batch"]);
    expect(await hoursOf(key)).toEqual([
      [NOON - HOUR, "/a/*", "forwarded", 2],
      [NOON, "/a/*", "forwarded", 5],
    ]);
    expect(await scopesOf(key)).toEqual([["a:read", MIDNIGHT]]);
    expect(await lastUseOf(key)).toBe(NOON - 7);
    await alarm(key);
    expect(await alarmAt(key)).toBe(NOON + YEAR);
  });

  test("stays as it is, so that a version that is rolled back to continues its hour, and is written again after that", async () => {
    const key = await seedKey();
    await leave(key, { usage, usedAt: NOON });
    await alarm(key);
    expect(await stored(key)).toMatchObject({ account: { usage, usedAt: NOON }, ended: 0 });
    await leave(key, { usage: { ...usage, counts: [count(9)], heard: ["report 1", "report 2"] } });
    await alarm(key);
    expect(await hoursOf(key)).toEqual([[NOON, "/a/*", "forwarded", 9]]);
  });

  test("waits where D1 cannot be written, and is tried again each minute", async () => {
    const key = await seedKey();
    await leave(key, { usage, usedAt: NOON }, [{ hour: NOON - HOUR, counts: [count(2)] }]);
    await instrumentAuthority(key, () => Promise.reject(new Error("down")));
    await alarm(key);
    expect(await alarmAt(key)).toBe(NOON + MINUTE);
    expect(await stored(key)).toMatchObject({ ended: 1 });
    await evictDurableObject(authorityOf(key));
    await alarm(key);
    expect(await hoursOf(key)).toHaveLength(2);
  });
});

describe("what an isolate without a collector reports with its question", () => {
  const used = (changes: Partial<UsageReport> = {}): UsageReport => ({
    ...{ id: newId("rep"), counts: [{ route: "/a/*", outcome: "forwarded", requests: 2 }], scopes: ["a:read"] },
    ...changes,
  });

  test("goes on to the key's collector, and counts once however often it comes", async () => {
    const key = await seedKey();
    const usage = used();
    await askLease(key, { usage });
    await ask(key, { waiting: 0, wanted: 0, usage });
    await ask(key, { waiting: 0, wanted: 0, usage: used() });
    await settleCollector(0);
    expect(await daysOf(key)).toEqual([[MIDNIGHT, "/a/*", "forwarded", 4]]);
    expect(await hoursOf(key)).toEqual([]);
    expect(await scopesOf(key)).toEqual([["a:read", MIDNIGHT]]);
    expect(await lastUseOf(key)).toBe(NOON);
  });

  test("can be a use that is not counted", async () => {
    const key = await seedKey();
    await ask(key, { waiting: 0, wanted: 0, isUsed: true });
    await settleCollector(0);
    expect(await daysOf(key)).toEqual([]);
    expect(await lastUseOf(key)).toBe(NOON);
  });

  test("counts also where the key may do nothing any more, and is no use of it then", async () => {
    const key = await seedKey({ revokedAt: NOON });
    const counts = [{ route: "/a/*", outcome: "key_revoked", requests: 2 }];
    await ask(key, { waiting: 0, wanted: 0, usage: used({ counts, scopes: [] }) });
    await settleCollector(0);
    expect(await daysOf(key)).toEqual([[MIDNIGHT, "/a/*", "key_revoked", 2]]);
    expect(await lastUseOf(key)).toBeNull();
  });

  test("is lost, and no question with it, where the collector cannot be reached", async () => {
    const key = await seedKey();
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    await runInDurableObject(collectorAt(0), (_, { storage }) => {
      vi.spyOn(storage.kv, "put").mockImplementation(() => {
        throw new Error("disk full");
      });
    });
    expect((await askLease(key, { usage: used() })).tokens).toBeNull();
    expect(logged.mock.calls.join()).toContain("usage of an isolate of an older version is lost");
    vi.restoreAllMocks();
    await evictDurableObject(collectorAt(0));
  });
});

describe("a question", () => {
  test("of an isolate that reports to collectors writes nothing for a key without limits, and sets no alarm by the minute", async () => {
    const key = await seedKey();
    await askLease(key);
    const puts: string[] = [];
    await runInDurableObject(authorityOf(key), async (_, { storage }) => {
      vi.spyOn(storage.kv, "put").mockImplementation((name) => void puts.push(name));
    });
    for (let i = 0; i < 5; i++) await askLease(key);
    expect(puts).toEqual([]);
    expect(await alarmAt(key)).toBe(NOON + YEAR);
  });
});

describe("the limits of a key, by its authority", () => {
  const limits = {
    rates: [{ name: "r", limit: 50, window: 3_600 }],
    quotas: [{ name: "q", limit: 60, per: "day" as const }],
  };
  const limitsOf = async (key: SeededKey) => {
    const states = await authorityOf(key).limitsOf(key.environment, key.id);
    return "code" in states ? states.code : states.map(({ name, remaining, lent }) => [name, remaining, lent]);
  };
  const reset = (key: SeededKey) => authorityOf(key).resetLimits(key.environment, key.id);

  test("are told without spending any, and are no use of the key", async () => {
    const key = await seedKey({ limits });
    for (let i = 0; i < 3; i++)
      expect(await limitsOf(key)).toEqual([
        ["r", 50, 0],
        ["q", 60, 0],
      ]);
    expect(await alarmAt(key)).toBe(NOON + YEAR);
    await askLease(key, { waiting: 20 });
    expect(await limitsOf(key)).toEqual([
      ["r", 30, 20],
      ["q", 40, 20],
    ]);
  });

  test("are whole after a reset, but for what is lent, and stay so through a restart", async () => {
    const key = await seedKey({ limits });
    const lease = await askLease(key, { waiting: 30 });
    await askLease(key, { waiting: 20, reports: [{ leaseId: lease.id, unspent: 0, idleMs: 0 }] });
    expect((await askLease(key)).tokens).toBe(0);
    await reset(key);
    await evictDurableObject(authorityOf(key));
    expect(await limitsOf(key)).toEqual([
      ["r", 30, 20],
      ["q", 40, 20],
    ]);
    expect((await askLease(key, { waiting: 100 })).tokens).toBe(30);
  });

  test("of no key, or of one on a plan that is not configured, are not known", async () => {
    expect(await limitsOf({ ...(await seedKey()), id: newId("key") })).toBe("not_found");
    expect(await limitsOf(await seedKey({ plan: "gold" }))).toBe("plan_unknown");
    expect(await reset(await seedKey({ plan: "gold" }))).toMatchObject({ code: "plan_unknown", plan: "gold" });
  });

  test("of a key without any are an empty list", async () => {
    expect(await limitsOf(await seedKey())).toEqual([]);
    expect(await reset(await seedKey())).toEqual([]);
  });
});
