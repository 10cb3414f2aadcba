/** Authorities and the courier, where their clock steps back: nothing waits for as long as the step. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Lease } from "../../src/domain/lease.ts";
import { migrate, newId, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { askLease, authorityOf } from "./ask.ts";
import { collectorAt, reportTo, useOf } from "./collect.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const alarmOf = (stub: DurableObjectStub) => runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
const rate = (limit: number, window: number) => ({ rates: [{ name: "r", limit, window, burst: limit }] });

/** A client that sends one request after the other, through one isolate. */
function loneClient(key: SeededKey) {
  let last: Lease | undefined;
  return async () => {
    const reports = last?.tokens ? [{ leaseId: last.id, unspent: 0, idleMs: 0 }] : [];
    last = await askLease(key, { reports });
    return last;
  };
}

describe("a key in use whose authority's clock steps back", () => {
  test.each([MINUTE, HOUR, 24 * HOUR])("by %i ms goes on, and Retry-After stays true", async (by) => {
    const key = await seedKey({ limits: rate(2, 2) });
    const request = loneClient(key);
    for (let i = 0; i < 2; i++) await request();
    wait(-by);
    for (let i = 0; i < 3; i++) {
      const { tokens, denial } = await request();
      expect([tokens, denial?.retryAfterMs]).toEqual([0, SECOND]);
      wait(SECOND);
      expect((await request()).tokens).toBe(1);
    }
    await evictDurableObject(authorityOf(key));
    await authorityOf(key).resetLimits(key.environment, key.id);
    wait(-by);
    expect((await request()).tokens).toBe(1);
  });

  test("keeps a quota that is used up shut where it went over midnight and back, and gives what is left of the next", async () => {
    const key = await seedKey({ limits: { quotas: [{ name: "q", limit: 10, per: "day" }] } });
    const midnight = Date.UTC(2040, 5, 1);
    const tokens = async (waiting: number) => (await askLease(key, { waiting })).tokens;
    vi.setSystemTime(midnight - MINUTE);
    expect(await tokens(30)).toBe(10);
    vi.setSystemTime(midnight + SECOND);
    expect(await tokens(4)).toBe(4);
    vi.setSystemTime(midnight - MINUTE / 2);
    expect((await askLease(key)).denial).toEqual({ policy: "q", kind: "quota", retryAfterMs: MINUTE / 2 });
    await evictDurableObject(authorityOf(key));
    vi.setSystemTime(midnight);
    expect(await tokens(30)).toBe(6);
  });

  test("is not seen where one question waited for a collector while others were answered", async () => {
    const key = await seedKey({ limits: rate(10, 10) });
    let others: Lease | undefined;
    const report = async () => {
      wait(3 * SECOND);
      others = await askLease(key, { waiting: 10 });
    };
    await runInDurableObject(authorityOf(key), (instance) => {
      const object = instance as unknown as { env: object };
      object.env = { ...env, COURIER: { idFromName: String, get: () => ({ report }) } };
    });
    // As an isolate without collectors asks.
    expect((await askLease(key, { isUsed: true })).tokens).toBe(0);
    expect(others?.tokens).toBe(10);
    // With what the isolate's clock can differ by.
    wait(1.01 * SECOND);
    const reports = [{ leaseId: others?.id as string, unspent: 0, idleMs: 1.01 * SECOND }];
    expect((await askLease(key, { waiting: 10, reports })).tokens).toBe(1);
  });

  test("is not taken for one that is asked for too often", async () => {
    const key = await seedKey({ limits: rate(1, 1) });
    const request = loneClient(key);
    for (let i = 0; i < 202; i++) await request();
    expect((await request()).denial?.retryAfterMs).toBe(2 * SECOND);
    wait(-HOUR);
    expect((await request()).denial?.retryAfterMs).toBe(SECOND);
  });
});

test("a collector adds up what it has heard within the minute, also where its clock has stepped back", async () => {
  const key = await seedKey();
  const report = (number: number) => reportTo(9, { sender: "isolate", number, keys: [useOf(key)] });
  await report(1);
  await runDurableObjectAlarm(collectorAt(9));
  wait(-HOUR);
  await report(2);
  expect(await alarmOf(collectorAt(9))).toBe(NOON - HOUR + MINUTE);
});

test("the courier looks as soon as it is called, also where its clock has stepped back since it was called last", async () => {
  const courier = env.COURIER.get(env.COURIER.idFromName(newId("courier")));
  await courier.call();
  expect(await alarmOf(courier)).toBe(NOON + 2 * SECOND);
  wait(-HOUR);
  await courier.call();
  expect(await alarmOf(courier)).toBe(NOON - HOUR + 2 * SECOND);
  // Nor does it look on for an hour once there is nothing left to tell.
  wait(-HOUR);
  await runDurableObjectAlarm(courier);
  expect(await alarmOf(courier)).toBeNull();
});
