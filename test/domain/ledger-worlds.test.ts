/** What the ledger promises, whatever isolates, networks and clocks do. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startOfPeriod } from "../../src/domain/quota.ts";
import { violations } from "./reference.ts";
import { restarted, run, type World } from "./world.ts";
import { anyWorld, quotaWorld, smallWorld } from "./worlds.ts";

const ENOUGH_MS = 3_600_000;

describe("in a world of isolates", () => {
  test("no interval and no period ever holds more spends than its limit", { timeout: 20_000 }, () => {
    let worlds = 0;
    let atTheLimit = 0;
    const holds = (world: World) => {
      const { spends } = run(world);
      expect(violations(world.limits, spends)).toEqual([]);
      worlds += 1;
      if (violations(withOneLess(world), spends).length > 0) atTheLimit += 1;
    };
    fc.assert(fc.property(anyWorld, holds), { numRuns: 2_000 });
    // Worlds that leave their limits far away would prove nothing.
    expect(atTheLimit / worlds).toBeGreaterThan(0.5);
  });

  test("a quota counts just what was spent, where every report gets through in time", () => {
    const reported = quotaWorld.map((world) => ({
      ...world,
      stories: world.stories.map((story) => ({
        ...story,
        reports: [{ after: "sent" as const, ms: story.gap % 50_000 }],
      })),
    }));
    fc.assert(
      fc.property(reported, ({ limits: { quotas }, ...world }) => {
        const { spends, ledger, now } = run({ ...world, limits: { quotas, rates: [] } });
        for (const { name, limit, per } of quotas) {
          const start = startOfPeriod(per, now);
          const remaining = ledger.policies(now).find((policy) => policy.name === name)?.remaining;
          expect(remaining).toBe(limit - spends.filter((at) => at >= start).length);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("no token is lost for good: after some quiet, every rate has its whole burst", () => {
    fc.assert(
      fc.property(smallWorld, (world) => {
        const { ledger, now } = run(world);
        const later = now + world.step.by + ENOUGH_MS;
        expect(ledger.policies(later).map(({ remaining }) => remaining)).toEqual(
          world.limits.rates.map(({ burst }) => burst),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("who is refused and waits exactly as long as told is admitted, and one millisecond earlier is not", () => {
    let refusals = 0;
    fc.assert(
      fc.property(anyWorld, (world) => {
        run(world, (ledger, now) => {
          refusals += 1;
          const { policy, kind, retryAfterMs } = ledger.denial(now);
          const at = (moment: number) => restarted(ledger, world.limits, moment);
          expect(at(now + retryAfterMs).available(now + retryAfterMs)).toBeGreaterThanOrEqual(1);
          const early = at(now + retryAfterMs - 1).policies(now + retryAfterMs - 1);
          expect(early.find(({ name }) => name === policy)?.remaining).toBe(0);
          expect(world.limits[kind === "rate" ? "rates" : "quotas"].map(({ name }) => name)).toContain(policy);
        });
      }),
      { numRuns: 1_000 },
    );
    expect(refusals).toBeGreaterThan(1_000);
  });
});

function withOneLess({ limits: { rates, quotas } }: World) {
  return {
    rates: rates.map((rate) => ({ ...rate, burst: rate.burst - 1 })),
    quotas: quotas.map((quota) => ({ ...quota, limit: quota.limit - 1 })),
  };
}
