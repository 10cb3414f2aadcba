/** Worlds that go straight to where tokens that are kept could be spent twice. */

import fc from "fast-check";
import { KEEP_MS } from "../../src/domain/lease.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { ANOTHER, aimed } from "./aim.ts";
import { SLOW_CLOCK, TRUE_CLOCK } from "./clock.ts";
import { rates, within } from "./random-worlds.ts";
import type { Change, Requests } from "./world.ts";

/** So many tokens that some can be kept. What is given back by mistake is there again soon. */
const quick = rates(fc.record({ limit: within(10, 60), window: fc.constant(1), burst: within(300, 900) }));
/** What is missing stays missing for long. */
const slow = rates(fc.record({ limit: fc.constant(1), window: within(1, 10), burst: within(300, 900) }));
const KEEPERS = [0, 1, 2];
const TAKER = 3;

/** Each gets a lease that is kept, and uses one token of it. At last others take all there is, and they take what they have. */
const keepersAnd = (taken: number, after: number): Requests[] => [
  ...KEEPERS.map((isolate) => ({ at: 1_000, isolate, count: 1 })),
  { at: taken, isolate: TAKER, count: 950 },
  ...KEEPERS.map((isolate) => ({ at: taken + after, isolate, count: 9 })),
];

/** Tokens are kept to the very end, by clocks that are as slow as can be. */
export const straddled = aimed(
  fc
    .tuple(
      fc.oneof(quick, slow),
      fc.constantFrom(SLOW_CLOCK, TRUE_CLOCK),
      // Mostly after the ends by the authority's clock, and before those by the slow ones.
      fc.oneof({ weight: 3, arbitrary: fc.noBias(within(1_500, 3_900)) }, { weight: 1, arbitrary: within(500, 8_000) }),
      fc.oneof({ weight: 2, arbitrary: within(-30, 60) }, { weight: 1, arbitrary: within(-6_500, -2_500) }),
    )
    .map(([limits, clock, beyond, after]) => ({
      limits,
      isolates: [...KEEPERS.map(() => ({ clock, ends: [] })), { clock: TRUE_CLOCK, ends: [] }],
      requests: keepersAnd(KEEP_MS + beyond, after),
      changes: [],
      feed: {
        looks: [],
        hum: [
          { from: 0, to: 2_000, every: 150 },
          { from: KEEP_MS - 6_000, to: KEEP_MS + 9_000, every: 150 },
        ],
      },
    })),
);

/** The record changes, and not every isolate has heard it when others take all there is. */
export const givenUp = aimed(
  fc
    .tuple(quick, within(4_000, 6_000), within(15, 3_200), within(0, 40), within(5, 300), fc.boolean())
    .map(([limits, at, taken, after, down, isLowered]) => ({
      limits,
      requests: keepersAnd(at + taken, after),
      changes: [{ at, change: isLowered ? lowered(limits) : ANOTHER }],
      feed: { fates: [{ up: 5, down }] },
    })),
);

const lowered = ({ rates }: Limits): Change => ({
  limits: { rates: rates.map((rate) => ({ ...rate, burst: 5 })), quotas: [] },
});
