import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Courier } from "../../src/authority/courier.ts";
import { readDatabaseState } from "../../src/store/health.ts";
import { captureLog } from "../helpers/log-lines.ts";
import { instrument, migrate, newId, type OnIo, seedKey } from "../helpers/workerd.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const lines: string[] = [];
let object: DurableObjectStub<Courier>;

beforeAll(migrate);
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  object = env.COURIER.get(env.COURIER.idFromName(newId("retention")));
  lines.length = 0;
  captureLog((line) => lines.push(line));
  for (const table of ["usage_hours", "audit_events", "api_keys"]) await run(`DELETE FROM ${table}`);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const run = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();
const alarmAt = () => runInDurableObject(object, (_, { storage }) => storage.getAlarm());
const alarm = () => runDurableObjectAlarm(object);
const latest = () => object.lastCleanup();
const countOf = (table: string) => env.DB.prepare(`SELECT count(*) AS rows FROM ${table}`).first<number>("rows");

const usage = (organizationId: string, hour: number, routes = 1) =>
  run(
    `INSERT INTO usage_hours (organization_id, key_id, environment, hour, route, outcome, requests)
     SELECT ?1, 'key_' || ?1, 'sandbox', ?2, value, 'forwarded', 1 FROM json_each(?3)`,
    ...[organizationId, hour, JSON.stringify(Array.from({ length: routes }, (_, at) => `/${at}`))],
  );

/** Rings the alarm each hour, as it sets itself. */
async function hours(count: number): Promise<void> {
  for (let hour = 0; hour < count; hour++) {
    vi.setSystemTime((await alarmAt()) as number);
    await alarm();
  }
}

async function withIo(onIo: OnIo): Promise<void> {
  await runInDurableObject(object, (instance) => {
    (instance as unknown as { env: typeof env }).env = { ...env, DB: instrument(env.DB, onIo) };
  });
}

test("the object of the cleanup records jurisdictions that are new, for gateways that nobody asks whether they are ready", async () => {
  await run("DELETE FROM jurisdictions");
  await object.startRetention();
  expect(await countOf("jurisdictions")).toBeGreaterThan(1);
});

test("the object of the cleanup says in the log that the configuration moves objects, and deletes old rows all the same", async () => {
  await run("DELETE FROM jurisdictions");
  await run("INSERT INTO jurisdictions (objects, jurisdiction) VALUES ('production', 'eu')");
  await object.startRetention();
  expect(lines.join()).toContain('objects of \\"production\\" were created in eu');
  expect(await alarmAt()).not.toBeNull();
  await run("DELETE FROM jurisdictions");
});

describe("what has been over for long", () => {
  test("is removed once a day, a day after the object was first called, and each kind in its own time", async () => {
    const key = await seedKey({ revokedAt: NOON - 91 * DAY });
    const recent = await seedKey({ revokedAt: NOON - 88 * DAY });
    await usage("org_1", NOON - 91 * DAY);
    await usage("org_1", NOON - 88 * DAY);
    await object.startRetention();
    await hours(23);
    expect([await countOf("api_keys"), await countOf("usage_hours"), await latest()]).toEqual([2, 2, undefined]);
    await hours(1);
    expect([await countOf("api_keys"), await countOf("usage_hours")]).toEqual([1, 1]);
    expect(await latest()).toMatchObject({
      startedAt: NOON + DAY,
      endedAt: NOON + DAY,
      removed: { api_keys: 1, usage_hours: 1, audit_events: 0 },
    });
    expect(await env.DB.prepare("SELECT id FROM api_keys").first("id")).toBe(recent.id);
    expect(key.id).not.toBe(recent.id);
    await hours(23);
    expect((await latest())?.startedAt).toBe(NOON + DAY);
    await hours(1);
    expect((await latest())?.startedAt).toBe(NOON + 2 * DAY);
  });

  test("goes in rounds of few calls, with a pause between them, whatever happens to the object meanwhile", async () => {
    for (let at = 0; at < 90; at++) await usage(`org_${String(at).padStart(2, "0")}`, 1);
    await usage("org_99", 1, 1_100);
    await object.startRetention();
    const calls: string[] = [];
    const noting: OnIo = (name, go) => {
      calls.push(name);
      return go();
    };
    await withIo(noting);
    await hours(23);
    calls.length = 0;
    await hours(1);
    let rounds = 1;
    while ((await latest())?.endedAt === null) {
      expect(calls.length).toBeLessThanOrEqual(11);
      calls.length = 0;
      expect(await alarmAt()).toBe(Date.now() + 1_000);
      await evictDurableObject(object);
      await withIo(noting);
      wait(1_000);
      await alarm();
      rounds += 1;
    }
    expect(await countOf("usage_hours")).toBe(0);
    expect((await latest())?.removed.usage_hours).toBe(1_190);
    expect(rounds).toBe(10);
  });

  test.each(["api_keys", "members"] as const)(
    "takes at most fifty rows of %s in a round, so that changes by hand do not wait behind them",
    async (table) => {
      for (let n = 0; n < 120; n++) await seedKey({ revokedAt: NOON - 91 * DAY });
      if (table === "members") {
        await run("DELETE FROM api_keys");
        await run(
          "UPDATE members SET removed_at = ?1 WHERE rowid IN (SELECT rowid FROM members LIMIT 120)",
          NOON - 91 * DAY,
        );
      }
      await object.startRetention();
      await hours(23);
      const before = (await countOf(table)) as number;
      await hours(1);
      for (const removed of [50, 100, 120]) {
        expect(before - ((await countOf(table)) as number)).toBe(removed);
        wait(1_000);
        await alarm();
      }
    },
  );

  test("goes on where it stopped once D1 can be written again", async () => {
    await usage("org_1", 1);
    await object.startRetention();
    await hours(23);
    await withIo(() => Promise.reject(new Error("D1 is down")));
    await hours(1);
    expect([await countOf("usage_hours"), await alarmAt()]).toEqual([1, Date.now() + 60_000]);
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      level: "error",
      message: expect.stringContaining("D1 is down"),
    });
    await withIo((_, go) => go());
    await hours(1);
    expect(await countOf("usage_hours")).toBe(0);
    expect(await latest()).toMatchObject({ removed: { usage_hours: 1 } });
    expect(JSON.parse(lines.at(-1) as string)).toMatchObject({ level: "info", deleted: { usage_hours: 1 } });
  });

  test("goes again after D1 was restored to an hour in which it was there", async () => {
    await usage("org_1", 1);
    await object.startRetention();
    await hours(24);
    await usage("org_1", 1);
    await hours(24);
    expect(await countOf("usage_hours")).toBe(0);
  });
});

