/** Worlds in which everything can go wrong, each in its own way and none on purpose. */

import fc from "fast-check";
import type { Rate } from "../../src/domain/bucket.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { traffic } from "./traffic.ts";
import { type Change, type Fate, SWIFT, UNSEEN_STEP_MS, type World } from "./world.ts";

export const within = (min: number, max: number) => fc.integer({ min, max });
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const NOON = Date.UTC(2026, 5, 15, 12);
export const BORDERS = [Date.UTC(2026, 5, 15, 13), Date.UTC(2026, 5, 16), Date.UTC(2026, 6, 1), Date.UTC(2027, 0, 1)];

const smallRate = fc.record({ limit: within(1, 20), window: within(1, 10), burst: within(1, 30) });
export const slowRate = fc.record({ limit: fc.constant(1), window: within(5, 60), burst: within(1, 3) });
const tinyRate = fc.record({ limit: within(1, 5), window: within(1, 10), burst: within(1, 3) });
/** So many tokens that the few milliseconds by which clocks differ are worth some. */
export const greatRate = fc.record({ limit: within(80, 120), window: fc.constant(1), burst: within(80, 120) });
const quotaOf = (per: "hour" | "day" | "month") => fc.record({ limit: within(1, 60), per: fc.constant(per) });

/** Limits, and other limits of the same names. */
type Family = fc.Arbitrary<{ limits: Limits; others: Limits[] }>;

export function familyOf(limits: fc.Arbitrary<Limits>[]): Family {
  return fc
    .oneof(...limits)
    .chain((first) => fc.record({ limits: fc.constant(first), others: fc.array(changed(first), { maxLength: 2 }) }));
}

function changed({ rates, quotas }: Limits): fc.Arbitrary<Limits> {
  return fc.record({
    rates: fc.tuple(...rates.map(({ name }) => smallRate.map((rate) => ({ ...rate, name })))),
    quotas: fc.tuple(...quotas.map(({ name, per }) => quotaOf(per).map((quota) => ({ ...quota, name })))),
  });
}

export const rates = (rate: typeof smallRate, maxLength = 1) =>
  fc.array(rate, { minLength: 1, maxLength }).map(
    (rates): Limits => ({
      rates: rates.map((rate, index) => ({ ...rate, name: `rate ${index}` })),
      quotas: [],
    }),
  );

export const quota = fc
  .constantFrom("hour" as const, "day" as const, "month" as const)
  .chain((per) => quotaOf(per))
  .map((quota): Limits => ({ rates: [], quotas: [{ ...quota, name: "quota" }] }));

export const both = fc.tuple(rates(smallRate), quota).map(([{ rates }, { quotas }]): Limits => ({ rates, quotas }));

const travel = fc.oneof(
  { weight: 6, arbitrary: within(0, 30) },
  { weight: 1, arbitrary: within(0, 3_000) },
  { weight: 1, arbitrary: within(400, 2_600) },
);

const fault = fc.constantFrom<NonNullable<Fate["fault"]>>(
  "question lost",
  "answer lost",
  "zombie",
  { crash: "before the write" },
  { crash: "after the write" },
);

const fate: fc.Arbitrary<Fate> = fc
  .record(
    {
      up: travel,
      down: travel.map((ms) => Math.max(1, ms)),
      fault: fault,
      repeatedAfter: fc.oneof(within(0, 100), within(0, 70_000)),
    },
    { requiredKeys: ["up", "down"] },
  )
  .chain(
    (fate) =>
      fc.constantFrom(
        fate,
        fate,
        { up: fate.up, down: fate.down },
        { ...fate, fault: undefined },
      ) as fc.Arbitrary<Fate>,
  );

/** A fresh network answers at once, so that many isolates truly hold leases at one time. */
const fates = fc.oneof(
  fc.constant([SWIFT]),
  fc.constant([{ up: 0, down: 1 }]),
  fc.array(fate, { minLength: 1, maxLength: 8 }),
  fc.array(fate, { minLength: 1, maxLength: 4 }).map((some) => [SWIFT, SWIFT, SWIFT, ...some]),
);

