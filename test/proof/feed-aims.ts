/** Worlds that go straight to where the feed could let a record act for too long. */

import fc from "fast-check";
import { ANOTHER, aimed, LOST, steady } from "./aim.ts";
import { TRUE_CLOCK } from "./clock.ts";
import { every, stalled } from "./feed-worlds.ts";
import { givenUp, straddled } from "./kept-aims.ts";
import { within } from "./random-worlds.ts";
import { keptShortly, mixed } from "./wider-aims.ts";
import { type Old, type Requests, SWIFT, type World } from "./world.ts";

/** Who asks the feed reaches the instance of before, whose answers are late. */
const superseded = aimed(
  fc.tuple(within(3_000, 8_000), within(0, 600), within(200, 900)).map(([replacedAt, after, gap]) => ({
    requests: steady(0, gap),
    changes: [{ at: replacedAt + after, change: ANOTHER }],
    feed: { fates: [{ up: 5, down: 700, fault: "zombie" }], replacements: [replacedAt] },
  })),
);

/** Nobody tells the authority of what was changed in D1, but isolates hear of it. */
const edited = aimed(
  fc
    .tuple(within(3_000, 9_000), within(100, 1_500), fc.constantFrom("key" as const, "member" as const))
    .map(([at, gap, of]) => ({
      requests: [0, 1].flatMap((isolate) => steady(isolate, gap)),
      changes: [{ at, change: ANOTHER, of, byHand: { heardWithin: 1_500 } }],
      feed: { looks: [] },
    })),
);

/** An isolate begins to follow a feed that has begun too, after a change of which the authority hears late. */
const begun = aimed(
  fc
    .tuple(
      within(3_000, 6_000),
      within(200, 1_500),
      within(100, 700),
      fc.constantFrom("key" as const, "member" as const, "member" as const),
      within(2_500, 6_000),
      fc.boolean(),
      fc.constantFrom([SWIFT], [LOST, SWIFT]),
    )
    .map(([at, after, gap, of, pagesMs, byHand, told]) => ({
      isolates: [{ clock: TRUE_CLOCK, ends: [at + after] }, ...Array(3).fill({ clock: TRUE_CLOCK, ends: [] })],
      requests: steady(0, gap),
      changes: [{ at, change: ANOTHER, of, ...(byHand && { byHand: true as const }) }],
      // What is newer pushes the row out of D1, once the reconciler takes it for told.
      feed: {
        ...{ told, pagesMs, looks: [at + 100, at + 5_100, at + 10_100], others: [{ at: at + 50, count: 1_500 }] },
        replacements: [at + after - 20],
      },
    })),
);

/** D1 loses a change, and gives its number to another one. */
const restored = aimed(
  fc
    .tuple(within(3_000, 5_000), within(1_500, 4_000), within(100, 3_000), within(100, 600), within(0, 4_900))
    .map(([at, before, after, gap, look]) => ({
      requests: [0, 1].flatMap((isolate) => steady(isolate, gap)),
      changes: [at, at + before + after].map((at) => ({ at, change: ANOTHER })),
      feed: { restores: [{ at: at + before, to: at - 100 }], looks: every(5_000, 25_000).map((at) => at + look) },
    })),
);

/** After a rollback, the authority runs code that neither gives numbers nor reads them, and others run older code too. */
const rolledBack = aimed(
  fc
    .tuple(
      within(3_000, 6_000),
      within(0, 3_000),
      within(100, 900),
      fc.subarray<Old>(["authority", "reconciler", "feed"], { minLength: 1 }),
      within(1_000, 12_000),
      fc.constantFrom("key" as const, "member" as const),
    )
    .map(([from, after, gap, old, lasts, of]) => ({
      requests: [0, 1].flatMap((isolate) => steady(isolate, gap)),
      changes: [from + after, from + after + 4_000].map((at) => ({ at, change: ANOTHER, of })),
      feed: { oldCode: old.map((what) => ({ from, to: from + lasts, what })) },
    })),
);

/** The feed answers so late that only half of its freshness is left, or none; at times or always. */
const late = aimed(
  fc
    .tuple(within(3_000, 9_000), within(900, 2_100), within(100, 400), fc.constantFrom(0, 3))
    .map(([at, down, gap, swift]) => ({
      requests: steady(0, gap),
      changes: [{ at, change: ANOTHER }],
      feed: { fates: [...Array(swift).fill(SWIFT), { up: 5, down }, { up: 5, down }, { up: 5, down }] },
    })),
);

const from = (begin: number, gap: number): Requests[] => steady(0, gap).filter(({ at }) => at >= begin);

/** A record of before is on its way while the isolate hears of its change. */
const onItsWay = aimed(
  fc
    .tuple(within(3_000, 8_000), within(1, 400), within(700, 1_950), within(50, 400))
    .map(([at, before, down, gap]) => ({
      requests: [{ at: at - before, isolate: 0, count: 1 }, ...from(at, gap)],
      changes: [{ at, change: ANOTHER }],
      fates: [{ up: 5, down }, SWIFT],
      feed: {},
    })),
);

