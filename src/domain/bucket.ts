/**
 * Token buckets in whole numbers, so that no rounding ever admits one request too many: the unit is 1/(window in ms) of a
 * token, and `limit` units come back each millisecond.
 */

export interface Rate {
  readonly name: string;
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
  /** Tokens that a full bucket holds. */
  readonly burst: number;
}

export interface Bucket {
  /** Units left. */
  readonly level: number;
  /** The moment, in milliseconds, at which `level` was right. */
  readonly at: number;
}

export const unitsPerToken = (rate: Rate): number => rate.window * 1000;
const capacity = (rate: Rate): number => rate.burst * unitsPerToken(rate);

export function fullBucket(rate: Rate, now: number): Bucket {
  return { level: capacity(rate), at: now };
}

/** The bucket at `now`. For an earlier moment than its own it does not change: later is the safe side. */
export function refill(rate: Rate, bucket: Bucket, now: number): Bucket {
  if (now <= bucket.at) return bucket;
  return { level: Math.min(capacity(rate), bucket.level + (now - bucket.at) * rate.limit), at: now };
}

/**
 * Tokens spent at `at`. A bucket is never below empty: tokens that it did not have were granted within the limits of another rate.
 */
export function charge(rate: Rate, bucket: Bucket, tokens: number, at: number): Bucket {
  const { level, at: filledAt } = refill(rate, bucket, at);
  return { level: Math.max(Math.min(0, level), level - tokens * unitsPerToken(rate)), at: filledAt };
}

export function isFull(rate: Rate, bucket: Bucket): boolean {
  return bucket.level === capacity(rate);
}

/** Whole tokens in the bucket. */
export function tokensIn(rate: Rate, bucket: Bucket): number {
  return Math.floor(bucket.level / unitsPerToken(rate));
}

/** The first moment at which the bucket has `tokens` if nothing is spent; never if that is more than its burst. */
export function whenHolding(rate: Rate, bucket: Bucket, tokens: number): number {
  if (tokens > rate.burst) return Number.POSITIVE_INFINITY;
  const missing = tokens * unitsPerToken(rate) - bucket.level;
  return bucket.at + Math.max(0, Math.ceil(missing / rate.limit));
}
