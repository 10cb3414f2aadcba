import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addAnswered, answerOf } from "../../src/domain/answers.ts";
import { countIn, quantile } from "../../src/domain/histogram.ts";
import type { Entry } from "../../src/domain/log-line.ts";
import { type RouteTraffic, TrafficTally, UNBOUNDED } from "../../src/domain/traffic.ts";
import { TrafficSums } from "../../src/domain/traffic-sums.ts";

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 5, 15, 12);

/** As far as traffic is about it. */
const entry = (changes: Partial<Entry> = {}) =>
  ({
    ...{ environment: "sandbox", route: "/a/*", status: 200, reason: undefined, gateway_ms: 2 },
    ...{ origin: "a", origin_status: 200, origin_ms: 10, request_bytes: 5, response_bytes: 100 },
    ...changes,
  }) as Entry;

const refused = (reason: string, status: number): Partial<Entry> => ({
  ...{ reason, status, origin: undefined, origin_status: undefined, origin_ms: undefined, response_bytes: null },
});

function tallyOf(...entries: Partial<Entry>[]): TrafficTally {
  const tally = new TrafficTally();
  for (const changes of entries) tally.note(entry(changes));
  return tally;
}

const entries = fc.array(
  fc.record({
    environment: fc.constantFrom(undefined, "sandbox", "production"),
    route: fc.constantFrom(undefined, "/a/*", "/b"),
    status: fc.constantFrom(200, 404, 500),
    origin_status: fc.constantFrom(undefined, 101, 200, 404, 500),
    origin: fc.constantFrom(undefined, "a"),
    gateway_ms: fc.nat({ max: 50 }),
    origin_ms: fc.nat({ max: 5_000 }),
  }),
);

const shown = (routes: readonly RouteTraffic[]) =>
  routes
    .map(({ outcomes, ...rest }) => ({ ...rest, outcomes: [...outcomes].sort() }))
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));

describe("what an origin answered", () => {
  test.for([
    [101, 0],
    [200, 1],
    [299, 1],
    [304, 2],
    [404, 3],
    [500, 4],
    [599, 4],
    [999, 4],
  ])("counts by the class of its status: %d", ([origin_status, place]) => {
    expect(answerOf({ origin: "a", origin_status })).toBe(place);
  });

  test("is broken off if it was asked and gave no status, and nothing if it was not asked", () => {
    expect(answerOf({ origin: "a", origin_status: undefined })).toBe(5);
    expect(answerOf({ origin: undefined, origin_status: undefined })).toBeUndefined();
  });
});

describe("what is added up of answers", () => {
  test("is whole where a part of it is no count, so that it can be written", () => {
    const known = [0, 1, Number.NaN, null as never, 1.5, 0, Number.NaN, 7];
    addAnswered(known, [1, 2, 3, 4, 5, Number.NaN, 8, Number.POSITIVE_INFINITY]);
    expect(known).toEqual([1, 3, 3, 4, 5, 0, 8, 7]);
  });
});

describe("the traffic of a route", () => {
  test("has the number of each outcome, the origin's answers, both times, and the bytes", () => {
    const tally = tallyOf(
      {},
      { status: 404, origin_status: 404, origin_ms: 30 },
      { ...refused("rate_exceeded", 429), gateway_ms: 0 },
      { reason: "origin_timeout", status: 504, origin_status: undefined, origin_ms: 30_000, response_bytes: null },
      refused("scope_missing", 403),
    );
    const [route, ...others] = tally.all();
    expect(others).toEqual([]);
    expect(route).toMatchObject({ environment: "sandbox", route: "/a/*" });
    expect(Object.fromEntries(route?.outcomes ?? [])).toEqual({
      ...{ 200: 1, 404: 1, rate_exceeded: 1, origin_timeout: 1, scope_missing: 1 },
    });
    expect(route?.answered).toEqual([0, 1, 0, 1, 0, 1, 25, 200]);
    expect(route && [countIn(route.gatewayMs), quantile(route.gatewayMs, 0.99)]).toEqual([5, 2]);
    expect(route && [countIn(route.originMs), quantile(route.originMs, 0.5)]).toEqual([3, 32]);
  });

  test("is apart from that of other routes and environments, and from that of none", () => {
    const tally = tallyOf({}, { environment: "production" }, { route: undefined }, { environment: undefined });
    expect(tally.all().map(({ environment, route }) => [environment, route])).toEqual([
      ["sandbox", "/a/*"],
      ["sandbox", ""],
      ["production", "/a/*"],
      ["", "/a/*"],
    ]);
  });

  test("adds up to the same, however it is split and in whatever order it comes", () => {
    fc.assert(
      fc.property(entries, fc.nat(), (list, cut) => {
        const at = list.length === 0 ? 0 : cut % list.length;
        const sum = tallyOf(...list.slice(at));
        for (const route of tallyOf(...list.slice(0, at)).all()) sum.add(route);
        expect(shown(sum.all())).toEqual(shown(tallyOf(...list).all()));
      }),
    );
  });

  test("is taken in parts, and each part once", () => {
    const tally = tallyOf({}, { route: "/b" }, { environment: "production" });
    const parts = [tally.take(2), tally.take(2)];
    expect(parts.map((part) => part.length)).toEqual([2, 1]);
    expect(tally.isEmpty).toBe(true);
    tally.note(entry());
    expect(tally.all().map(({ outcomes }) => outcomes.get(200))).toEqual([1]);
  });

  test("is bounded: further routes count without a route, and further outcomes as others", () => {
    const tally = new TrafficTally();
    for (let n = 0; n < 1_200; n++) tally.note(entry({ route: `/r${n}` }));
    for (let n = 0; n < 100; n++) tally.note(entry({ route: "/r0", status: 400 + n }));
    const routes = tally.all();
    expect(routes).toHaveLength(1_001);
    expect(routes.find(({ route }) => route === "")?.outcomes.get(200)).toBe(200);
    const [first] = routes;
    expect(first?.outcomes.size).toBe(61);
    expect(first?.outcomes.get("other")).toBe(41);
  });
});

