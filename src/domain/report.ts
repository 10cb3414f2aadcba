/**
 * What an isolate tells a collector of its last seconds: one message for many keys. Messages contain durations, not times, so
 * the clocks need not agree. Sections are optional, because the two can run different versions: each ignores what it does not know.
 */

import type { HourOfRequests } from "./kept-request.ts";
import type { ShortLatency } from "./latency.ts";
import type { RouteTraffic } from "./traffic.ts";
import type { UsageCount } from "./usage.ts";

export interface Report {
  /** A random name of the isolate. */
  readonly sender: string;
  /**
   * Grows with each report of the isolate to this collector. A report that is sent again, because nobody knows whether it has
   * arrived, has its number of before. The next one is not sent earlier, so a collector knows what it has heard by the highest number.
   */
  readonly number: number;
  readonly keys?: readonly KeyUse[];
  /** Of organizations that belong to the collector, as keys do, by their ids. */
  readonly latencies?: readonly OrganizationLatency[] | undefined;
  /** Some of its requests, and how many there were. */
  readonly requests?: readonly HourOfRequests[] | undefined;
  /** Of all requests, with and without a key. */
  readonly traffic?: readonly RouteTraffic[] | undefined;
}

/** The use of one key since the report before. */
export interface KeyUse {
  readonly keyId: string;
  readonly environment: string;
  /** `null` if the isolate has not seen the key's record. */
  readonly organizationId: string | null;
  readonly counts: readonly UsageCount[];
  /** Those that forwarded requests needed. */
  readonly scopes: readonly string[];
  /** How long ago the key, while it works, was last used; `null` if it was not. */
  readonly usedMsAgo: number | null;
}

/** Of the requests of one organization in one environment, since the report before. */
export interface OrganizationLatency {
  readonly organizationId: string;
  readonly environment: string;
  readonly latency: ShortLatency;
}

/** What a collector answers once a report is stored. */
export interface ReportAnswer {
  /** The number of the latest restore of D1, which only grows; `undefined` if it is not known. */
  readonly generation?: number | undefined;
  /** How many requests the next report can have. */
  readonly requests?: number | undefined;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Which of the `collectors` hears of a key or an organization: FNV-1a of its id, spread evenly. */
export function collectorOf(id: string, collectors: number): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), FNV_PRIME);
  // The low bits alone follow the last characters too closely.
  hash ^= hash >>> 15;
  return (hash >>> 0) % collectors;
}