/** A record of before is on its way while the isolate begins to follow, and all are told of the change by then. */
const overtaken = aimed(
  fc.tuple(within(3_000, 8_000), within(1, 40), within(700, 1_950), within(50, 400)).map(([at, before, down, gap]) => ({
    isolates: Array(4).fill({ clock: TRUE_CLOCK, ends: [at - 100] }),
    requests: [{ at: at - before, isolate: 0, count: 1 }, ...from(at, gap)],
    changes: [{ at, change: ANOTHER }],
    fates: [{ up: 5, down }, SWIFT],
    feed: {
      replacements: [at + 90],
      looks: [at + 60, at + 5_060],
      cuts: [{ from: at - 200, to: at + 100, what: "asked" as const }],
    },
  })),
);

/** The reconciler does not reach the authority, and leaves the change to the outbox, when an isolate begins to follow. */
const undelivered = aimed(
  fc
    .tuple(
      within(3_000, 5_000),
      within(5_100, 5_400),
      within(100, 700),
      fc.constantFrom("key" as const, "member" as const),
    )
    .map(([at, begun, gap, of]) => ({
      isolates: [{ clock: TRUE_CLOCK, ends: [at + 100] }, ...Array(3).fill({ clock: TRUE_CLOCK, ends: [] })],
      requests: steady(0, gap),
      changes: [{ at, change: ANOTHER, of, byHand: true as const }],
      feed: {
        replacements: [at + 5_050],
        looks: [at + 20, at + 12_000],
        pagesMs: 10,
        cuts: [
          { from: at, to: at + 5_000, what: "told" as const },
          { from: at, to: at + begun, what: "asked" as const },
        ],
      },
    })),
);

/** So many other changes follow one that its row is deleted, perhaps while an old record is on its way to an isolate that begins. */
const crowded = aimed(
  fc
    .tuple(within(3_000, 8_000), within(30, 500), fc.constantFrom(2_500, 20_000), within(150, 900), within(500, 1_900))
    .map(([at, after, count, gap, down]) => ({
      requests: [0, 1, 2].flatMap((isolate) => steady(isolate, gap + isolate * 130)),
      changes: [{ at, change: ANOTHER }],
      fates: [SWIFT, { up: 5, down }],
      feed: {
        cuts: [{ from: at - 2_500, to: at + after + 300, what: "asked" as const }],
        others: [{ at: at + after, count }],
        looks: [at + after + 50, at + after + 100, at + after + 5_000],
      },
    })),
);

/** The isolate's clock steps back and catches up, and nothing is heard of the feed meanwhile. */
const steppedBack = aimed(
  fc
    .tuple(within(4_000, 6_000), within(1_500, 8_000), within(30, 900), within(50, 1_950), within(5, 650))
    .map(([at, by, changedAfter, usedAfter, down]) => ({
      isolates: [{ clock: { ...TRUE_CLOCK, steps: [{ at, by }] }, ends: [] }],
      requests: [
        { at: at + 20, isolate: 0, count: 1 },
        { at: at + by + usedAfter, isolate: 0, count: 1 },
      ],
      changes: [{ at: at + 40 + changedAfter, change: ANOTHER }],
      feed: { fates: [{ up: 5, down }], cuts: [{ from: at, to: 22_000, what: "asked" as const }] },
    })),
);

/** The feed's clock stands still, soon after a look or long after the last one, while a change is made. */
const stoodStill = aimed(
  fc.tuple(stalled(within(3_000, 6_000)), within(0, 300), within(100, 600)).map(([clock, after, gap]) => ({
    requests: [0, 1].flatMap((isolate) => steady(isolate, gap)),
    changes: [{ at: (clock.steps[0]?.at ?? 0) + after, change: ANOTHER }],
    feed: { clock },
  })),
);

/** The second change comes while the authority hears of the first, and it does not hear of it at once. */
const twice = aimed(
  fc
    .tuple(within(3_000, 5_000), within(700, 2_500), within(2_600, 4_500), within(150, 600))
    .map(([at, after, down, gap]) => ({
      requests: [0, 1].flatMap((isolate) => steady(isolate, gap)),
      changes: [at, at + after].map((at) => ({ at, change: ANOTHER })),
      feed: { told: [{ up: 5, down }, LOST, SWIFT] },
    })),
);

/** By what each is about. */
export const FEED_AIMS = {
  superseded,
  edited,
  begun,
  restored,
  rolledBack,
  late,
  onItsWay,
  overtaken,
  undelivered,
  crowded,
  steppedBack,
  stoodStill,
  twice,
  straddled,
  givenUp,
  keptShortly,
  mixed,
};

export const aimedFeedWorld: fc.Arbitrary<World> = fc.oneof(...Object.values(FEED_AIMS));