describe("the traffic of several collectors", () => {
  const many = fc.array(
    fc.record({
      collector: fc.nat({ max: 2 }),
      environment: fc.constantFrom("production", "sandbox"),
      route: fc.constantFrom("", "/a", "/b", "/c", "/d", "/e"),
      status: fc.integer({ min: 200, max: 206 }),
    }),
    { maxLength: 40 },
  );
  /** So narrow that the tests reach them. */
  const bounds = { routes: 3, outcomes: 4 };

  test("never falls, for no route and no outcome, whatever comes and however often it is stored", () => {
    fc.assert(
      fc.property(many, (list) => {
        const collectors = [0, 1, 2].map(() => new TrafficTally([], bounds));
        let before = new Map<string, number>();
        for (const { collector, ...request } of list) {
          (collectors[collector] as TrafficTally).note(entry(request));
          collectors[collector] = new TrafficTally((collectors[collector] as TrafficTally).all(), bounds);
          const sum = new TrafficTally(
            collectors.flatMap((tally) => tally.all()),
            UNBOUNDED,
          );
          const counts = new Map(
            sum
              .all()
              .flatMap(({ environment, route, outcomes }) =>
                [...outcomes].map(
                  ([outcome, count]) => [`${environment} ${route} ${outcome}` as string, count] as const,
                ),
              ),
          );
          for (const [name, count] of before) expect(counts.get(name)).toBeGreaterThanOrEqual(count);
          before = counts;
        }
        expect([...before.values()].reduce((sum, count) => sum + count, 0)).toBe(list.length);
      }),
    );
  });
});

describe("the sums of traffic", () => {
  const routes = tallyOf({}, { route: "/b" }, { environment: "production", status: 500, origin_status: 500 }).all();
  const sumsOf = (question: ConstructorParameters<typeof TrafficSums>[0]) => {
    const sums = new TrafficSums(question);
    for (const hour of [NOON, NOON + HOUR]) sums.addHour(hour, routes);
    return sums.all().map(({ group, traffic }) => [group, countIn(traffic.gatewayMs)]);
  };

  test("are by what is asked for", () => {
    expect(sumsOf({ groups: [] })).toEqual([[{}, 6]]);
    expect(sumsOf({ groups: ["environment"] })).toEqual([
      [{ environment: "production" }, 2],
      [{ environment: "sandbox" }, 4],
    ]);
    expect(sumsOf({ groups: ["hour"], environment: "sandbox", route: "/b" })).toEqual([
      [{ hour: NOON }, 1],
      [{ hour: NOON + HOUR }, 1],
    ]);
    expect(sumsOf({ groups: ["day", "route"], environment: "production" })).toEqual([
      [{ day: NOON - 12 * HOUR, route: "/a/*" }, 2],
    ]);
  });

  test("leave what they are made from as it is", () => {
    sumsOf({ groups: [] });
    expect(routes.every(({ gatewayMs }) => countIn(gatewayMs) === 1)).toBe(true);
  });
});
