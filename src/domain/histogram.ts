/**
 * How many values lie in each of some fixed buckets. Histograms with the same buckets can be added up in any order: those of many
 * isolates and hours are one. The bounds are stored state: a change of them would mix old counts with new ones.
 */

/**
 * The highest value of each bucket, whole milliseconds: 0, and then steps of about the square root of 2, up to two minutes. The last
 * bucket has all that is higher.
 */
export const BOUNDS_MS: readonly number[] = [
  ...[0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1_024, 1_448, 2_048, 2_896],
  ...[4_096, 5_793, 8_192, 11_585, 16_384, 23_170, 32_768, 46_341, 65_536, 92_682, 131_072],
];

export interface Histogram {
  /** By the bucket; one more than there are bounds. */
  readonly counts: number[];
  /** Of all values. */
  sum: number;
}

export function newHistogram(): Histogram {
  return { counts: Array<number>(BOUNDS_MS.length + 1).fill(0), sum: 0 };
}

/** The first bucket whose bound is not below the value. */
export function bucketOf(ms: number): number {
  let [low, high] = [0, BOUNDS_MS.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((BOUNDS_MS[middle] as number) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `ms`: at least 0. */
export function record(histogram: Histogram, ms: number): void {
  const bucket = bucketOf(ms);
  histogram.counts[bucket] = (histogram.counts[bucket] as number) + 1;
  histogram.sum += ms;
}

/** Adds `more` to `histogram`. */
export function merge(histogram: Histogram, more: Histogram): void {
  const { counts } = histogram;
  for (const [bucket, count] of more.counts.entries()) counts[bucket] = (counts[bucket] ?? 0) + count;
  histogram.sum += more.sum;
}

export function countIn({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The bound that at least the share `q` of the values does not exceed: the bound of the bucket in which the exact quantile lies. In
 * the last bucket it is the last bound, which is then too low. `undefined` if there are no values.
 */
export function quantile(histogram: Histogram, q: number): number | undefined {
  const all = countIn(histogram);
  if (all === 0) return undefined;
  // The rank of the value, from 1.
  const rank = Math.max(1, Math.ceil(q * all));
  let seen = 0;
  for (const [bucket, count] of histogram.counts.entries()) {
    seen += count;
    if (seen >= rank) return BOUNDS_MS[bucket] ?? (BOUNDS_MS.at(-1) as number);
  }
  return BOUNDS_MS.at(-1);
}
