import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Bucket,
  charge,
  fullBucket,
  isFull,
  type Rate,
  refill,
  tokensIn,
  unitsPerToken,
  whenHolding,
} from "../../src/domain/bucket.ts";
import { overRate } from "./reference.ts";

const rate = (limit: number, window: number, burst = limit): Rate => ({ name: "r", limit, window, burst });

/** One request at a time: a token where there is one. */
function take(of: Rate, bucket: Bucket, now: number): { ok: boolean; bucket: Bucket } {
  const filled = refill(of, bucket, now);
  const ok = tokensIn(of, filled) >= 1;
  return { ok, bucket: ok ? charge(of, filled, 1, now) : filled };
}

const anyRate = fc
  .tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 60 }))
  .map(([limit, window, burst]) => rate(limit, window, burst));

describe("a bucket of 10 tokens in 60 s", () => {
  // One token comes back each 6,000 ms.
  const steps: [step: number, now: number, tokens: number, ok: boolean, left: number][] = [
    [1, 0, 4, true, 6],
    [2, 0, 6, true, 0],
    [3, 0, 1, false, 0],
    [4, 5_999, 1, false, 0],
    [5, 6_000, 1, true, 0],
    [6, 6_000, 1, false, 0],
    [7, 11_999, 1, false, 0],
    [8, 18_000, 3, false, 2],
    [9, 18_000, 2, true, 0],
    [10, 17_000, 1, false, 0],
    [11, 24_000, 1, true, 0],
    [12, 77_999, 9, false, 8],
    [13, 78_000, 9, true, 0],
    [14, 138_000, 10, true, 0],
    [15, 999_999, 11, false, 10],
    [16, 999_999, 10, true, 0],
  ];

  test("admits and refuses as the table says", () => {
    const ten = rate(10, 60);
    let bucket = fullBucket(ten, 0);
    const seen = steps.map(([step, now, tokens]) => {
      bucket = refill(ten, bucket, now);
      const ok = tokensIn(ten, bucket) >= tokens;
      if (ok) bucket = charge(ten, bucket, tokens, now);
      return [step, now, tokens, ok, tokensIn(ten, bucket)];
    });
    expect(seen).toEqual(steps);
  });
});

