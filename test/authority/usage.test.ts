import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { UsageReport } from "../../src/domain/usage.ts";
import { migrate, newId, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { ask, askLease, authorityOf, instrumentAuthority, tell } from "./ask.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const MIDNIGHT = Date.UTC(2040, 4, 31);
const SOON = 5_000;
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

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const forwarded = (requests = 1, changes: Partial<UsageReport> = {}): UsageReport => ({
  id: newId("rep"),
  counts: [{ route: "/a/*", outcome: "forwarded", requests }],
  scopes: ["a:read"],
  ...changes,
});
/** As an isolate does that nobody asks anything of for a while. */
const report = (key: SeededKey, usage: UsageReport) => ask(key, { waiting: 0, wanted: 0, usage });
const alarm = (key: SeededKey) => runDurableObjectAlarm(authorityOf(key));
const alarmAt = (key: SeededKey) => runInDurableObject(authorityOf(key), (_, { storage }) => storage.getAlarm());
const storedHours = (key: SeededKey) =>
  runInDurableObject(authorityOf(key), (_, { storage }) =>
    [...storage.kv.list({ prefix: "usage/" })].map(([name]) => Number(name.slice("usage/".length))),
  );

async function usageOf(key: SeededKey) {
  const { results } = await env.DB.prepare(
    "SELECT hour, route, outcome, requests FROM usage_hours WHERE key_id = ? ORDER BY hour, route, outcome",
  )
    .bind(key.id)
    .all<{ hour: number; route: string; outcome: string; requests: number }>();
  return results.map(({ hour, route, outcome, requests }) => [hour - NOON, route, outcome, requests]);
}

async function scopesOf(key: SeededKey) {
  const { results } = await env.DB.prepare(
    "SELECT scope, last_used_at FROM api_key_scope_uses WHERE key_id = ? ORDER BY 1",
  )
    .bind(key.id)
    .all<{ scope: string; last_used_at: number }>();
  return Object.fromEntries(results.map(({ scope, last_used_at }) => [scope, last_used_at]));
}

/** D1 without the table, for as long as `work` takes. */
async function withoutUsage(work: () => Promise<void>): Promise<void> {
  await env.DB.prepare("ALTER TABLE usage_hours RENAME TO usage_hours_gone").run();
  try {
    await work();
  } finally {
    await env.DB.prepare("ALTER TABLE usage_hours_gone RENAME TO usage_hours").run();
  }
}

describe("what isolates report of a key's use", () => {
  test("is in D1 soon after, by hour, route and outcome, with the scopes that were used", async () => {
    const key = await seedKey();
    await report(key, forwarded(2));
    await report(key, forwarded(3, { counts: [{ route: "", outcome: "no_such_route", requests: 3 }], scopes: [] }));
    expect(await alarmAt(key)).toBe(NOON + SOON);
    expect(await usageOf(key)).toEqual([]);
    await alarm(key);
    expect(await usageOf(key)).toEqual([
      [0, "", "no_such_route", 3],
      [0, "/a/*", "forwarded", 2],
    ]);
    expect(await scopesOf(key)).toEqual({ "a:read": MIDNIGHT });
    const row = await env.DB.prepare("SELECT organization_id, environment FROM usage_hours WHERE key_id = ? LIMIT 1")
      .bind(key.id)
      .first();
    expect(row).toEqual({ organization_id: key.organizationId, environment: "sandbox" });
  });

  test("writes D1 in the alarm and nowhere else", async () => {
    const key = await seedKey();
    const calls: string[] = [];
    await instrumentAuthority(key, (name, go) => {
      calls.push(name);
      return go();
    });
    for (let i = 0; i < 20; i++) await report(key, forwarded());
    expect(calls).toEqual(["first"]);
    await alarm(key);
    expect(calls).toEqual(["first", "batch"]);
  });

  test("is the same however often the alarm rings", async () => {
    const key = await seedKey();
    await report(key, forwarded(5));
    for (let i = 0; i < 3; i++) {
      await runInDurableObject(authorityOf(key), (authority) => authority.alarm());
      expect(await usageOf(key)).toEqual([[0, "/a/*", "forwarded", 5]]);
    }
  });

  test("is the same where D1 wrote it and the authority did not hear of that", async () => {
    const key = await seedKey();
    await report(key, forwarded(5));
    await instrumentAuthority(key, async (_, go) => {
      await go();
      throw new Error("no answer");
    });
    await alarm(key);
    await evictDurableObject(authorityOf(key));
    await report(key, forwarded(2));
    await alarm(key);
    expect(await usageOf(key)).toEqual([[0, "/a/*", "forwarded", 7]]);
  });

  test("counts once where its report comes twice", async () => {
    const key = await seedKey();
    const usage = forwarded(5);
    await report(key, usage);
    await askLease(key, { usage });
    await alarm(key);
    expect(await usageOf(key)).toEqual([[0, "/a/*", "forwarded", 5]]);
  });

  test("goes on growing in the running hour, and begins anew in the next", async () => {
    const key = await seedKey();
    await report(key, forwarded(1));
    await alarm(key);
    wait(59 * MINUTE);
    await report(key, forwarded(2));
    wait(MINUTE);
    await report(key, forwarded(4));
    await alarm(key);
    expect(await usageOf(key)).toEqual([
      [0, "/a/*", "forwarded", 3],
      [HOUR, "/a/*", "forwarded", 4],
    ]);
  });

  test.each([
    ["aborted", () => abortAllDurableObjects()],
    ["evicted", (key: SeededKey) => evictDurableObject(authorityOf(key))],
  ])("is all there where the authority is %s in the middle of an hour, and at its end", async (_, restart) => {
    const key = await seedKey({ limits: { rates: [{ name: "r", limit: 100, window: 60 }] } });
    for (const minutes of [10, 40, 10, 10]) {
      await askLease(key, { usage: forwarded(1) });
      await restart(key);
      await report(key, forwarded(2));
      await restart(key);
      wait(minutes * MINUTE);
    }
    await alarm(key);
    expect(await usageOf(key)).toEqual([
      [0, "/a/*", "forwarded", 9],
      [HOUR, "/a/*", "forwarded", 3],
    ]);
  });

  test("costs one row of storage with the lease that its question brings", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "r", limit: 1_000, window: 1 }] } });
    await askLease(key, { usage: forwarded() });
    const puts: string[] = [];
    await runInDurableObject(authorityOf(key), async (authority, { storage }) => {
      const { put } = storage.kv;
      vi.spyOn(storage.kv, "put").mockImplementation((name, value) => {
        puts.push(name);
        put.call(storage.kv, name, value);
      });
      const { environment, id: keyId, hash: secretHash } = key;
      const question = { environment, keyId, secretHash, waiting: 1, wanted: 1, reports: [], usage: forwarded() };
      await authority.ask(question);
    });
    expect(puts).toEqual(["account"]);
  });

  test("counts also where the key may do nothing any more, and is no use of it then", async () => {
    const key = await seedKey({ revokedAt: NOON });
    const counts = [{ route: "/a/*", outcome: "key_revoked", requests: 2 }];
    await report(key, forwarded(2, { counts, scopes: [] }));
    expect(await alarmAt(key)).toBe(NOON + SOON);
    await alarm(key);
    expect(await usageOf(key)).toEqual([[0, "/a/*", "key_revoked", 2]]);
    expect(await env.DB.prepare("SELECT last_used_at FROM api_keys WHERE id = ?").bind(key.id).first()).toEqual({
      last_used_at: null,
    });
  });

  test("of a key that was revoked meanwhile is still written within the minute", async () => {
    const key = await seedKey();
    await env.DB.prepare("UPDATE api_keys SET revoked_at = ?, revoked_by = 'root' WHERE id = ?")
      .bind(NOON, key.id)
      .run();
    await tell(key);
    await report(key, forwarded());
    expect(await alarmAt(key)).toBe(NOON + SOON);
    await alarm(key);
    expect(await usageOf(key)).toHaveLength(1);
    expect(await alarmAt(key)).toBe(NOON + 35 * DAY);
  });
});

