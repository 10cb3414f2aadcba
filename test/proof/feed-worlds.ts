/** Worlds in which isolates follow the feed, and keep leases for as long as it names no change. */

import fc from "fast-check";
import { NO_LIMITS } from "../../src/domain/limits.ts";
import { SLOW_CLOCK, TRUE_CLOCK } from "./clock.ts";
import { rates, rateWorld, within } from "./random-worlds.ts";
import {
  type Change,
  type Cut,
  type Fate,
  type FeedWorld,
  type Old,
  type Requests,
  SWIFT,
  UNSEEN_STEP_MS,
  type World,
} from "./world.ts";

/** So many tokens that some can be kept, and so few come back that each one too many shows. */
const keepable = rates(fc.record({ limit: within(1, 3), window: within(1, 10), burst: within(300, 900) }));

export const every = (ms: number, to: number) =>
  Array.from({ length: Math.floor(to / ms) }, (_, index) => (index + 1) * ms);

export const FAULTLESS: FeedWorld = {
  ...{ clock: TRUE_CLOCK, fates: [SWIFT], told: [SWIFT], d1Ms: [10], looks: every(5_000, 30_000), pagesMs: 300 },
  ...{ replacements: [], restores: [], cuts: [], oldCode: [], hum: [], others: [] },
};

const travel = fc.oneof(
  { weight: 4, arbitrary: within(1, 60) },
  { weight: 1, arbitrary: within(100, 1_200) },
  { weight: 1, arbitrary: within(1_500, 4_000) },
);
const fate = fc.record<Fate>(
  {
    up: travel,
    down: travel,
    fault: fc.constantFrom("question lost", "answer lost", "zombie", "zombie"),
    repeatedAfter: within(0, 4_000),
  },
  { requiredKeys: ["up", "down"] },
);
const fates = fc.oneof(
  fc.constant([SWIFT]),
  fc.array(fate, { minLength: 1, maxLength: 6 }).map((some) => [SWIFT, SWIFT, ...some]),
);
const rarely = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 2 });
const moment = within(2_000, 14_000);

/** Steps back, after which the object's clock stands still for so long. */
export const stalled = (at: fc.Arbitrary<number>) =>
  fc.tuple(at, within(500, 8_000)).map(([at, by]) => ({ ...TRUE_CLOCK, steps: [{ at, by }] }));

const feed: fc.Arbitrary<FeedWorld> = fc.record({
  clock: fc.oneof(fc.constant(TRUE_CLOCK), stalled(moment)),
  fates,
  told: fates,
  d1Ms: fc.oneof(fc.constant([10]), fc.array(within(1, 900), { minLength: 1, maxLength: 5 })),
  looks: fc.oneof(fc.constant(every(5_000, 25_000)), fc.array(within(0, 20_000), { maxLength: 6 })),
  pagesMs: within(0, 6_000),
  replacements: rarely(moment),
  restores: fc.constant([]),
  cuts: rarely(
    fc
      .tuple(moment, within(100, 6_000), fc.constantFrom<Cut>("asked", "told", "authority", "D1"))
      .map(([from, lasts, what]) => ({ from, to: from + lasts, what })),
  ),
  oldCode: rarely(
    fc
      .tuple(moment, within(100, 9_000), fc.constantFrom<Old>("authority", "reconciler", "feed"))
      .map(([from, lasts, what]) => ({ from, to: from + lasts, what })),
  ),
  hum: fc.constant([{ from: 0, to: 18_000, every: 150 }]),
  others: rarely(fc.record({ at: moment, count: fc.constantFrom(1, 900, 2_000, 6_000) })),
});

const rightsChange = fc.constantFrom<Change>({ scopes: [] }, { scopes: ["files:read"] }, { disabledAt: 1 });
const madeBy = fc.record(
  { of: fc.constantFrom("key" as const, "member" as const), byHand: fc.constant(true as const) },
  { requiredKeys: [] },
);
const changes = fc.oneof(
  fc.array(
    fc.tuple(moment, rightsChange, madeBy).map(([at, change, made]) => ({ at, change, ...made })),
    { minLength: 1, maxLength: 3 },
  ),
  // So many that a record which acts too long is an old one.
  within(3_000, 8_000).map((from) =>
    Array.from({ length: 20 }, (_, index) => ({ at: from + index * 350, change: { scopes: ["files:read"] } })),
  ),
);

/** Some isolates use the key steadily, or with pauses. */
const uses: fc.Arbitrary<Requests[]> = fc
  .array(
    fc.record({ isolate: within(0, 2), gap: fc.oneof(within(60, 400), within(400, 2_500)), from: within(0, 3_000) }),
    {
      minLength: 2,
      maxLength: 4,
    },
  )
  .map((streams) =>
    streams.flatMap(({ isolate, gap, from }) =>
      Array.from({ length: Math.floor((16_000 - from) / gap) }, (_, index) => ({
        at: from + index * gap,
        isolate,
        count: 1,
      })),
    ),
  );

const clock = fc.oneof(
  fc.constantFrom(TRUE_CLOCK, SLOW_CLOCK),
  fc
    .tuple(moment, fc.oneof(within(1, UNSEEN_STEP_MS / 2), within(UNSEEN_STEP_MS + 1, 8_000)))
    .map(([at, by]) => ({ ...TRUE_CLOCK, steps: [{ at, by }] })),
);

/** Rights change while the feed and the ways to it fail. */
export const feedWorld: fc.Arbitrary<World> = fc
  .tuple(
    rateWorld,
    fc.oneof(keepable, fc.constant(NO_LIMITS)),
    feed,
    changes,
    uses,
    fc.array(clock, { minLength: 3, maxLength: 3 }),
  )
  .map(
    ([world, limits, feed, changes, requests, clocks]): World => ({
      ...world,
      limits,
      feed,
      changes,
      requests,
      authorityClock: TRUE_CLOCK,
      isolates: clocks.map((clock, index) => ({ clock, ends: world.isolates[index]?.ends ?? [] })),
      fates: [SWIFT, SWIFT, SWIFT, ...world.fates],
    }),
  );