describe("any bucket", () => {
  const gaps = fc.array(fc.oneof(fc.constantFrom(0, 1), fc.nat(100), fc.nat(5_000), fc.nat(100_000)), {
    maxLength: 120,
  });

  test("never admits more than its burst and what came back, in any interval", () => {
    fc.assert(
      fc.property(anyRate, gaps, (of, gaps) => {
        let bucket = fullBucket(of, 0);
        let now = 0;
        const admitted = gaps.flatMap((gap) => {
          now += gap;
          const taken = take(of, bucket, now);
          bucket = taken.bucket;
          return taken.ok ? [now] : [];
        });
        expect(overRate(of, admitted)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test("admits all that it may: who asks at each millisecond gets the burst and every token that came back", () => {
    fc.assert(
      fc.property(anyRate, fc.integer({ min: 1, max: 3_000 }), (rate, duration) => {
        // With room for one token, what comes back past it within a millisecond would be lost.
        const of = { ...rate, burst: rate.burst + 1 };
        let bucket = fullBucket(of, 0);
        let admitted = 0;
        for (let now = 0; now <= duration; now++) {
          for (let taken = take(of, bucket, now); taken.ok; taken = take(of, taken.bucket, now)) {
            admitted += 1;
            bucket = taken.bucket;
          }
        }
        expect(admitted).toBe(of.burst + Math.floor((of.limit * duration) / unitsPerToken(of)));
      }),
      { numRuns: 50 },
    );
  });

  test("gives nothing while time stands still, goes back, or comes back to where it was", () => {
    fc.assert(
      fc.property(anyRate, fc.nat(100_000), (of, back) => {
        const now = 1_000_000;
        const empty = charge(of, fullBucket(of, now), of.burst, now);
        expect(refill(of, empty, now)).toEqual(empty);
        expect(refill(of, empty, now - back)).toEqual(empty);
        expect(refill(of, refill(of, empty, now - back), now)).toEqual(empty);
      }),
    );
  });

  test("holds the same after many small steps as after one great one", () => {
    fc.assert(
      fc.property(anyRate, gaps, (of, gaps) => {
        const empty = charge(of, fullBucket(of, 0), of.burst, 0);
        const end = gaps.reduce((sum, gap) => sum + gap, 0);
        let now = 0;
        const stepwise = gaps.reduce((bucket, gap) => {
          now += gap;
          return refill(of, bucket, now);
        }, empty);
        expect(stepwise.level).toBe(refill(of, empty, end).level);
      }),
    );
  });

  test.each([rate(1, 3), rate(7, 13, 5), rate(3, 86_400), rate(10_000_000, 86_400), rate(999_983, 1)])(
    "does not drift in 1,000,000,000 ms: %o",
    (of) => {
      const duration = 1_000_000_000;
      const owed = (BigInt(of.limit) * BigInt(duration)) / BigInt(unitsPerToken(of));
      const spare = { ...of, burst: 10_000_000 };
      let bucket = charge(spare, fullBucket(spare, 0), spare.burst, 0);
      let drawn = 0n;
      for (let now = 0; now < duration; now += 9_973) {
        bucket = refill(spare, bucket, Math.min(now + 9_973, duration));
        const tokens = tokensIn(spare, bucket);
        drawn += BigInt(tokens);
        bucket = charge(spare, bucket, tokens, bucket.at);
      }
      expect(drawn).toBe(owed);
    },
  );

  test("a charge in the past counts from then, and one before the bucket's own moment from that", () => {
    const ten = rate(10, 10);
    const bucket = refill(ten, charge(ten, fullBucket(ten, 0), 10, 0), 5_000);
    expect(tokensIn(ten, refill(ten, charge(ten, fullBucket(ten, 0), 10, 2_000), 5_000))).toBe(3);
    expect(charge(ten, bucket, 2, 1_000)).toEqual(charge(ten, bucket, 2, 5_000));
  });

  test("is empty at worst, and owes nothing: what it did not have was granted by another rate", () => {
    const ten = rate(10, 10);
    const empty = charge(ten, fullBucket(ten, 0), 25, 0);
    expect(tokensIn(ten, empty)).toBe(0);
    expect(tokensIn(ten, refill(ten, empty, 1_000))).toBe(1);
    const owing: Bucket = { level: -3 * unitsPerToken(ten), at: 0 };
    expect(charge(ten, owing, 5, 0)).toEqual(owing);
  });

  test("says the first moment at which it holds so many tokens: one millisecond earlier is too early", () => {
    fc.assert(
      fc.property(anyRate, fc.nat(100), fc.nat(10_000), fc.integer({ min: 1, max: 60 }), (of, spent, at, tokens) => {
        const bucket = charge(of, fullBucket(of, 0), spent, at);
        const when = whenHolding(of, bucket, tokens);
        if (tokens > of.burst) {
          expect(when).toBe(Number.POSITIVE_INFINITY);
          return;
        }
        expect(tokensIn(of, refill(of, bucket, when))).toBeGreaterThanOrEqual(tokens);
        if (when > bucket.at) expect(tokensIn(of, refill(of, bucket, when - 1))).toBeLessThan(tokens);
      }),
    );
  });

  test("is full at just the first moment at which it holds its whole burst", () => {
    fc.assert(
      fc.property(anyRate, fc.integer({ min: 1, max: 60 }), (of, tokens) => {
        const charged = charge(of, fullBucket(of, 0), tokens, 0);
        const when = whenHolding(of, charged, of.burst);
        expect(isFull(of, refill(of, charged, when))).toBe(true);
        expect(isFull(of, refill(of, charged, when - 1))).toBe(false);
      }),
    );
  });
});
