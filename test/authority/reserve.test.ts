/** What an authority has lent without a write, in a real object that is restarted. */

import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { askLease, authorityOf, tell } from "./ask.ts";

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

  test("has all that it did not lend again, once its reserve has ended", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "r", limit: BURST, window: 60, burst: BURST }] } });
    await lend(key, 60);
    await evictDurableObject(authorityOf(key));
    vi.setSystemTime(NOON + 7 * 60_000);
    expect(await rest(key)).toBe(BURST);
  });
});

test("a change of the record ends a reserve", async () => {
  const key = await seedKey({ limits: LIMITS });
  const lent = await lend(key, 60);
  await tell(key);
  await askLease(key, { waiting: 0, wanted: 0 });
  await evictDurableObject(authorityOf(key));
  expect(lent + (await rest(key))).toBeLessThanOrEqual(BURST);
});
