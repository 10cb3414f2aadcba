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
