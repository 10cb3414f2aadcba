import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BOUNDS_MS,
  bucketOf,
  countIn,
  type Histogram,
  merge,
  newHistogram,
  quantile,
  record,
} from "../../src/domain/histogram.ts";

const times = fc.array(fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 3_000 }), fc.nat({ max: 200_000 })));
const share = fc.constantFrom(0, 0.5, 0.95, 0.99, 1);

function histogramOf(values: readonly number[]): Histogram {
  const histogram = newHistogram();
  for (const value of values) record(histogram, value);
  return histogram;
}

/** The value of which at least the share `q` of all values is no higher. */
function exactQuantile(values: readonly number[], q: number): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1];
}

describe("a histogram", () => {
  test("has bounds that never change, each at most half as high again from 2 ms on", () => {
    expect(BOUNDS_MS).toEqual([
      ...[0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1024, 1448, 2048, 2896, 4096],
      ...[5793, 8192, 11585, 16384, 23170, 32768, 46341, 65536, 92682, 131072],
    ]);
    for (const [bucket, bound] of BOUNDS_MS.entries()) {
      if (bucket > 2) expect(bound / (BOUNDS_MS[bucket - 1] as number)).toBeLessThanOrEqual(1.5);
    }
  });

  test.for([
    [0, 0],
    [1, 1],
    [2, 2],
    [5, 5],
    [6, 5],
    [7, 6],
    [131_072, 34],
    [131_073, 35],
    [1e9, 35],
  ])("counts %d ms in bucket %d", ([ms, bucket]) => {
    expect(bucketOf(ms as number)).toBe(bucket);
  });

  test("says the bound of the bucket in which the exact quantile lies", () => {
    fc.assert(
      fc.property(times, share, (values, q) => {
        const exact = exactQuantile(values, q);
        const said = quantile(histogramOf(values), q);
        expect(said).toBe(exact === undefined ? undefined : (BOUNDS_MS[bucketOf(exact)] ?? BOUNDS_MS.at(-1)));
      }),
    );
  });

  test("adds up to the same as all its values, in any order", () => {
    fc.assert(
      fc.property(fc.array(times, { maxLength: 5 }), (parts) => {
        const sum = newHistogram();
        for (const part of parts.toReversed()) merge(sum, histogramOf(part));
        expect(sum).toEqual(histogramOf(parts.flat()));
        expect(countIn(sum)).toBe(parts.flat().length);
      }),
    );
  });

  test("takes counts from a version with more buckets", () => {
    const sum = histogramOf([1]);
    merge(sum, { counts: [...Array<number>(36).fill(0), 2], sum: 400_000 });
    expect([countIn(sum), quantile(sum, 0.9)]).toEqual([3, 131_072]);
  });
});
