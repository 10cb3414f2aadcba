/** All worlds of the proof: random ones, and those that go straight to where leases could give something away. */

import fc from "fast-check";
import { advanceWorld } from "./advance-worlds.ts";
import { SLOW_CLOCK, TRUE_CLOCK } from "./clock.ts";
import { aimedFeedWorld } from "./feed-aims.ts";
import { FAULTLESS, feedWorld } from "./feed-worlds.ts";
import {
  authoritySteps,
  BORDERS,
  both,
  familyOf,
  greatRate,
  quota,
  quotaWorld,
  rates,
  rateWorld,
  slowRate,
  versionWorld,
  within,
} from "./random-worlds.ts";
import { renewalWorld } from "./renewal-worlds.ts";
import { borderTraffic, lateReportTraffic, stepTraffic, straddleTraffic } from "./traffic.ts";
import { type Fate, type Requests, SWIFT, UNSEEN_STEP_MS, type World } from "./world.ts";

/** Longer than any lease. */
const SLOT_MS = 4_000;

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

/** The authority's clock steps back while a lease is out; its tokens go elsewhere. */
const authorityStepWorld = fc
  .tuple(rateWorld, stepTraffic, within(0, 2_500), fc.oneof(within(1, 5_000), within(60_000, 3_600_000)))
  .map(
    ([world, { requests, askedAt }, stepAfter, by]): World => ({
      ...world,
      authorityClock: { ...TRUE_CLOCK, steps: [{ at: askedAt + stepAfter, by }] },
      isolates: Array(2).fill({ clock: TRUE_CLOCK, ends: [] }),
      changes: [],
      fates: [SWIFT],
      requests,
    }),
  );

/** At any time, while others still have their leases, or when the account may be whole again. */
const turnAfter = fc.oneof(within(0, 30_000), within(0, 40), within(29_900, 30_000));

/**
 * Two versions name a slow rate of other bursts; one takes all, the other asks at once, and again, and then the first comes
 * back. What became of all is never told.
 */
const turnsWorld = fc
  .tuple(rateWorld, slowRate, within(1, 3), within(0, 9), fc.array(turnAfter, { minLength: 2, maxLength: 6 }))
  .map(([world, slow, more, gap, waits]): World => {
    const quick = { name: "quick", limit: 10, window: 1, burst: 10 };
    let at = 3_000;
    const turns = waits.map((wait, index) => {
      at += wait;
      return { at, isolate: index % 3 === 2 ? 0 : 1, count: 10 };
    });
    return {
      ...world,
      versions: [
        { rates: [quick, { ...slow, name: "slow", burst: slow.burst + more }], quotas: [] },
        { rates: [{ ...slow, name: "slow" }], quotas: [] },
      ],
      authorityClock: TRUE_CLOCK,
      isolates: Array(2).fill({ clock: TRUE_CLOCK, ends: [] }),
      changes: [],
      fates: [SWIFT, SWIFT, { ...SWIFT, fault: "question lost" }, ...Array<Fate>(100).fill(SWIFT)],
      requests: [{ at: 0, isolate: 0, count: 10 }, { at: gap, isolate: 1, count: 1 }, ...turns],
    };
  });

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

/**
 * The authority's clock goes over a border and back, or is far ahead for a while; and everybody comes, before and after. No
 * lease is alive when it steps: of what is spent between a step and the next question the authority cannot know.
 */
