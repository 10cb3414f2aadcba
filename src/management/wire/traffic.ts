/** All requests of the gateway, by environment and route, and how long those of one organization took. */

import * as z from "zod";
import { countIn, type Histogram, quantile } from "../../domain/histogram.ts";
import type { Latency } from "../../domain/latency.ts";
import { LATENCY_GROUPS, type LatencySum } from "../../domain/latency-sums.ts";
import { refusedIn } from "../../domain/traffic.ts";
import { TRAFFIC_GROUPS, type TrafficSum } from "../../domain/traffic-sums.ts";
import { givenId, givenTime } from "../../records/forms.ts";
import { groupBy, renderAnswered, timeText } from "./usage.ts";

export const trafficQuery = z.strictObject({
  environment: z.string().max(64).optional(),
  route: z.string().max(1000).optional(),
  from: givenTime.optional(),
  to: givenTime.optional(),
  group_by: groupBy(TRAFFIC_GROUPS, "environment,route"),
});

export const latencyQuery = z.strictObject({
  organization_id: givenId.optional(),
  environment: z.string().max(64).optional(),
  from: givenTime.optional(),
  to: givenTime.optional(),
  group_by: groupBy(LATENCY_GROUPS, "environment"),
});

export function renderLatency({ group, latency }: LatencySum) {
  const { hour, day, ...names } = group;
  const requests = countIn(latency.gatewayMs);
  return { hour: timeText(hour), day: timeText(day), ...names, requests, ...renderBoth(latency) };
}

export function renderTraffic({ group, traffic }: TrafficSum) {
  const { hour, day, ...names } = group;
  return {
    hour: timeText(hour),
    day: timeText(day),
    ...names,
    requests: countIn(traffic.gatewayMs),
    refused: refusedIn(traffic),
    outcomes: Object.fromEntries(traffic.outcomes),
    ...renderAnswered(traffic.answered),
    ...renderBoth(traffic),
  };
}

function renderBoth({ gatewayMs, originMs }: Latency) {
  return { gateway_ms: renderTimes(gatewayMs), origin_ms: renderTimes(originMs) };
}

function renderTimes(histogram: Histogram) {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => quantile(histogram, q));
  return p50 === undefined ? null : { p50, p95, p99 };
}