describe("a clock that jumps", () => {
  test("ahead removes nothing for a day, and nothing at all once it is put right", async () => {
    await usage("org_1", NOON);
    await object.startRetention();
    await hours(30);
    wait(400 * DAY);
    await alarm();
    await hours(22);
    expect(await countOf("usage_hours")).toBe(1);
    vi.setSystemTime(NOON + 3 * DAY);
    await object.startRetention();
    expect(await alarmAt()).toBe(Date.now() + HOUR);
    await hours(40);
    expect(await countOf("usage_hours")).toBe(1);
    expect((await latest())?.startedAt).toBeGreaterThan(NOON + 3 * DAY);
  });

  test("back removes nothing that is not old by the earlier time", async () => {
    await usage("org_1", NOON - 89 * DAY);
    await object.startRetention();
    await hours(5);
    wait(-3 * DAY);
    await object.startRetention();
    await hours(26);
    expect(await countOf("usage_hours")).toBe(1);
    await hours(24 * 4);
    expect(await countOf("usage_hours")).toBe(0);
  });
});

describe("how full D1 is", () => {
  test("is warned of each hour from 80 % on, and not before", async () => {
    const bytes = (size_after: number) =>
      withIo(async (name, go) => (name === "all" ? { results: [], meta: { size_after } } : go()));
    await object.startRetention();
    await bytes(7_999_999_999);
    await hours(3);
    expect(lines).toEqual([]);
    await bytes(8_400_000_000);
    await hours(2);
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] as string)).toEqual({
      version: 1,
      kind: "message",
      level: "warn",
      message: expect.stringContaining("84 % full"),
      d1_bytes: 8_400_000_000,
      d1_limit_bytes: 10_000_000_000,
    });
  });

  test("is read from D1 itself", async () => {
    const before = await readDatabaseState(env.DB);
    await usage("org_1", 1, 5_000);
    expect((await readDatabaseState(env.DB)).bytes).toBeGreaterThan(before.bytes);
    await run("DELETE FROM usage_hours");
    expect((await readDatabaseState(env.DB)).bytes).toBe(before.bytes);
  });
});

describe("the courier", () => {
  test("removes nothing: another object of its class does", async () => {
    await usage("org_1", 1);
    const courier = env.COURIER.get(env.COURIER.idFromName("courier"));
    await courier.call();
    wait(2 * DAY);
    await runDurableObjectAlarm(courier);
    expect(await countOf("usage_hours")).toBe(1);
    expect(await courier.lastCleanup()).toBeUndefined();
  });

  test("has the other one begin with the first request to the control plane", async () => {
    const { worker } = await import("../management/call.ts");
    await worker.fetch("https://keys.example.com/healthz");
    const retention = env.COURIER.get(env.COURIER.idFromName("retention"));
    const alarm = () => runInDurableObject(retention, (_, { storage }) => storage.getAlarm());
    await vi.waitFor(async () => expect(await alarm()).toBeGreaterThanOrEqual(NOON + HOUR), { timeout: 10_000 });
  });
});