const borderStepWorld = fc
  .tuple(
    quotaWorld,
    within(1, 16_000),
    fc.uniqueArray(within(0, 6), { minLength: 1, maxLength: 3 }),
    fc.array(fc.constantFrom(0, 20_000, -20_000, 400 * 86_400_000), { minLength: 3, maxLength: 3 }),
    fc.array(within(0, 60), { minLength: 8, maxLength: 8 }),
  )
  .map(([world, before, slots, places, counts]): World => {
    const steps = slots
      .sort((a, b) => a - b)
      .map((slot, index) => ({
        at: slot * SLOT_MS + SLOT_MS - 500,
        by: (places[index - 1] ?? 0) - (places[index] as number),
      }));
    return {
      ...world,
      start: (BORDERS[world.start % BORDERS.length] as number) - before,
      authorityClock: { ...TRUE_CLOCK, steps },
      isolates: Array(2).fill({ clock: TRUE_CLOCK, ends: [] }),
      changes: [],
      fates: [SWIFT],
      requests: counts.map((count, slot) => ({ at: slot * SLOT_MS, isolate: slot, count })),
    };
  });

export const anyWorld: fc.Arbitrary<World> = fc.oneof(
  { weight: 6, arbitrary: rateWorld },
  { weight: 2, arbitrary: versionWorld },
  { weight: 1, arbitrary: turnsWorld },
  { weight: 2, arbitrary: borderStepWorld },
  { weight: 2, arbitrary: quotaWorld },
  { weight: 1, arbitrary: borderWorld },
  { weight: 1, arbitrary: stepWorld },
  { weight: 1, arbitrary: authorityStepWorld },
  { weight: 1, arbitrary: lateWorld },
  { weight: 1, arbitrary: lateReportWorld },
  { weight: 2, arbitrary: renewalWorld },
  { weight: 2, arbitrary: advanceWorld },
  { weight: 3, arbitrary: feedWorld },
  { weight: 4, arbitrary: aimedFeedWorld },
  { weight: 1, arbitrary: straddleWorld },
);

/** One isolate that follows the feed takes turns with nobody; the last of its clients waits as told. */
export const turnWorld: fc.Arbitrary<World> = fc
  .tuple(
    rateWorld,
    rates(fc.record({ limit: within(1, 20), window: within(1, 10), burst: within(64, 80) })),
    within(1, 200),
    fc.array(fc.oneof(within(0, 2_500), within(0, 100)), { minLength: 5, maxLength: 20 }),
  )
  .map(([world, limits, travel, gaps]): World => {
    let at = 2_000;
    const clients = gaps.map((gap, nth): Requests => {
      at += gap;
      return { at, isolate: 0, count: 1, again: nth === gaps.length - 1 };
    });
    return {
      ...world,
      limits,
      authorityClock: TRUE_CLOCK,
      isolates: [{ clock: TRUE_CLOCK, ends: [] }],
      changes: [],
      replacements: [],
      fates: [{ up: travel, down: travel }],
      feed: { ...FAULTLESS, hum: [{ from: 0, to: 60_000, every: 150 }] },
      requests: [{ at: 1_000, isolate: 0, count: 100 }, ...clients],
    };
  });

/**
 * One isolate, and a network that does what it should; at last somebody comes alone, and waits as told. Clocks are right, but
 * for the authority's, which may have stepped before; not where quotas count, for these go by it.
 */
export const calmWorld: fc.Arbitrary<World> = fc
  .tuple(
    fc.oneof(
      fc.tuple(rateWorld, authoritySteps),
      quotaWorld.map((world): [World, []] => [world, []]),
    ),
    within(1, 40),
    within(0, 5_000),
    within(0, 500),
  )
  .map(([[world, steps], travel, quiet, pause]): World => {
    // Where the authority's clock has stepped it must be asked once more, to know.
    const end = quiet + (steps.length > 0 ? SLOT_MS : 0) + Math.max(...world.requests.map(({ at }) => at));
    const last = [
      { at: end, isolate: 0, count: 61 },
      { at: end + 2 * travel + pause, isolate: 0, count: 1, again: true },
    ];
    return {
      ...world,
      authorityClock: { ...TRUE_CLOCK, steps: steps.map(({ at, by }) => ({ at: Math.min(at, end), by })) },
      isolates: [{ clock: TRUE_CLOCK, ends: [] }],
      requests: [...world.requests, ...last],
      fates: [{ up: travel, down: travel }],
      changes: [],
      replacements: [],
    };
  });
