/** When requests come: at random, and in the patterns that try leases hardest. */

import fc from "fast-check";
import type { Requests } from "./world.ts";

const within = (min: number, max: number) => fc.integer({ min, max });
const someIsolate = within(0, 5);
const EVERY_ISOLATE = [0, 1, 2, 3, 4, 5];
const aFew = fc.oneof(within(1, 3), within(1, 40));
/** More than nearly every limit has. */
const very = within(20, 60);
/** About when a lease ends, for its isolate and for the authority. */
const leaseLater = fc.oneof(within(1_900, 2_050), within(2_400, 2_650));

/** Moments are from the pattern's beginning. */
type Pattern = fc.Arbitrary<Requests[]>;

/** One request after the other, so that the isolate's leases grow. */
const warmUp = (isolate: number, count: number): Requests[] =>
  Array.from({ length: count }, (_, index) => ({ at: index * 40, isolate, count: 1 }));

const scattered: Pattern = fc
  .array(
    fc.record({
      gap: fc.oneof(within(0, 20), within(0, 3_000), leaseLater),
      isolate: someIsolate,
      count: aFew,
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((visits) => {
    let at = 0;
    return visits.map(({ gap, ...visit }) => {
      at += gap;
      return { ...visit, at };
    });
  });

/** Nothing for long enough that buckets are full and over, then more than they hold, everywhere. */
const idleThenBurst: Pattern = fc
  .tuple(someIsolate, within(0, 10), very, leaseLater)
  .map(([isolate, warm, count, after]) => [
    ...warmUp(isolate, warm),
    ...[0, after].flatMap((wait) => EVERY_ISOLATE.map((isolate) => ({ at: 30_000 + wait, isolate, count }))),
  ]);

/** A stock of tokens is kept until the last moment of its lease; then another isolate takes all that the authority has. */
const straddle: Pattern = fc
  .tuple(someIsolate, someIsolate, within(1, 12), leaseLater, leaseLater, very, within(0, 10_000))
  .map(([keeper, other, warm, keptUntil, takenAt, count, quiet]) => [
    ...warmUp(keeper, warm).map((visit) => ({ ...visit, at: quiet + visit.at })),
    { at: quiet + warm * 40 + keptUntil, isolate: keeper, count },
    { at: quiet + warm * 40 + takenAt, isolate: other, count },
  ]);

/** Everybody at once, again and again. */
const crowd: Pattern = fc.array(fc.oneof(within(0, 1_500), leaseLater), { minLength: 1, maxLength: 5 }).map((gaps) => {
  let at = 0;
  return gaps.flatMap((gap) => {
    at += gap;
    return EVERY_ISOLATE.map((isolate) => ({ at, isolate, count: 1 }));
  });
});

/** A steady stream through one isolate, while another only comes now and then. */
const stream: Pattern = fc
  .tuple(someIsolate, someIsolate, within(5, 200), within(10, 40), very)
  .map(([isolate, other, gap, count, burst]) => [
    ...Array.from({ length: count }, (_, index) => ({ at: index * gap, isolate, count: 1 })),
    { at: count * gap, isolate: other, count: burst },
  ]);

/** One pattern after another. */
export const traffic: fc.Arbitrary<Requests[]> = fc
  .array(
    fc.tuple(
      fc.oneof(within(0, 3_000), within(0, 15_000)),
      fc.oneof(scattered, idleThenBurst, straddle, crowd, stream),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((patterns) => {
    let begin = 0;
    return patterns.flatMap(([gap, pattern]) => {
      begin += gap;
      const moved = pattern.map((visit) => ({ ...visit, at: begin + visit.at }));
      begin = Math.max(...moved.map(({ at }) => at));
      return moved;
    });
  });

/** A stock of tokens is kept until just after a border, and then there is a burst everywhere. */
export const borderTraffic = fc
  .tuple(within(1_200, 2_300), within(3, 8), within(0, 12), within(1, 4), within(0, 100))
  .map(([before, warm, keptUntil, kept, gap]) => ({
    before,
    requests: [
      ...warmUp(0, warm),
      { at: before + keptUntil, isolate: 0, count: kept },
      ...[1, 2].map((isolate) => ({ at: before + keptUntil + gap, isolate, count: 60 })),
    ],
  }));

/** One isolate's leases grow; it asks once more; then another takes all that comes back, and the first one comes again. */
export const stepTraffic = fc
  .tuple(within(0, 4), within(1, 2_100), within(1, 4_500), within(2_500, 5_000), within(0, 200))
  .map(([warm, askedAgain, burstAt, lateBurstAt, gap]) => {
    const askedAt = warm * 40;
    return {
      askedAt,
      requests: [
        ...warmUp(0, warm),
        { at: askedAt, isolate: 0, count: 1 },
        { at: askedAt + askedAgain, isolate: 0, count: 3 },
        { at: askedAt + burstAt, isolate: 1, count: 60 },
        { at: askedAt + lateBurstAt, isolate: 1, count: 60 },
        { at: askedAt + lateBurstAt + gap, isolate: 0, count: 60 },
      ].sort((a, b) => a.at - b.at),
    };
  });

/** The keeper asks when it has used up a lease: some 40 ms before the end of its warm-up, or a few times as long. */
export const straddleTraffic = fc
  .tuple(within(6, 20), within(1, 6), fc.oneof(within(-200, 400), within(0, 6)), within(0, 20))
  .map(([warm, leases, takenAt, gap]) => {
    const end = (warm - leases) * 40 + 2_000;
    return {
      warmUpEnds: warm * 40,
      requests: [
        ...warmUp(0, warm),
        { at: end + takenAt, isolate: 1, count: 130 },
        { at: end + takenAt + gap, isolate: 0, count: 20 },
      ],
    };
  });

/**
 * A steady stream through one isolate, so that its leases are renewed before they are over. At some time, or when it stops, others take
 * all there is, and it takes what it has, in either order.
 */
export const renewalTraffic = fc
  .tuple(
    fc.noBias(within(45, 140)),
    fc.noBias(within(8_000, 13_000)),
    fc.option(fc.noBias(within(3_000, 7_000)), { freq: 4 }),
    fc.oneof(within(0, 300), within(0, 3_000)),
    fc.boolean(),
  )
  .map(([gap, end, takenAt, pause, isFirst]): Requests[] => [
    ...Array.from({ length: Math.floor(end / gap) }, (_, index) => ({ at: index * gap, isolate: 0, count: 1 })),
    ...(takenAt === null ? [] : [{ at: takenAt, isolate: 2, count: 500 }]),
    { at: end + pause + (isFirst ? 0 : 40), isolate: 0, count: 120 },
    { at: end + pause + 20, isolate: 1, count: 500 },
  ]);

/** An isolate comes again after its lease, with tokens left, has ended; then everybody wants more than there is. */
export function lateReportTraffic(warm: number, idle: number): Requests[] {
  const late = warm * 40 + idle;
  return [
    ...warmUp(0, warm),
    { at: late, isolate: 0, count: 1 },
    ...[100, 200, 300].flatMap((wait) => EVERY_ISOLATE.map((isolate) => ({ at: late + wait, isolate, count: 40 }))),
  ];
}
