/** How long the gateway and the origins took for some requests, as histograms and as what is left of them without empty buckets. */

import { type Histogram, merge, newHistogram, record } from "./histogram.ts";
import type { Entry } from "./log-line.ts";

export interface Latency {
  /** Until the headers of the answer, without the wait for the origin. */
  readonly gatewayMs: Histogram;
  /** Of requests that were sent to an origin, until the headers of its answer, or until nobody waited for them. */
  readonly originMs: Histogram;
}

/** Of each histogram: the sum of all values, and then the place and the count of each bucket that has any. */
export type ShortLatency = readonly [gateway: readonly number[], origin: readonly number[]];

export function newLatency(): Latency {
  return { gatewayMs: newHistogram(), originMs: newHistogram() };
}

/** Notes one request in `latency`. */
export function noteLatency(latency: Latency, { gateway_ms, origin_ms }: Entry): void {
  record(latency.gatewayMs, gateway_ms);
  if (origin_ms !== undefined) record(latency.originMs, origin_ms);
}

/** Adds `more` to `latency`. */
export function addLatency(latency: Latency, more: Latency): void {
  merge(latency.gatewayMs, more.gatewayMs);
  merge(latency.originMs, more.originMs);
}

export function shortened({ gatewayMs, originMs }: Latency): ShortLatency {
  return [withoutEmpty(gatewayMs), withoutEmpty(originMs)];
}

export function restored([gateway, origin]: ShortLatency): Latency {
  return { gatewayMs: withEmpty(gateway), originMs: withEmpty(origin) };
}

function withoutEmpty({ sum, counts }: Histogram): number[] {
  return [sum, ...counts.flatMap((count, bucket) => (count === 0 ? [] : [bucket, count]))];
}

function withEmpty([sum = 0, ...pairs]: readonly number[]): Histogram {
  const histogram = newHistogram();
  for (let at = 0; at < pairs.length; at += 2) histogram.counts[pairs[at] as number] = pairs[at + 1] as number;
  histogram.sum = sum;
  return histogram;
}
