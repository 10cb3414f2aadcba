/** What the keys and organizations of some reports did, by hours and by days. */

import { HOUR_MS } from "../domain/durations.ts";
import { startOfPeriod } from "../domain/quota.ts";
import type { KeyUse } from "../domain/report.ts";
import { addLatencyOf, addUse, type Tallies } from "../domain/tallies.ts";
import type { Heard } from "./journal.ts";

/** How long a key waits whose organization D1 cannot say. */
const UNKNOWN_KEPT_MS = 24 * HOUR_MS;

export interface Sums {
  readonly hours: ReadonlyMap<number, Tallies>;
  readonly days: ReadonlyMap<number, Tallies>;
  /** The names of the reports with keys that have to wait, and what is left of them. */
  readonly waiting: ReadonlyMap<string, Heard>;
}

/** `organizations`: of keys whose isolates did not know it; `undefined` if D1 does not say. */
export function sumsOf(
  entries: readonly (readonly [string, Heard])[],
  organizations: ReadonlyMap<string, string> | undefined,
  now: number,
): Sums {
  const [hours, days] = [new Map<number, Tallies>(), new Map<number, Tallies>()];
  const waiting = new Map<string, Heard>();
  for (const [name, { arrivedAt, keys, latencies = [] }] of entries) {
    const left: KeyUse[] = [];
    for (const each of latencies) {
      addLatencyOf(ofPeriod(hours, startOfPeriod("hour", arrivedAt)), each);
      addLatencyOf(ofPeriod(days, startOfPeriod("day", arrivedAt)), each);
    }
    for (const key of keys) {
      const organization = key.organizationId ?? organizations?.get(key.keyId);
      if (organization !== undefined) {
        addUse(ofPeriod(hours, startOfPeriod("hour", arrivedAt)), organization, hourly(key), arrivedAt);
        addUse(ofPeriod(days, startOfPeriod("day", arrivedAt)), organization, key, arrivedAt);
      } else if (!organizations && now - arrivedAt < UNKNOWN_KEPT_MS) left.push(key);
    }
    if (left.length > 0) waiting.set(name, { arrivedAt, keys: left, requests: [] });
  }
  return { hours, days, waiting };
}

function ofPeriod(periods: Map<number, Tallies>, start: number): Tallies {
  const known = periods.get(start) ?? new Map();
  periods.set(start, known);
  return known;
}

/** Hours only count. */
const hourly = (use: KeyUse): KeyUse => ({ ...use, scopes: [], usedMsAgo: null });
