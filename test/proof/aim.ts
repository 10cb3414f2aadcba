/** A world of one key in isolates with right clocks and a feed without faults, but for what is aimed at. */

import fc from "fast-check";
import { NO_LIMITS } from "../../src/domain/limits.ts";
import { TRUE_CLOCK } from "./clock.ts";
import { FAULTLESS } from "./feed-worlds.ts";
import { rateWorld } from "./random-worlds.ts";
import { type Change, type Fate, type FeedWorld, type Requests, SWIFT, type World } from "./world.ts";

const QUIET: FeedWorld = { ...FAULTLESS, hum: [{ from: 0, to: 22_000, every: 150 }] };
export const LOST: Fate = { ...SWIFT, fault: "question lost" };
export const ANOTHER: Change = { scopes: ["files:read"] };

/** Of one key without limits, if there are no others, in isolates with right clocks. */
type Aim = Pick<World, "requests" | "changes"> & { readonly feed: Partial<FeedWorld> } & Partial<Omit<World, "feed">>;

export const aimed = (aim: fc.Arbitrary<Aim>): fc.Arbitrary<World> =>
  fc.tuple(rateWorld, aim).map(
    ([world, { feed, ...aim }]): World => ({
      ...world,
      limits: NO_LIMITS,
      authorityClock: TRUE_CLOCK,
      isolates: Array(4).fill({ clock: TRUE_CLOCK, ends: [] }),
      fates: [SWIFT],
      replacements: [],
      ...aim,
      feed: { ...QUIET, ...feed },
    }),
  );

export const steady = (isolate: number, gap: number, to = 21_000): Requests[] =>
  Array.from({ length: Math.floor(to / gap) }, (_, index) => ({ at: index * gap, isolate, count: 1 }));
