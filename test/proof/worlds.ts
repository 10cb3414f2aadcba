/** All worlds of the proof: random ones, and those that go straight to where leases could give something away. */

import fc from "fast-check";
import { TRUE_CLOCK } from "./clock.ts";
import { BORDERS, both, familyOf, greatRate, quota, quotaWorld, rates, rateWorld, within } from "./random-worlds.ts";
import { borderTraffic, lateReportTraffic, stepTraffic, straddleTraffic } from "./traffic.ts";
import { type Fate, SWIFT, UNSEEN_STEP_MS, type World } from "./world.ts";

/** The slowest that a clock may be. */
const SLOW_CLOCK = { offset: 0, drift: -5, steps: [] };

/** A stock is kept until the border, and just then all of the new period is taken. */
const borderWorld = fc.tuple(quotaWorld, borderTraffic).map(
  ([world, { before, requests }]): World => ({
    ...world,
    start: (BORDERS[0] as number) - before,
    limits: { ...world.limits, quotas: world.limits.quotas.map((quota) => ({ ...quota, per: "hour" })) },
    isolates: [{ clock: SLOW_CLOCK, ends: [] }, ...Array(2).fill({ clock: TRUE_CLOCK, ends: [] })],
    changes: [],
    fates: [{ up: 0, down: 1 }],
    requests,
  }),
);

/** A stock is kept to the very end of its lease, by a clock as wrong as it may be, and just then all that has come back is taken elsewhere. */
const straddleWorld = fc.tuple(rateWorld, rates(greatRate), straddleTraffic, within(0, UNSEEN_STEP_MS)).map(
  ([world, limits, { warmUpEnds, requests }, by]): World => ({
    ...world,
    limits,
    isolates: [
      { clock: { ...SLOW_CLOCK, steps: [{ at: warmUpEnds + 1_000, by }] }, ends: [] },
      { clock: TRUE_CLOCK, ends: [] },
    ],
    changes: [],
    fates: [{ up: 0, down: 1 }],
    requests,
  }),
);

/** A clock steps back while an isolate holds a lease; its tokens go elsewhere. */
const stepWorld = fc.tuple(rateWorld, stepTraffic, within(0, 2_500), within(500, 5_000)).map(
  ([world, { requests, askedAt }, stepAfter, by]): World => ({
    ...world,
    isolates: [
      { clock: { ...TRUE_CLOCK, steps: [{ at: askedAt + stepAfter, by }] }, ends: [] },
      { clock: TRUE_CLOCK, ends: [] },
    ],
    changes: [],
    fates: [SWIFT],
    requests,
  }),
);

/** An answer is on its way for longer than the lease can live, and perhaps the clock steps back meanwhile; somebody still waits for it. */
const lateWorld = fc
  .tuple(rateWorld, fc.boolean(), within(2_450, 4_500), within(100, 2_000), within(0, 1_500), within(100, 1_900))
  .map(
    ([world, stepsBack, down, stepAt, youth, joinedFor]): World => ({
      ...world,
      isolates: [
        { clock: { ...TRUE_CLOCK, steps: stepsBack ? [{ at: stepAt, by: down - youth }] : [] }, ends: [] },
        { clock: TRUE_CLOCK, ends: [] },
      ],
      changes: [],
      fates: [{ up: 5, down }, ...Array<Fate>(20).fill(SWIFT)],
      requests: [
        { at: 0, isolate: 0, count: 1 },
        { at: down - joinedFor, isolate: 0, count: 3 },
        { at: down - 60, isolate: 1, count: 60 },
      ],
    }),
  );

/** What a lease left over is reported late, and more than once; then all there is is taken. */
const lateReportWorld = fc
  .tuple(rateWorld, familyOf([quota, both]), within(6, 14), within(2_600, 50_000), within(2, 8), within(0, 60))
  .map(
    ([world, { limits }, warm, idle, before, repeatedAfter]): World => ({
      ...world,
      limits,
      authorityClock: TRUE_CLOCK,
      changes: [],
      fates: [...Array<Fate>(before).fill(SWIFT), { ...SWIFT, repeatedAfter }, ...Array<Fate>(100).fill(SWIFT)],
      requests: lateReportTraffic(warm, idle),
    }),
  );

export const anyWorld: fc.Arbitrary<World> = fc.oneof(
  { weight: 6, arbitrary: rateWorld },
  { weight: 2, arbitrary: quotaWorld },
  { weight: 1, arbitrary: borderWorld },
  { weight: 1, arbitrary: stepWorld },
  { weight: 1, arbitrary: lateWorld },
  { weight: 1, arbitrary: lateReportWorld },
  { weight: 1, arbitrary: straddleWorld },
);

/** One isolate, a network and clocks that do what they should; at last somebody comes alone, and waits as told. */
export const calmWorld: fc.Arbitrary<World> = fc
  .tuple(fc.oneof(rateWorld, quotaWorld), within(1, 40), within(0, 5_000), within(0, 500))
  .map(([world, travel, quiet, pause]): World => {
    const end = quiet + Math.max(...world.requests.map(({ at }) => at));
    const last = [
      { at: end, isolate: 0, count: 61 },
      { at: end + 2 * travel + pause, isolate: 0, count: 1, again: true },
    ];
    return {
      ...world,
      authorityClock: TRUE_CLOCK,
      isolates: [{ clock: TRUE_CLOCK, ends: [] }],
      requests: [...world.requests, ...last],
      fates: [{ up: travel, down: travel }],
      changes: [],
      replacements: [],
    };
  });
