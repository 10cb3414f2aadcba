/** All requests of the gateway, by environment and route, and how long those of one organization took. */

import * as z from "zod";
import { countIn, type Histogram, quantile } from "../../domain/histogram.ts";
import type { Latency } from "../../domain/latency.ts";
import { LATENCY_GROUPS, type LatencySum } from "../../domain/latency-sums.ts";
import { refusedIn } from "../../domain/traffic.ts";
import { TRAFFIC_GROUPS, type TrafficSum } from "../../domain/traffic-sums.ts";
import { givenId, givenTime, time } from "../../records/forms.ts";
import { answeredFields, groupBy, renderAnswered, timeText } from "./usage.ts";

export const trafficQuery = z.strictObject({
  environment: z.string().max(64).optional(),
  route: z.string().max(1000).optional(),
  from: givenTime.optional(),
  to: givenTime.optional(),
  group_by: groupBy(TRAFFIC_GROUPS, "environment,route"),
});

const times = z.strictObject({ p50: z.int(), p95: z.int(), p99: z.int() }).nullable();

export const trafficAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        hour: time.optional(),
        day: time.optional(),
        environment: z.string().optional(),
        route: z.string().optional(),
        requests: z.int(),
        refused: z.int(),
        outcomes: z.record(z.string(), z.int()),
        ...answeredFields,
        gateway_ms: times,
        origin_ms: times,
      })
      .meta({ id: "Traffic" }),
  ),
});

export const latencyQuery = z.strictObject({
  organization_id: givenId.optional(),
  environment: z.string().max(64).optional(),
  from: givenTime.optional(),
  to: givenTime.optional(),
  group_by: groupBy(LATENCY_GROUPS, "environment"),
});

export const latencyAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        hour: time.optional(),
        day: time.optional(),
        environment: z.string().optional(),
        requests: z.int(),
        gateway_ms: times,
        origin_ms: times,
      })
      .meta({ id: "Latency" }),
  ),
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
