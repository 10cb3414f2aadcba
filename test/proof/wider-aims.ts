/** Worlds of two versions of the configuration, in which tokens of the wider limit are kept while the lower one lends. */

import fc from "fast-check";
import { MIN_KEPT_BURST } from "../../src/domain/held.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { aimed } from "./aim.ts";
import { TRUE_CLOCK } from "./clock.ts";
import { within } from "./random-worlds.ts";
import type { Requests } from "./world.ts";

const rate = (limit: number, window: number, burst: number): Limits => ({
  rates: [{ name: "rate", limit, window, burst }],
  quotas: [],
});

/** Six keep four tokens each, more than the lower rate holds for all of them. */
const KEEPERS = [0, 1, 2, 3, 4, 5];
const TAKER = 6;
const LOW = 7;
const ROUNDS = 9;
/** For so long the authority holds what is kept for a few requests. */
const SHORT_MS = 20_700;

/** All of the wider rate is taken. Then an isolate of the lower one keeps a few tokens for a short time, uses them and ends, again and again. */
export const keptShortly = aimed(
  fc
    .tuple(within(5, 10), within(SHORT_MS, SHORT_MS + 500), within(MIN_KEPT_BURST, MIN_KEPT_BURST + 6), within(0, 60))
    .map(([window, gap, burst, after]) => {
      const [wide, low] = [rate(1, window, 900), rate(1, window, burst)];
      // By then, the lower rate has more than it holds for what is kept of the wider one.
      const begin = 26_000 * window;
      const rounds = Array.from({ length: ROUNDS }, (_, nth) => begin + nth * gap);
      const end = begin + ROUNDS * gap;
      return {
        versions: [wide, ...Array<Limits>(TAKER).fill(wide), low] as [Limits, ...Limits[]],
        isolates: [
          ...[...KEEPERS, TAKER].map(() => ({ clock: TRUE_CLOCK, ends: [] })),
          { clock: TRUE_CLOCK, ends: rounds.map((at) => at + 300) },
        ],
        requests: [
          ...KEEPERS.map((isolate) => ({ at: 1_000, isolate, count: 1 })),
          { at: 1_500, isolate: TAKER, count: 900 },
          ...rounds.flatMap((at) =>
            [0, 60].map((later) => ({ at: at + later, isolate: LOW, count: later > 0 ? 1 : 2 })),
          ),
          { at: end, isolate: LOW, count: 90 },
          { at: end + after, isolate: TAKER, count: 300 },
          ...KEEPERS.map((isolate) => ({ at: end + after, isolate, count: 9 })),
        ],
        changes: [],
        feed: {
          looks: [],
          hum: [1_800, ...rounds, end].map((at) => ({ from: at - 1_500, to: at + 100, every: 150 })),
          // So that none of it is reported.
          cuts: rounds.map((at) => ({ from: at + 50, to: at + 310, what: "authority" as const })),
        },
      };
    }),
);

const gap = fc.oneof(within(0, 300), within(1_500, 3_000), within(SHORT_MS - 1_000, SHORT_MS + 1_000));
const count = fc.oneof(within(1, 2), within(1, 40), fc.constant(600));

/** Both lend in any order; isolates end, and what becomes of their tokens is never told; the authority is restarted. */
export const mixed = aimed(
  fc
    .tuple(
      within(132, 600),
      within(1, 600),
      fc.tuple(within(1, 20), within(1, 20)),
      fc.array(fc.tuple(gap, within(0, 5), count), { minLength: 5, maxLength: 25 }),
      fc.array(fc.tuple(within(0, 5), within(0, 40_000)), { maxLength: 8 }),
      fc.array(within(0, 40_000), { maxLength: 2 }),
    )
    .map(([burst, other, [window, otherWindow], visits, ends, replacements]) => {
      let at = 1_000;
      const requests = visits.map(([gap, isolate, count]): Requests => {
        at += gap;
        return { at, isolate, count };
      });
      return {
        versions: [rate(1, window, burst), rate(1, otherWindow, other)] as [Limits, ...Limits[]],
        isolates: KEEPERS.map((nth) => ({
          clock: TRUE_CLOCK,
          ends: ends.filter(([isolate]) => isolate === nth).map(([, at]) => at),
        })),
        ...{ requests, replacements, changes: [] },
        feed: { looks: [], hum: requests.map(({ at }) => ({ from: at - 900, to: at + 300, every: 300 })) },
      };
    }),
);
