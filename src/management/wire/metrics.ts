/**
 * The names of metrics and their labels (docs/metrics.md), which never change: dashboards and alerts have them.
 * Labels are names of the configuration and codes; never a key, an organization or a path.
 */

import { ANSWERS, REQUEST_BYTES, RESPONSE_BYTES } from "../../domain/answers.ts";
import { type Labels, openMetrics, TIMES_LINES } from "../../domain/open-metrics.ts";
import { addTraffic, newTraffic, type RouteTraffic, type Traffic, UNBOUNDED } from "../../domain/traffic.ts";
import { type Code, ERRORS } from "../../errors.ts";

/** Of counters, and of times: together about 4 MB of text. */
const MAX_LINES = 20_000;

export function renderMetrics(traffic: readonly RouteTraffic[]): string {
  const places = traffic.map(({ environment, route, ...counts }): Place => [{ environment, route }, counts]);
  const environments = byEnvironment(traffic);
  const lines = places.reduce((sum, [, { outcomes }]) => sum + outcomes.size + ANSWERS.length + 2, 0);
  const counted = lines > MAX_LINES ? environments : places;
  const timed = places.length * 2 * TIMES_LINES > MAX_LINES ? environments : places;
  const each = (places: readonly Place[], samplesOf: (traffic: Traffic) => readonly Sample[]) =>
    places.flatMap(([labels, counts]) =>
      samplesOf(counts).map(([more, value]) => [{ ...labels, ...more }, value] as const),
    );
  const bytes = (place: number) => each(counted, ({ answered }) => [[{}, answered[place] ?? 0]]);
  return openMetrics(
    [
      {
        name: "keygate_requests",
        help: "Requests to environments, by the status that the client got and the code of the refusal.",
        samples: each(counted, ({ outcomes }) =>
          [...outcomes].map(([outcome, requests]) => [labelsOf(outcome), requests]),
        ),
      },
      {
        name: "keygate_origin_answers",
        help: "Requests that were sent to origins, by the class of the status; broken_off: without an answer.",
        samples: each(counted, ({ answered }) => ANSWERS.map((answer, place) => [{ answer }, answered[place] ?? 0])),
      },
      {
        name: "keygate_received_bytes",
        unit: "bytes",
        help: "Bodies of requests whose length was announced.",
        samples: bytes(REQUEST_BYTES),
      },
      {
        name: "keygate_sent_bytes",
        unit: "bytes",
        help: "Bodies of answers whose length was announced.",
        samples: bytes(RESPONSE_BYTES),
      },
    ],
    [
      {
        name: "keygate_gateway_seconds",
        help: "How long the gateway itself waited until the headers of the answer.",
        samples: timed.map(([labels, { gatewayMs }]) => [labels, gatewayMs]),
      },
      {
        name: "keygate_origin_seconds",
        help: "From sending a request to an origin to the headers of its answer, or to the end of waiting for them.",
        samples: timed.map(([labels, { originMs }]) => [labels, originMs]),
      },
    ],
  );
}

type Place = readonly [Labels, Traffic];
type Sample = readonly [Labels, number];

/** Stands for all routes of an environment: no path is like this. Requests without a route have no label, and are counted before. */
const ALL_ROUTES = "*";

/** What an environment has in all. A series whose labels change ends, and neither falls nor jumps. */
function byEnvironment(traffic: readonly RouteTraffic[]): Place[] {
  const sums = new Map<string, Traffic>();
  for (const { environment, route: _, ...counts } of traffic) {
    const sum = sums.get(environment) ?? newTraffic();
    sums.set(environment, sum);
    addTraffic(sum, counts, UNBOUNDED);
  }
  return [...sums].map(([environment, counts]) => [{ environment, route: ALL_ROUTES }, counts]);
}

/** `outcome`: a status, the code of a refusal, or `other`. */
function labelsOf(outcome: string | number): Labels {
  if (typeof outcome === "number" || outcome === "other") return { status: String(outcome) };
  // Codes of other versions stay in the sums.
  const status = Object.hasOwn(ERRORS, outcome) ? String(ERRORS[outcome as Code].status) : "other";
  return { status, code: outcome };
}
