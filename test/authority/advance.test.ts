/** What an authority has lent without a write, in a real object that is restarted. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { askLease, authorityOf } from "./ask.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 30, 12);
const BURST = 1_000;
const LIMITS = { rates: [{ name: "r", limit: 1, window: 60, burst: BURST }] };

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

async function lend(key: SeededKey, times: number): Promise<number> {
  let lent = 0;
  for (let n = 0; n < times; n++) lent += (await askLease(key)).tokens as number;
  return lent;
}
const rest = async (key: SeededKey) => (await askLease(key, { waiting: 2 * BURST })).tokens as number;

describe("after a restart, an authority", () => {
  test.each([1, 2, 3, 7, 20, 60])("lends nothing again of %i grants", async (times) => {
    const key = await seedKey({ limits: LIMITS });
    const lent = await lend(key, times);
    await evictDurableObject(authorityOf(key));
    const left = await rest(key);
    expect(lent + left).toBeLessThanOrEqual(BURST);
    // It keeps no more back than it had lent.
    expect(left).toBeGreaterThanOrEqual(BURST - 2 * lent);
  });

  test("has all that it did not lend again, once its advance has ended", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "r", limit: BURST, window: 60, burst: BURST }] } });
    await lend(key, 60);
    await evictDurableObject(authorityOf(key));
    vi.setSystemTime(NOON + 7 * 60_000);
    expect(await rest(key)).toBe(BURST);
  });
});

test("what could not be stored is not lent from", async () => {
  const key = await seedKey({ limits: LIMITS });
  let lent = await lend(key, 6);
  await runInDurableObject(authorityOf(key), (_, { storage }) => {
    const { kv } = storage;
    const put = kv.put.bind(kv);
    kv.put = () => {
      kv.put = put;
      throw new Error("disk full");
    };
  });
  // With the first grant that the advance does not cover.
  const untilItFails = async () => {
    for (;;) lent += await lend(key, 1);
  };
  await expect(untilItFails()).rejects.toThrow("disk full");
  lent += await lend(key, 3);
  await evictDurableObject(authorityOf(key));
  expect(lent + (await rest(key))).toBeLessThanOrEqual(BURST);
});
