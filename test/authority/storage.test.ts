import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Lease } from "../../src/domain/lease.ts";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { ask, askLease, authorityOf, instrumentAuthority, tell } from "./ask.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 30, 12);
const MIDNIGHT = Date.UTC(2040, 4, 31);
const MONTH_END = Date.UTC(2040, 5, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const set = (key: SeededKey, assignments: string) =>
  env.DB.prepare(`UPDATE api_keys SET ${assignments} WHERE id = ?`).bind(key.id).run();
const remove = (key: SeededKey) => env.DB.prepare("DELETE FROM api_keys WHERE id = ?").bind(key.id).run();
const alarm = (key: SeededKey) => runDurableObjectAlarm(authorityOf(key));
const alarmAt = (key: SeededKey) => runInDurableObject(authorityOf(key), (_, { storage }) => storage.getAlarm());
const stored = (key: SeededKey) =>
  runInDurableObject(authorityOf(key), (_, { storage }) => [...storage.kv.list()].map(([name]) => name).sort());

/** Goes from alarm to alarm until there is none; the times of all of them. */
async function ringOut(key: SeededKey): Promise<number[]> {
  const times: number[] = [];
  for (let at = await alarmAt(key); at !== null && times.length < 50; at = await alarmAt(key)) {
    if (at > Date.now()) vi.setSystemTime(at);
    await alarm(key);
    times.push(at);
  }
  return times;
}

const quota = (limit: number, per: "hour" | "day" | "month") => ({ quotas: [{ name: "q", limit, per }] });
/** As a version without collectors has stored it, before this one starts. */
async function leaveUsage(key: SeededKey): Promise<void> {
  await runInDurableObject(authorityOf(key), (_, { storage }) => {
    const counts = [{ route: "/a", outcome: "forwarded", requests: 1 }];
    const usage = { hour: NOON, counts, scopes: new Map(), heard: ["report"] };
    storage.kv.put("account", { ...storage.kv.get<object>("account"), usage, usedAt: NOON });
  });
  await evictDurableObject(authorityOf(key));
}
const tokens = ({ tokens: granted }: Lease) => granted;

describe("the storage of an authority is freed", () => {
  test("once its key has expired and the period of every quota has ended, with its use written", async () => {
    const key = await seedKey({ limits: quota(10, "day"), expiresAt: NOON + HOUR });
    await askLease(key, { waiting: 4 });
    await leaveUsage(key);
    const times = await ringOut(key);
    expect(await stored(key)).toEqual([]);
    expect(times.at(-1)).toBe(MIDNIGHT);
    const { results } = await env.DB.prepare("SELECT requests FROM usage_hours WHERE key_id = ?").bind(key.id).all();
    expect(results).toEqual([{ requests: 1 }]);
  });

  test.each([
    ["hour", NOON + 40 * MINUTE, NOON + HOUR],
    ["day", NOON + 40 * MINUTE, MIDNIGHT],
    ["month", NOON + 40 * MINUTE, MONTH_END],
    ["hour", MONTH_END + DAY, MONTH_END + DAY],
  ] as const)("of a quota per %s, at its end or that of the key, and not before", async (per, expiresAt, freedAt) => {
    const key = await seedKey({ limits: quota(10, per), expiresAt });
    await askLease(key, { waiting: 4 });
    vi.setSystemTime(freedAt - 1);
    await alarm(key);
    expect(await stored(key)).toContain("account");
    const times = await ringOut(key);
    expect(await stored(key)).toEqual([]);
    expect(times.at(-1)).toBeLessThanOrEqual(Math.max(freedAt, NOON + HOUR));
  });

  test("of a rate, once its bucket is full again, however long that takes", async () => {
    const rates = [{ name: "r", limit: 1, window: 86_400, burst: 3 }];
    const key = await seedKey({ limits: { rates }, expiresAt: NOON + HOUR });
    await askLease(key, { waiting: 3 });
    const times = await ringOut(key);
    expect(await stored(key)).toEqual([]);
    expect(times.at(-1)).toBeGreaterThan(NOON + 3 * DAY);
    expect(times.at(-1)).toBeLessThan(NOON + 3 * DAY + 10 * MINUTE);
  });

  test("also where the key was never used, and its authority only heard of a change", async () => {
    const key = await seedKey({ expiresAt: NOON + 30 * DAY });
    await tell(key);
    expect(await stored(key)).toEqual(["record"]);
    expect(await ringOut(key)).toEqual([NOON + 30 * DAY]);
    expect(await stored(key)).toEqual([]);
  });

  test("also where the key was asked for only after its end, and that costs one read of D1 an hour", async () => {
    const key = await seedKey({ expiresAt: NOON - 1 });
    const calls: string[] = [];
    await instrumentAuthority(key, (name, go) => {
      calls.push(name);
      return go();
    });
    for (let turn = 0; turn < 30; turn++) {
      expect((await askLease(key)).tokens).toBeNull();
      wait(1_000);
      if (((await alarmAt(key)) ?? Number.POSITIVE_INFINITY) <= Date.now()) await alarm(key);
    }
    expect(calls).toEqual(["first"]);
    await ringOut(key);
    expect(await stored(key)).toEqual([]);
  });

  test("also of a key that was deleted from D1, once what it used cannot matter if a restore brings it back", async () => {
    const key = await seedKey({ limits: quota(10, "day") });
    expect(tokens(await askLease(key, { waiting: 4 }))).toBe(4);
    const row = await env.DB.prepare("SELECT * FROM api_keys WHERE id = ?").bind(key.id).first();
    await remove(key);
    await tell(key);
    expect(await ask(key)).toEqual({ kind: "no_such_key" });
    await alarm(key);
    expect(await stored(key)).toEqual(["account"]);
    const columns = Object.keys(row as object).filter((name) => !name.endsWith("_list"));
    await env.DB.prepare(`INSERT INTO api_keys (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`)
      .bind(...columns.map((name) => (row as Record<string, unknown>)[name]))
      .run();
    await env.DB.prepare(
      "INSERT INTO api_key_secrets (hash, key_id, pepper_id, hint, created_at) VALUES (?, ?, 'p1', '', 1)",
    )
      .bind(key.hash, key.id)
      .run();
    expect(tokens(await askLease(key, { waiting: 10 }))).toBe(6);
    await remove(key);
    await tell(key);
    const times = await ringOut(key);
    expect(times.at(-1)).toBe(MONTH_END);
    expect(await stored(key)).toEqual([]);
  });

  test("not while its use cannot be written to D1", async () => {
    const key = await seedKey({ expiresAt: NOON + HOUR });
    await askLease(key);
    await leaveUsage(key);
    vi.spyOn(console, "error").mockImplementation(() => {});
    await env.DB.prepare("ALTER TABLE usage_hours RENAME TO usage_hours_gone").run();
    wait(3 * HOUR);
    await alarm(key);
    expect(await stored(key)).toContain("account");
    await env.DB.prepare("ALTER TABLE usage_hours_gone RENAME TO usage_hours").run();
    await ringOut(key);
    expect(await stored(key)).toEqual([]);
    const row = await env.DB.prepare("SELECT requests FROM usage_hours WHERE key_id = ?").bind(key.id).first();
    expect(row).toEqual({ requests: 1 });
  });

  test("not of a key that is revoked, before 35 days have passed since, also where it expired long before", async () => {
    const key = await seedKey({ expiresAt: NOON + HOUR, limits: quota(10, "hour") });
    await askLease(key);
    await set(key, `revoked_at = ${NOON}, revoked_by = 'root'`);
    await tell(key);
    const times = await ringOut(key);
    expect(times.at(-1)).toBe(NOON + 35 * DAY);
    expect(await stored(key)).toEqual([]);
  });

  test("not of a key that lives", async () => {
    const key = await seedKey({ limits: quota(10, "hour"), expiresAt: NOON + 300 * DAY });
    await askLease(key);
    vi.setSystemTime(NOON + 299 * DAY);
    await alarm(key);
    expect(await stored(key)).toContain("record");
    expect(await alarmAt(key)).toBe(NOON + 300 * DAY);
  });
});

describe("a key whose end is put off after it expired", () => {
  const prolong = async (key: SeededKey) => {
    await set(key, `expires_at = ${NOON + 90 * DAY}`);
    await tell(key);
  };

  test("has what it had left of its quota, within the period", async () => {
    const key = await seedKey({ limits: quota(10, "month"), expiresAt: NOON + HOUR });
    expect(tokens(await askLease(key, { waiting: 4 }))).toBe(4);
    wait(2 * HOUR);
    await alarm(key);
    await evictDurableObject(authorityOf(key));
    expect((await askLease(key)).record.expiresAt).toBe(NOON + HOUR);
    await prolong(key);
    expect(tokens(await askLease(key, { waiting: 100 }))).toBe(6);
  });

  test("has all of it in the next one, after its authority had forgotten it", async () => {
    const key = await seedKey({ limits: quota(10, "month"), expiresAt: NOON + HOUR });
    await askLease(key, { waiting: 4 });
    await ringOut(key);
    expect(await stored(key)).toEqual([]);
    await prolong(key);
    expect(tokens(await askLease(key, { waiting: 100 }))).toBe(10);
    await ringOut(key);
    expect(Date.now()).toBeGreaterThanOrEqual(NOON + 90 * DAY);
    expect(await stored(key)).toEqual([]);
  });
});
