/** A key's authority, and isolates that run another version of the configuration. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { HeardPlan } from "../../src/authority/heard-plan.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { aKey } from "../domain/fixtures.ts";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { ask, askLease, authorityOf, tell } from "./ask.ts";

beforeAll(migrate);
beforeEach(() => {
  // Late, so that alarms set by this clock do not ring while a test runs.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2040, 4, 31, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

const minute = (limit: number): Limits => ({
  rates: [{ name: "minute", limit, window: 60, burst: limit }],
  quotas: [],
});
const limitsOf = async (key: SeededKey) => {
  const states = await authorityOf(key).limitsOf(key.environment, key.id);
  return "code" in states ? states : states.map(({ name, limit }) => [name, limit]);
};

describe("an authority whose configuration lacks the key's plan", () => {
  test("lends by the limits that a question tells, and goes on so for those that do not know them", async () => {
    const key = await seedKey({ plan: "gold" });
    expect(await ask(key)).toEqual({ kind: "plan_unknown", plan: "gold" });
    expect((await askLease(key, { waiting: 30, plans: { gold: minute(8) } })).tokens).toBe(8);
    expect(await askLease(key)).toMatchObject({ tokens: 0, policies: [{ name: "minute", limit: 8 }] });
  });

  test("writes them once, and again when it is told others", async () => {
    const key = await seedKey({ plan: "gold" });
    const puts: string[] = [];
    await askLease(key, { plans: { gold: minute(8) } });
    await runInDurableObject(authorityOf(key), (_, { storage }) => {
      const { put } = storage.kv;
      vi.spyOn(storage.kv, "put").mockImplementation((name, value) => {
        if (name === "plan") puts.push(name);
        put.call(storage.kv, name, value);
      });
    });
    const told = async (limit: number) => {
      await askLease(key, { plans: { gold: minute(limit), other: minute(limit) } });
      return puts.length;
    };
    expect([await told(8), await told(8), await told(9), await told(9)]).toEqual([0, 0, 1, 1]);
  });

  test("remembers them through an eviction", async () => {
    const key = await seedKey({ plan: "gold" });
    await askLease(key, { plans: { gold: minute(8) } });
    await evictDurableObject(authorityOf(key));
    expect((await askLease(key)).policies).toMatchObject([{ limit: 8 }]);
    expect(await limitsOf(key)).toEqual([["minute", 8]]);
  });

  test("remembers them also where they limit nothing", async () => {
    const key = await seedKey({ plan: "gold" });
    await askLease(key, { plans: { gold: { rates: [], quotas: [] } } });
    await evictDurableObject(authorityOf(key));
    expect((await askLease(key)).tokens).toBeNull();
  });

  test("learns them with the change that moves the key to the plan", async () => {
    const key = await seedKey();
    await askLease(key);
    await env.DB.prepare("UPDATE api_keys SET plan = 'gold' WHERE id = ?").bind(key.id).run();
    await authorityOf(key).recordChanged(key.environment, key.id, { gold: minute(8), other: minute(1) });
    await evictDurableObject(authorityOf(key));
    expect((await askLease(key)).policies).toMatchObject([{ limit: 8 }]);
  });

  test("remembers them through a change to a plan that nobody told it of, and back", async () => {
    const key = await seedKey({ plan: "gold" });
    await askLease(key, { plans: { gold: minute(8) } });
    for (const plan of ["silver", "gold"]) {
      await env.DB.prepare("UPDATE api_keys SET plan = ? WHERE id = ?").bind(plan, key.id).run();
      await tell(key);
    }
    expect((await askLease(key)).policies).toMatchObject([{ limit: 8 }]);
  });

  test("keeps what was told while a question that tells nothing waited", () => {
    const storage = new Map();
    const kv = {
      get: (name: string) => storage.get(name),
      put: (name: string, value: unknown) => storage.set(name, value),
    };
    const plan = new HeardPlan(kv as unknown as SyncKvStorage, () => ({}));
    const record = aKey({ plan: "gold" });
    plan.keep(plan.limitsOf(record, { gold: minute(5) })?.heard);
    const waiting = plan.limitsOf(record, undefined);
    plan.keep(plan.limitsOf(record, { gold: minute(8) })?.heard);
    plan.keep(waiting?.heard);
    expect(plan.limitsOf(record, undefined)?.limits).toEqual(minute(8));
    expect(storage.get("plan")).toEqual({ name: "gold", limits: minute(8) });
  });

  test("does not take them for those of another plan", async () => {
    const key = await seedKey({ plan: "gold" });
    await askLease(key, { plans: { gold: minute(8) } });
    await env.DB.prepare("UPDATE api_keys SET plan = 'silver' WHERE id = ?").bind(key.id).run();
    await tell(key);
    expect(await ask(key)).toEqual({ kind: "plan_unknown", plan: "silver" });
    expect(await ask(key, { plans: { gold: minute(8) } })).toEqual({ kind: "plan_unknown", plan: "silver" });
  });
});

describe("an authority whose configuration has other limits for the key's plan", () => {
  test("lends by those that the question tells", async () => {
    const key = await seedKey({ plan: "free" });
    expect((await askLease(key, { plans: { free: minute(8) } })).policies).toMatchObject([{ limit: 8 }]);
    expect((await askLease(key, { plans: { free: minute(3) } })).policies).toMatchObject([{ limit: 3 }]);
  });

  test("lowers them by the key's own, which D1 alone says", async () => {
    const key = await seedKey({ plan: "free", limits: { rates: [{ name: "minute", limit: 2, window: 60 }] } });
    expect((await askLease(key, { waiting: 9, plans: { free: minute(8) } })).tokens).toBe(2);
  });

  test("tells and resets limits as those who ask for them know them", async () => {
    const key = await seedKey({ plan: "gold" });
    const plans = { gold: minute(8) };
    const { environment, id } = key;
    expect(await authorityOf(key).limitsOf(environment, id, plans)).toMatchObject([{ limit: 8, remaining: 8 }]);
    await askLease(key, { waiting: 9, plans });
    vi.setSystemTime(Date.now() + 2_500);
    expect(await authorityOf(key).resetLimits(environment, id, plans)).toMatchObject([{ limit: 8, remaining: 8 }]);
  });
});
