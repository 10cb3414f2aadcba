/** Worlds in which leases are renewed while they are spent. */

import fc from "fast-check";
import type { Limits } from "../../src/domain/limits.ts";
import { SLOW_CLOCK, TRUE_CLOCK } from "./clock.ts";
import { rates, rateWorld, within } from "./random-worlds.ts";
import { renewalTraffic } from "./traffic.ts";
import { type Change, type Fate, SWIFT, type World } from "./world.ts";

/** So many tokens that an isolate can have a stock of them. Either few come back, so that each one too many shows, or they stay plentiful. */
const wideRate = fc.oneof(
  fc.record({ limit: within(1, 5), window: within(1, 5), burst: within(400, 500) }),
  fc.record({ limit: within(80, 120), window: fc.constant(1), burst: within(300, 400) }),
);

/** They take nearly as long as the rest of a lease, or as long as a few requests. */
const slowAnswer = fc.oneof(
  within(550, 990).map((down): Fate => ({ up: 5, down })),
  fc.tuple(within(1, 300), within(1, 300)).map(([up, down]): Fate => ({ up, down })),
);

const COMES_TWICE: Fate = { up: 5, down: 40, repeatedAfter: 300 };

export const renewalWorld = fc
  .tuple(
    rateWorld,
    rates(wideRate),
    renewalTraffic,
    slowAnswer,
    fc.boolean(),
    fc.tuple(fc.noBias(within(3_000, 6_000)), fc.option(within(1, 10), { freq: 2 })),
  )
  .map(([world, limits, requests, later, isFaulty, [changedAt, lowered]]): World => {
    const faults: Fate[] = [COMES_TWICE, ...world.fates];
    // The first answers are swift, so that leases grow.
    const fates = Array.from({ length: 40 }, (_, index) => {
      if (isFaulty && index % 6 === 5) return faults[((index - 5) / 6) % faults.length] as Fate;
      return index < 6 ? SWIFT : later;
    });
    return {
      ...world,
      limits,
      isolates: [{ clock: SLOW_CLOCK, ends: [] }, ...Array(3).fill({ clock: TRUE_CLOCK, ends: [] })],
      changes: lowered === null ? manyFrom(changedAt) : [{ at: changedAt, change: loweredTo(limits, lowered) }],
      fates,
      requests,
    };
  });

/** The record is another one so often that a lease which lives too long has an old one. */
const manyFrom = (at: number) =>
  Array.from({ length: 25 }, (_, index) => ({ at: at + index * 300, change: { scopes: ["files:read"] } }));

const loweredTo = ({ rates }: Limits, burst: number): Change => ({
  limits: { rates: rates.map((rate) => ({ ...rate, limit: 1, burst })), quotas: [] },
});