const drift = fc.oneof(fc.constantFrom(-5, -5, 0, 5), real(-5, 5));
const moment = within(0, 60_000);
const steps = fc.array(
  fc.record({ at: moment, by: fc.oneof(within(1, UNSEEN_STEP_MS / 2), within(UNSEEN_STEP_MS + 1, 10_000)) }),
  { maxLength: 2 },
);
const rarely = <T>(value: fc.Arbitrary<T[]>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant<T[]>([]) }, { weight: 1, arbitrary: value });

const isolate = fc.record({
  clock: fc.record({ offset: within(-1e6, 1e6), drift, steps: rarely(steps) }),
  ends: rarely(fc.array(moment, { maxLength: 2 })),
});

const rightsChange = fc.constantFrom<Change>(
  { revokedAt: NOON },
  { disabledAt: NOON },
  { disabledAt: null },
  { scopes: [] },
  { scopes: ["files:read"] },
);

/** Back by up to a day. Not ahead: by how much time passes while a lease is out, the authority has only its clock to tell. */
export const authoritySteps = fc.array(
  fc.record({
    at: moment,
    by: fc.oneof(within(1, 10_000), within(60_000, 86_400_000)),
  }),
  { maxLength: 2 },
);

interface Traits {
  readonly family: Family;
  readonly start: fc.Arbitrary<number>;
  readonly authoritySteps: fc.Arbitrary<World["authorityClock"]["steps"][number][]>;
}

function worldOf({ family, start, authoritySteps }: Traits): fc.Arbitrary<World> {
  return fc
    .record({
      family,
      start,
      steps: authoritySteps,
      isolates: fc.array(isolate, { minLength: 1, maxLength: 6 }),
      requests: traffic,
      fates,
      moments: rarely(fc.array(moment, { maxLength: 3 })),
      rightsChanges: rarely(fc.array(fc.record({ at: moment, change: rightsChange }), { maxLength: 2 })),
      replacements: rarely(fc.array(moment, { maxLength: 3 })),
      chances: fc.array(real(0, 1), { minLength: 1, maxLength: 3 }),
    })
    .map(({ family: { limits, others }, steps, moments, rightsChanges, ...rest }) => ({
      ...rest,
      limits,
      authorityClock: { offset: 0, drift: 0, steps },
      changes: [
        ...moments.flatMap((at, index) => (others[index] ? [{ at, change: { limits: others[index] } }] : [])),
        ...rightsChanges,
      ],
    }));
}

export const rateWorld = worldOf({
  family: familyOf([rates(smallRate, 2), rates(tinyRate), rates(greatRate)]),
  start: fc.constant(NOON),
  authoritySteps: rarely(authoritySteps),
});

/** Begins shortly before a border. The authority's clock is right here: who reads the time from a wrong clock keeps a border as wrongly. */
export const quotaWorld = worldOf({
  family: familyOf([quota, both]),
  start: fc
    .tuple(fc.constantFrom(...BORDERS), fc.oneof(within(0, 5_000), within(0, 60_000)))
    .map(([border, before]) => border - before),
  authoritySteps: fc.constant([]),
});

/** Two or three versions of the configuration, of which each isolate runs one: rates are changed, renamed, added, exchanged. */
export const versionWorld: fc.Arbitrary<World> = fc
  .tuple(
    rateWorld,
    fc.option(quotaOf("day"), { freq: 1 }),
    fc.array(fc.array(within(0, 3), { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 3 }),
    fc.tuple(smallRate, tinyRate, greatRate, within(1, 30)),
  )
  .map(([world, daily, choices, [small, tiny, great, burst]]): World => {
    // Two are alike but for their bursts.
    const numbers = [small, { ...tiny, burst }, tiny, great];
    const versions = choices.map(
      (chosen, version): Limits => ({
        rates: chosen.map((index, place) => ({
          ...(numbers[index] as Omit<Rate, "name">),
          name: `${place} ${version % 2}`,
        })),
        quotas: daily ? [{ ...daily, limit: daily.limit + version, name: `quota ${version}` }] : [],
      }),
    );
    return {
      ...world,
      versions: versions as [Limits, ...Limits[]],
      changes: world.changes.filter(({ change }) => !("limits" in change)),
    };
  });