describe("while D1 cannot be written", () => {
  test("nothing is lost: it is tried again each minute, and written once D1 is back", async () => {
    const key = await seedKey();
    await withoutUsage(async () => {
      await report(key, forwarded(1));
      await alarm(key);
      expect(await alarmAt(key)).toBe(NOON + MINUTE);
      wait(HOUR);
      await report(key, forwarded(2));
      await evictDurableObject(authorityOf(key));
      wait(MINUTE);
      await alarm(key);
      expect(await alarmAt(key)).toBe(NOON + HOUR + 2 * MINUTE);
      expect(await storedHours(key)).toEqual([NOON]);
    });
    await alarm(key);
    expect(await usageOf(key)).toEqual([
      [0, "/a/*", "forwarded", 1],
      [HOUR, "/a/*", "forwarded", 2],
    ]);
    expect(await storedHours(key)).toEqual([]);
    expect(await alarmAt(key)).toBe(Date.now() + YEAR);
  });

  test("a week of it is kept, and no more", async () => {
    const key = await seedKey();
    await withoutUsage(async () => {
      for (const after of [0, HOUR, 7 * DAY - HOUR]) {
        wait(after);
        await report(key, forwarded());
      }
      expect(await storedHours(key)).toEqual([NOON, NOON + HOUR]);
      wait(HOUR);
      await report(key, forwarded());
      expect(await storedHours(key)).toEqual([NOON + HOUR, NOON + 7 * DAY]);
    });
  });
});

describe("the use of scopes", () => {
  test("is written by the day, and never moves back", async () => {
    const key = await seedKey();
    await report(key, forwarded(1, { scopes: ["a:read", "b:write"] }));
    await alarm(key);
    wait(DAY);
    await report(key, forwarded());
    await alarm(key);
    expect(await scopesOf(key)).toEqual({ "a:read": MIDNIGHT + DAY, "b:write": MIDNIGHT });
    wait(-2 * DAY);
    await report(key, forwarded());
    await alarm(key);
    expect(await scopesOf(key)).toEqual({ "a:read": MIDNIGHT + DAY, "b:write": MIDNIGHT });
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
