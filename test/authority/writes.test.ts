/** What an authority writes: a row for grants and reports, for each where tokens are scarce, and nothing else; and what it reads from its storage. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { takeCounts } from "../../bench/workers/counting.ts";
import { migrate, seedKey } from "../helpers/workerd.ts";
import { ask, askLease, authorityOf, countWrites, instrumentAuthority } from "./ask.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 30, 12);
const MINUTE = 60_000;
const TEN = {
  rates: [{ name: "r", limit: 10, window: 60, burst: 10 }],
  quotas: [{ name: "q", limit: 1_000, per: "month" as const }],
};

beforeAll(async () => {
  await migrate();
  await countWrites(authorityOf(await seedKey()));
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** Rows and alarms that `work` causes in objects. */
async function written(work: () => Promise<unknown>): Promise<{ rows: number; alarms: number }> {
  takeCounts();
  await work();
  const { objectRow, alarmSet } = takeCounts();
  return { rows: objectRow, alarms: alarmSet };
}

describe("an authority writes", () => {
  test("the record and an alarm at a key's first question, and then a row for each grant", async () => {
    const key = await seedKey({ limits: TEN });
    expect(await written(() => askLease(key))).toEqual({ rows: 2, alarms: 1 });
    for (let n = 0; n < 5; n++) expect(await written(() => askLease(key))).toEqual({ rows: 1, alarms: 0 });
  });

  test("a row for a report that counts, and none for one that it has heard", async () => {
    const key = await seedKey({ limits: TEN });
    const { id: leaseId } = await askLease(key, { waiting: 3 });
    const report = () => ask(key, { waiting: 0, wanted: 0, reports: [{ leaseId, unspent: 1, idleMs: 0 }] });
    expect(await written(report)).toEqual({ rows: 1, alarms: 0 });
    expect(await written(report)).toEqual({ rows: 0, alarms: 0 });
  });

  test("nothing for a refusal, however often it is asked", async () => {
    const key = await seedKey({ limits: TEN });
    await askLease(key, { waiting: 10 });
    const refused = async () => {
      for (let n = 0; n < 20; n++) expect((await askLease(key)).tokens).toBe(0);
    };
    expect(await written(refused)).toEqual({ rows: 0, alarms: 0 });
  });

  test.each([
    ["a key without limits", {}],
    ["a key that has expired", { limits: TEN, expiresAt: NOON - 1 }],
    ["a disabled key", { limits: TEN, disabledAt: 1 }],
  ])("nothing for %s, after its record", async (_, seed) => {
    const key = await seedKey(seed);
    await askLease(key);
    expect(await written(() => askLease(key))).toEqual({ rows: 0, alarms: 0 });
    expect(await written(() => ask(key, { waiting: 0, wanted: 0 }))).toEqual({ rows: 0, alarms: 0 });
  });

  test("a few rows for many grants, where tokens are plentiful, and again after it was evicted", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "r", limit: 6_000, window: 60, burst: 6_000 }] } });
    await askLease(key);
    const hundred = async () => {
      for (let n = 0; n < 100; n++) {
        wait(100);
        await askLease(key);
      }
    };
    expect(await written(hundred)).toEqual({ rows: 6, alarms: 0 });
    await evictDurableObject(authorityOf(key));
    expect(await written(hundred)).toEqual({ rows: 7, alarms: 0 });
  });

  test("a row for each question that waited for D1: another object may have heard of a change meanwhile", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "r", limit: 6_000, window: 60, burst: 6_000 }] } });
    for (let n = 0; n < 30; n++) await askLease(key);
    await instrumentAuthority(key, async (_, go) => {
      wait(1);
      return go();
    });
    expect(await written(() => askLease(key))).toEqual({ rows: 0, alarms: 0 });
    // It has heard of a newer change, so the authority reads D1; the record is a row too.
    expect(await written(() => askLease(key, { number: 1_000_000 }))).toEqual({ rows: 2, alarms: 0 });
  });

  test("no alarm and no record in an hour of use, and none because it slept", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "r", limit: 1_000, window: 1, burst: 1_000 }] } });
    await askLease(key);
    const calls: string[] = [];
    const hour = async () => {
      for (let n = 0; n < 60; n++) {
        wait(MINUTE);
        if (n % 7 === 0) await evictDurableObject(authorityOf(key));
        await instrumentAuthority(key, (name, go) => {
          calls.push(name);
          return go();
        });
        await askLease(key);
      }
    };
    expect(await written(hour)).toEqual({ rows: 26, alarms: 0 });
    expect(calls).toEqual([]);
  });
});

test("an authority reads its storage for its first question, and not again until it restarts", async () => {
  const key = await seedKey({ limits: TEN });
  const stub = authorityOf(key);
  await askLease(key);
  const read: string[] = [];
  const note = () =>
    runInDurableObject(stub, (_, { storage: { kv } }) => {
      const get = kv.get.bind(kv);
      kv.get = (name: string) => {
        read.push(name);
        return get(name) as never;
      };
    });
  await note();
  for (let n = 0; n < 20; n++) await askLease(key);
  expect(read).toEqual([]);
  await evictDurableObject(stub);
  await note();
  for (let n = 0; n < 20; n++) await askLease(key);
  expect(read).toEqual(["account"]);
});
