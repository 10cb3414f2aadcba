/** A key in use, through the whole gateway, where clocks step back: its authority's, the isolate's, or both. */

import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { migrate, seedKey } from "../helpers/workerd.ts";
import { buildPlane, requestWith, send } from "./plane.ts";

beforeAll(migrate);
afterEach(() => {
  vi.useRealTimers();
});

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const [MINUTE, HOUR] = [60_000, 3_600_000];

test.each([
  ["the authority", MINUTE, 0],
  ["the authority", HOUR, 0],
  ["the isolate", 0, HOUR],
  ["both", HOUR, HOUR],
])(
  "after the clock of %s has stepped back, who waits for Retry-After is let through",
  async (_, authority, isolate) => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    let ahead = 0;
    const plane = buildPlane({ now: () => Date.now() + ahead });
    const key = await seedKey({ environment: "production", limits: { rates: [{ name: "r", limit: 2, window: 4 }] } });
    const request = () => send(plane, requestWith(key, "/signatures/1"));
    const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
    for (let i = 0; i < 5; i++) await request();
    wait(-authority);
    ahead = authority - isolate;
    for (let i = 0; i < 4; i++) {
      let response = await request();
      while (response.status === 200) response = await request();
      const seconds = Number(response.headers.get("Retry-After"));
      expect([response.status, seconds]).toEqual([429, expect.any(Number)]);
      expect(seconds).toBeLessThanOrEqual(5);
      wait(seconds * 1_000);
      // The first may be told before the authority knows of the step.
      if (i > 0) expect((await request()).status).toBe(200);
    }
  },
);
