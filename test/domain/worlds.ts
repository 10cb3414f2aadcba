/** Worlds to run: random ones, and those that go straight to where a ledger could give something away. */

import fc from "fast-check";
import type { Rate } from "../../src/domain/bucket.ts";
import type { Quota } from "../../src/domain/quota.ts";
import type { Story, World } from "./world.ts";

const within = (min: number, max: number) => fc.integer({ min, max });
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });

const smallRate = fc.record({ limit: within(1, 20), window: within(1, 10), burst: within(1, 30) });
/** So many tokens that the few milliseconds by which clocks differ are worth some. */
const greatRate = fc.record({ limit: within(80, 120), window: fc.constant(1), burst: within(200, 300) });
const anyQuota = fc.record({
  limit: within(1, 60),
  per: fc.constantFrom("hour" as const, "day" as const, "month" as const),
});

const someRates = (rate: fc.Arbitrary<Omit<Rate, "name">>, minLength: number, maxLength: number) =>
  fc
    .array(rate, { minLength, maxLength })
    .map((rates) => rates.map((rate, index): Rate => ({ ...rate, name: `rate ${index}` })));
const someQuotas = fc
  .array(anyQuota, { minLength: 1, maxLength: 2 })
  .map((quotas) => quotas.map((quota, index): Quota => ({ ...quota, name: `quota ${index}` })));

const fraction = fc.oneof(fc.constantFrom(0, 0.999, 1), real(0, 1));
const travel = fc.oneof({ weight: 4, arbitrary: within(0, 30) }, { weight: 1, arbitrary: within(0, 3_000) });
/** About as long as leases last, and long enough for a bucket to fill. */
const gap = fc.oneof(within(0, 20), within(0, 3_000), within(2_450, 2_550), within(3_000, 90_000));
const report = fc.oneof(
  fc.record({ after: fc.constant("sent" as const), ms: travel }),
  fc.record({ after: fc.constant("sent" as const), ms: within(0, 70_000) }),
  fc.record({ after: fc.constant("end" as const), ms: fc.oneof(within(-3, 3), within(59_998, 60_002)) }),
);

/** `drift`: of the isolates' clocks, in parts per thousand. */
const anyStory = (drift: fc.Arbitrary<number>): fc.Arbitrary<Story> =>
  fc.record({
    gap,
    up: travel,
    down: travel,
    ttl: fc.oneof(fc.constant(2_000), within(1, 2_500)),
    share: fc.oneof(fc.constant(1), fraction),
    spends: fc.oneof(
      fc.array(fc.option(fraction, { freq: 4 }), { minLength: 1, maxLength: 5 }),
      fraction.map((at) => [at]),
    ),
    close: fc.oneof(fc.constant(1), real(0, 2)),
    reports: fc.array(report, { maxLength: 3 }),
    drift,
    offset: real(-1e6, 1e6),
    restart: fc.boolean(),
  });

/** A lease comes to nothing and is not heard of; time passes; all there is is spent; then the report comes, and somebody asks at once. */
const lateReport = (drift: fc.Arbitrary<number>): fc.Arbitrary<Story[]> =>
  fc
    .tuple(anyStory(drift), anyStory(drift), anyStory(drift), within(0, 59_000), within(0, 100), within(0, 100))
    .map(([stranded, burst, last, idle, before, after]) => [
      { ...stranded, spends: [null], close: 1, reports: [{ after: "end", ms: idle + before }] },
      { ...burst, gap: stranded.ttl + 500 + idle, up: 0, down: 0, share: 1, spends: [0], close: 0 },
      { ...last, gap: before + after, up: 0, down: 0, share: 1, spends: [0] },
    ]);

/** All is spent at one moment of a lease's life, its report is heard or not, and the next lease takes all that came back. */
const burstAfterIdle = (drift: fc.Arbitrary<number>): fc.Arbitrary<Story[]> =>
  fc
    .tuple(
      anyStory(drift),
      anyStory(drift),
      fc.oneof(fraction, real(0, 0.2)),
      real(0.8, 1),
      within(0, 3),
      fc.boolean(),
      drift,
    )
    .map(([first, next, spentAt, close, late, heard, drift]) => [
      {
        ...first,
        ...{ gap: 60_000, up: 0, down: 0, ttl: 2_000, share: 1, spends: [spentAt], drift },
        ...{ close, reports: heard ? [{ after: "sent", ms: late }] : [] },
      },
      { ...next, gap: heard ? Math.ceil(close * 2_010) + late : 2_500 + late, up: 0, down: 0, share: 1, spends: [0] },
    ]);

const anyStories = (drift: fc.Arbitrary<number>, maxLength: number): fc.Arbitrary<Story[]> =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: anyStory(drift).map((story) => [story]) },
        { weight: 1, arbitrary: lateReport(drift) },
        { weight: 1, arbitrary: burstAfterIdle(drift) },
      ),
      { minLength: 1, maxLength },
    )
    .map((stories) => stories.flat());

const NOON = Date.UTC(2026, 5, 15, 12);
const STEADY = { at: 0, by: 0 };
const eitherWay = fc.oneof(fc.constantFrom(-5, 0, 5, 5), real(-5, 5));
const fastOnly = fc.oneof(fc.constantFrom(0, 5), real(0, 5));

export const smallWorld: fc.Arbitrary<World> = fc.record({
  limits: someRates(smallRate, 1, 3).map((rates) => ({ rates, quotas: [] })),
  start: fc.constant(NOON),
  stories: anyStories(eitherWay, 20),
  step: fc.oneof(fc.constant(STEADY), fc.record({ at: within(0, 60_000), by: within(0, 10_000) })),
});

export const greatWorld: fc.Arbitrary<World> = fc.record({
  limits: someRates(greatRate, 1, 1).map((rates) => ({ rates, quotas: [] })),
  start: fc.constant(NOON),
  stories: burstAfterIdle(eitherWay),
  step: fc.constant(STEADY),
});

/**
 * Begins shortly before a border. No clock is slow here, and none steps back: who reads the time from a clock that is
 * wrong keeps a border as wrongly.
 */
export const quotaWorld: fc.Arbitrary<World> = fc.record({
  limits: fc.record({ rates: someRates(smallRate, 0, 1), quotas: someQuotas }),
  start: fc
    .tuple(
      fc.constantFrom(Date.UTC(2026, 5, 15, 13), Date.UTC(2026, 5, 16), Date.UTC(2026, 6, 1), Date.UTC(2027, 0, 1)),
      within(0, 60_000),
    )
    .map(([border, before]) => border - before),
  stories: anyStories(fastOnly, 20),
  step: fc.constant(STEADY),
});

export const anyWorld = fc.oneof(
  { weight: 5, arbitrary: smallWorld },
  { weight: 1, arbitrary: greatWorld },
  { weight: 4, arbitrary: quotaWorld },
);
