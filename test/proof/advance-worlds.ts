/** Worlds in which an authority lends from its advance, and is restarted. */

import fc from "fast-check";
import { TRUE_CLOCK } from "./clock.ts";
import { rates, rateWorld, within } from "./random-worlds.ts";
import { type Fate, type Requests, SWIFT, type World } from "./world.ts";

const ISOLATES = 22;

/** Enough tokens for an advance. Either few come back, so that each one too many shows, or a burst in a second. */
const advancingRate = fc.oneof(
  fc.record({ limit: fc.constant(1), window: within(5, 60), burst: within(80, 160) }),
  fc.record({ limit: within(160, 240), window: fc.constant(1), burst: within(160, 240) }),
);

/** Isolates with little to do ask in turn, so that the authority lends often; after the restart everybody takes all there is. */
const traffic = fc
  .tuple(within(20, 120), within(12, 60), fc.array(within(0, 3_000), { minLength: 1, maxLength: 4 }), within(0, 1_000))
  .map(([gap, count, floods, before]) => {
    const warm = Array.from({ length: count }, (_, nth): Requests => ({ at: nth * gap, isolate: nth % 8, count: 1 }));
    const end = count * gap;
    const requests = floods.flatMap((after) =>
      Array.from({ length: 8 }, (_, isolate): Requests => ({ at: end + after, isolate, count: 60 })),
    );
    return { restartAt: Math.max(0, end - before), requests: [...warm, ...requests] };
  });

/** An isolate keeps a token from an advance to the end of its lease, and just then all that has come back is taken elsewhere. */
const straddle = fc
  .tuple(within(9, 16), fc.noBias(within(600, 1_500)), fc.noBias(within(1_700, 1_990)), within(1, 300))
  .map(([warm, quiet, kept, after]) => {
    const lent = Array.from({ length: warm }, (_, nth): Requests => ({ at: nth * 30, isolate: nth, count: 1 }));
    const from = warm * 30 + quiet;
    const stock = [0, 30].map((later): Requests => ({ at: from + later, isolate: 20, count: 1 }));
    const last = [20, 21].map((isolate): Requests => ({ at: from + 30 + kept, isolate, count: 240 }));
    return { restartAt: from + 30 + after, requests: [...lent, ...stock, ...last] };
  });

const ZOMBIE: Fate = { ...SWIFT, fault: "zombie" };

export const advanceWorld = fc.tuple(rateWorld, rates(advancingRate), fc.oneof(traffic, straddle), fc.boolean()).map(
  ([world, limits, { restartAt, requests }, hasZombie]): World => ({
    ...world,
    limits,
    authorityClock: TRUE_CLOCK,
    isolates: Array(ISOLATES).fill({ clock: TRUE_CLOCK, ends: [] }),
    changes: [],
    fates: hasZombie ? [...Array<Fate>(12).fill(SWIFT), ZOMBIE, SWIFT, ZOMBIE] : [{ up: 0, down: 1 }],
    replacements: [restartAt],
    requests,
  }),
);
