/** The traffic of a gateway: how often which keys are used, and what an isolate can remember of them. */

import type { Limits } from "../../domain/limits.ts";

export interface Traffic {
  readonly perSecond: number;
  /** That are in use. */
  readonly keys: number;
  /** How uneven their use is: 0 for equal use, 1 for Zipf's law. */
  readonly skew: number;
  readonly isolates: number;
  readonly isolateLifeMs: number;
  /** Objects that collect usage. */
  readonly collectors: number;
  /** That have the keys. */
  readonly organizations: number;
  /** Whether single requests are kept. */
  readonly keepsRequests: boolean;
  /** How long D1 keeps days of usage. */
  readonly usageDays: number;
  /** Whether Analytics Engine gets a data point of each request. */
  readonly dataPoints: boolean;
  /** How often metrics are scraped; infinite for never. */
  readonly scrapeSeconds: number;
  /** Shares of the isolates by their distance from the authorities. */
  readonly regions: readonly { readonly share: number; readonly roundTripMs: number }[];
  readonly limits: Limits;
  readonly leaseTtlMs: number;
  /** Objects that tell isolates which keys have changed; 0 if each key's authority is asked. */
  readonly feeds: number;
  /** What is kept beyond the ttl: by the feed's word, or tokens alone, whose rights are asked for. Both, if it does not say. */
  readonly keeping?: "rights" | "tokens";
}

/** Keys whose traffic is so similar that one of them speaks for all. */
export interface Group {
  readonly keys: number;
  /** Of each of them. */
  readonly perSecond: number;
}

/** Clients of one key are in few places: so many isolates serve one key at most. */
const ISOLATES_OF_KEY = 400;

export function isolatesOfKey({ isolates }: Pick<Traffic, "isolates">): number {
  return Math.min(isolates, ISOLATES_OF_KEY);
}

/** Of the keys, those that are used in so many seconds, on average. */
export function usedWithin(groups: readonly Group[], seconds: number): number {
  return groups.reduce((sum, { keys, perSecond }) => sum + keys * (1 - Math.exp(-perSecond * seconds)), 0);
}

/** Each group has keys of up to half as much more traffic than its last one. */
const WIDTH = 1.5;

export function groupsOf({ perSecond, keys, skew }: Pick<Traffic, "perSecond" | "keys" | "skew">): Group[] {
  const groups: { keys: number; weight: number }[] = [];
  for (let first = 1; first <= keys; ) {
    const last = Math.min(keys, Math.max(first, Math.floor(first * WIDTH)));
    groups.push({ keys: last - first + 1, weight: weightOf(first, last, skew) });
    first = last + 1;
  }
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  return groups.map(({ keys, weight }) => ({ keys, perSecond: (perSecond * weight) / total / keys }));
}

/** The sum of rank^-skew; long ones by their integral. */
function weightOf(first: number, last: number, skew: number): number {
  if (last - first < 1_000) {
    let sum = 0;
    for (let rank = first; rank <= last; rank++) sum += rank ** -skew;
    return sum;
  }
  const [from, to] = [first - 0.5, last + 0.5];
  return skew === 1 ? Math.log(to / from) : (to ** (1 - skew) - from ** (1 - skew)) / (1 - skew);
}

/**
 * After how long a pause an isolate with room for `size` keys has forgotten one: until then, others have filled its
 * memory. Che's approximation of a cache of those used last (Che, Tung and Wang, 2002).
 */
export function forgetsAfterMs(groups: readonly Group[], traffic: Pick<Traffic, "isolates">, size: number): number {
  const serving = isolatesOfKey(traffic);
  const all = groups.map(({ keys, perSecond }) => ({
    keys: (keys * serving) / traffic.isolates,
    perSecond: perSecond / serving,
  }));
  const seenIn = (ms: number) => usedWithin(all, ms / 1_000);
  if (all.reduce((sum, { keys }) => sum + keys, 0) <= size) return Number.POSITIVE_INFINITY;
  let [low, high] = [0, 1];
  while (seenIn(high) < size) high *= 2;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (seenIn(middle) < size) low = middle;
    else high = middle;
  }
  return high;
}
