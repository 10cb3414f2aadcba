import { expect, test } from "vitest";
import { type KeyWorld, simulateKey } from "../../../src/cli/model/key.ts";
import { seeded } from "../../../src/cli/model/random.ts";

const SCARCE = { rates: [{ name: "minute", limit: 600, window: 60, burst: 600 }], quotas: [] };

const worldOf = (changes: Partial<KeyWorld>): KeyWorld => ({
  ...{ perSecond: 12, limits: SCARCE, ttlMs: 2_000, isolates: 20, isolateLifeMs: 600_000, roundTripMs: () => 6 },
  ...{ forgetsAfterMs: 600_000, reportAfterMs: 10_000, follows: false, kvMs: 8, d1Ms: 30 },
  ...{ random: seeded(1), chances: seeded(2) },
  ...changes,
});

test("an isolate that keeps tokens alone asks for their record again only while they can be spent", () => {
  const { questions, requests, waits } = simulateKey(worldOf({ keeping: "tokens" }), 60, 300);
  expect(questions).toBeLessThan(2 * requests);
  // Each request was answered.
  expect(waits.reduce((sum, count) => sum + count, 0) / requests).toBeCloseTo(1, 2);
});

test("a key is admitted no more than its rate allows, as the clock of an authority reads whole milliseconds", () => {
  const limits = { rates: [{ name: "minute", limit: 1_200, window: 60, burst: 1_200 }], quotas: [] };
  const world = worldOf({
    perSecond: 40,
    limits,
    isolates: 10,
    roundTripMs: () => 20,
    follows: true,
    chances: seeded(-1),
  });
  expect(simulateKey(world, 0, 300).admitted).toBeLessThanOrEqual(1_200 + 20 * 300);
});
