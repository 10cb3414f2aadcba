import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BOUNDS_MS } from "../../src/domain/histogram.ts";
import type { Entry } from "../../src/domain/log-line.ts";
import { openMetrics } from "../../src/domain/open-metrics.ts";
import { TrafficTally } from "../../src/domain/traffic.ts";
import { ERRORS } from "../../src/errors.ts";
import { renderMetrics } from "../../src/management/wire/metrics.ts";
import { parsedMetrics } from "./parsed-metrics.ts";

describe("the parser of Prometheus's client", () => {
  test("reads the metrics of traffic of every kind, each with its type and unit", () => {
    const tally = new TrafficTally();
    const entry = { environment: "sandbox", route: "/ä/*", gateway_ms: 3, request_bytes: 2, response_bytes: null };
    for (const ms of [0, ...BOUNDS_MS, 1_000_000])
      tally.note({ ...entry, status: 200, origin: "api", origin_status: 200, origin_ms: ms } as Entry);
    for (const reason of Object.keys(ERRORS)) tally.note({ ...entry, route: undefined, status: 400, reason } as never);
    tally.note({ ...entry, status: 503, environment: undefined, route: undefined } as never);
    const families = parsedMetrics(renderMetrics(tally.all()));
    expect(families.map(({ name, type, unit }) => [name, type, unit])).toEqual([
      ["keygate_requests", "counter", ""],
      ["keygate_origin_answers", "counter", ""],
      ["keygate_received_bytes", "counter", "bytes"],
      ["keygate_sent_bytes", "counter", "bytes"],
      ["keygate_gateway_seconds", "histogram", "seconds"],
      ["keygate_origin_seconds", "histogram", "seconds"],
    ]);
    const [requests] = families;
    const codes = requests?.samples.flatMap(([, { code }]) => code ?? []);
    expect(codes).toEqual(Object.keys(ERRORS));
  });

  test("reads a gateway without any traffic", () => {
    expect(parsedMetrics(renderMetrics([])).every(({ samples }) => samples.length === 0)).toBe(true);
  });

  test("reads back every label and help, whatever is in them", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 });
    const samples = fc.uniqueArray(text, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(samples, text, (routes, help) => {
        const counter = { name: "n", help, samples: routes.map((route, at) => [{ route }, at] as const) };
        const [family] = parsedMetrics(openMetrics([counter], []));
        expect(family?.help).toBe(help);
        expect(family?.samples).toEqual(routes.map((route, at) => ["n_total", { route }, at]));
      }),
      { numRuns: 10 },
    );
  });
});
