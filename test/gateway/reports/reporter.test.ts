import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { newLatency, noteLatency, shortened } from "../../../src/domain/latency.ts";
import type { Entry } from "../../../src/domain/log-line.ts";
import { reportAfterMs } from "../../../src/domain/pace.ts";
import { collectorOf, type Report } from "../../../src/domain/report.ts";
import { requestId } from "../../../src/domain/request-id.ts";
import type { Use } from "../../../src/gateway/reports/key-tally.ts";
import { Reporter, type ReporterOptions } from "../../../src/gateway/reports/reporter.ts";
import { RequestReports } from "../../../src/gateway/reports/requests.ts";
import type { Visit } from "../../../src/gateway/visit.ts";

const REPORT_AFTER_MS = reportAfterMs(1);

const HOUR = 3_600_000;
const forwarded: Use = {
  ...{ route: "/a", outcome: "forwarded", scope: "a:read", organizationId: "org_1", isUse: true },
  entry: {
    ...{ gateway_ms: 2, origin_ms: 40, origin: "a", origin_status: 200, request_bytes: 3, response_bytes: 20 },
  } as Entry,
};
const refused: Use = { ...forwarded, outcome: "scope_missing", scope: undefined, entry: { gateway_ms: 7 } as Entry };

afterEach(() => {
  vi.useRealTimers();
});

interface Options {
  collectors?: number;
  fails?: () => boolean;
  /** Happens while a report is under way. */
  meanwhile?: () => unknown;
  hear?: (answer: object) => void;
  afterRound?: ReporterOptions["afterRound"];
  requests?: RequestReports;
}

/** One isolate's reporter. Its rounds are short, and waited for by `settle`. */
function reporterOf({
  collectors = 1,
  fails = () => false,
  meanwhile = () => {},
  hear = () => {},
  afterRound,
  requests,
}: Options = {}) {
  const clock = { now: 0 };
  const sent: (Report & { collector: number })[] = [];
  const timers: Promise<unknown>[] = [];
  const reporter = new Reporter({
    send: async (collector, report) => {
      sent.push({ collector, ...report });
      meanwhile();
      if (fails()) throw new Error("down");
      return { generation: 7 };
    },
    ...{ collectors, newId: () => "isolate", now: () => clock.now, hear, requests, reportAfterMs: 5 },
    ...(afterRound && { afterRound }),
  });
  const waitUntil = (timer: Promise<unknown>) => void timers.push(timer);
  const count = (use = forwarded, keyId = "key_1") =>
    reporter.count({ keyId, environment: "sandbox", hash: "h" }, use, clock.now, waitUntil);
  return { reporter, clock, sent, timers, count, waitUntil, settle: () => Promise.all(timers) };
}

/** Of requests that took so long in the gateway and at the origin. */
function shortLatencyOf(...requests: [gateway: number, origin: number | null][]) {
  const latency = newLatency();
  for (const [gateway_ms, origin_ms] of requests)
    noteLatency(latency, { gateway_ms, ...(origin_ms !== null && { origin_ms }) } as Entry);
  return shortened(latency);
}

const requestsIn = (report: Report | undefined) =>
  (report?.keys ?? []).flatMap(({ counts }) => counts).reduce((sum, { requests }) => sum + requests, 0);

describe("what an isolate has counted", () => {
  test("goes to its collector in one report for all keys, once", async () => {
    const { clock, sent, timers, count, settle } = reporterOf();
    count();
    count(refused);
    count(forwarded, "key_2");
    clock.now = 300;
    count();
    clock.now = 1_000;
    expect(timers).toHaveLength(1);
    await settle();
    const about = { environment: "sandbox", organizationId: "org_1" };
    const answered = (requests: number) => ({ answered: [0, requests, 0, 0, 0, 0, 3 * requests, 20 * requests] });
    const one = [{ route: "/a", outcome: "forwarded", requests: 1, ...answered(1) }];
    const counts = [
      { route: "/a", outcome: "forwarded", requests: 2, ...answered(2) },
      { route: "/a", outcome: "scope_missing", requests: 1 },
    ];
    expect(sent).toEqual([
      {
        ...{ collector: 0, sender: "isolate", number: 1 },
        keys: [
          { keyId: "key_1", ...about, counts, scopes: ["a:read"], usedMsAgo: 700 },
          { keyId: "key_2", ...about, counts: one, scopes: ["a:read"], usedMsAgo: 1_000 },
        ],
        latencies: [{ ...about, latency: shortLatencyOf([2, 40], [7, null], [2, 40], [2, 40]) }],
      },
    ]);
  });

  test("goes in one report in a round, however much is counted while that is under way", async () => {
    const busy: ReturnType<typeof reporterOf> = reporterOf({ meanwhile: () => busy.count(refused) });
    busy.count();
    await busy.settle();
    expect(busy.sent.map(requestsIn)).toEqual([1]);
    busy.clock.now += 10_000;
    await busy.settle();
    expect(busy.sent.map(requestsIn)).toEqual([1, 1]);
  });

  test("of very many keys is told in full in a round in which more is counted", async () => {
    const busy: ReturnType<typeof reporterOf> = reporterOf({ meanwhile: () => busy.count(forwarded, "key_0") });
    for (let key = 0; key < 4_500; key++) busy.count(forwarded, `key_${key}`);
    await busy.settle();
    expect(busy.sent.map(({ keys }) => keys?.length)).toEqual([2_000, 2_000, 501]);
  });

  test("goes to the collector of each key, where there are several", async () => {
    const { sent, count, settle } = reporterOf({ collectors: 3 });
    const keys = Array.from({ length: 60 }, (_, at) => `key_${at}`);
    for (const key of keys) count(forwarded, key);
    await settle();
    expect(sent.map(({ collector }) => collector)).toEqual([0, 1, 2]);
    for (const { collector, keys: told = [] } of sent) {
      expect(told.map(({ keyId }) => keyId)).toEqual(keys.filter((key) => collectorOf(key, 3) === collector));
    }
  });

  test("is a use of the key only where the key works, and has the organization as soon as it is known", async () => {
    const { sent, count, settle } = reporterOf();
    count({ ...refused, outcome: "authority_unavailable", organizationId: undefined, isUse: false }, "key_1");
    count({ ...refused, outcome: "key_revoked", isUse: false }, "key_2");
    await settle();
    expect(sent[0]?.keys).toMatchObject([
      { organizationId: null, usedMsAgo: null },
      { organizationId: "org_1", usedMsAgo: null },
    ]);
  });

  test("can be no request, but a use of the key all the same", async () => {
    const { reporter, sent, waitUntil, settle } = reporterOf();
    reporter.use({ keyId: "key_1", environment: "sandbox", hash: "h" }, "org_1", 0, waitUntil);
    await settle();
    expect(sent[0]?.keys).toMatchObject([{ organizationId: "org_1", counts: [], scopes: [], usedMsAgo: 0 }]);
  });

  test("of very many keys goes in several reports, one after the other", async () => {
    const { sent, count, settle } = reporterOf();
    for (let key = 0; key < 4_500; key++) count(forwarded, `key_${key}`);
    await settle();
    expect(sent.map(({ number, keys }) => [number, keys?.length])).toEqual([
      [1, 2_000],
      [2, 2_000],
      [3, 500],
    ]);
  });

  test("of keys with very many routes goes in several reports too", async () => {
    const { sent, count, settle } = reporterOf();
    for (let key = 0; key < 30; key++) {
      for (let route = 0; route < 500; route++) count({ ...refused, route: `/${route}` }, `key_${key}`);
    }
    await settle();
    expect(sent.map(({ keys }) => keys?.length)).toEqual([11, 11, 8]);
  });

  test("of more routes than a report tells apart counts under none", async () => {
    const { sent, count, settle } = reporterOf();
    for (let route = 0; route < 600; route++) count({ ...forwarded, route: `/${route}` });
    await settle();
    expect(sent[0]?.keys?.[0]?.counts).toHaveLength(501);
    expect(sent[0]?.keys?.[0]?.counts.at(-1)).toMatchObject({ route: "", outcome: "forwarded", requests: 100 });
    expect(requestsIn(sent[0])).toBe(600);
  });

  test("is told to those who take back what is left of leases", async () => {
    const told: string[][] = [];
    const { count, settle } = reporterOf({
      afterRound: async (accounts) => void told.push(accounts.map(({ keyId }) => keyId)),
    });
    count();
    count(forwarded, "key_2");
    await settle();
    expect(told).toEqual([["key_1", "key_2"]]);
  });

  test("is told to them too if it goes in a round that was already sending, and once", async () => {
    let failures = 1;
    const told: string[][] = [];
    const isolate: ReturnType<typeof reporterOf> = reporterOf({
      fails: () => failures-- > 0,
      // While the report that failed is sent again.
      meanwhile: () => isolate.sent.length === 2 && ["key_2", "key_3"].map((key) => isolate.count(forwarded, key)),
      afterRound: async (accounts) => void told.push(accounts.map(({ keyId }) => keyId)),
    });
    isolate.count();
    await isolate.settle();
    isolate.clock.now += 10_000;
    isolate.count(forwarded, "key_2");
    await isolate.settle();
    expect(isolate.sent.map(({ keys }) => keys?.map(({ keyId }) => keyId))).toEqual([
      ["key_1"],
      ["key_1"],
      ["key_2", "key_3"],
    ]);
    expect(told.slice(0, 2)).toEqual([["key_1"], ["key_2", "key_3"]]);
    expect(told.flat()).toEqual(["key_1", "key_2", "key_3"]);
  });

  test("is told to them also while the collector cannot be reached", async () => {
    const told: string[][] = [];
    const { clock, count, settle } = reporterOf({
      fails: () => true,
      afterRound: async (accounts) => void told.push(accounts.map(({ keyId }) => keyId)),
    });
    count();
    await settle();
    clock.now += 10_000;
    count(forwarded, "key_2");
    await settle();
    expect(told).toEqual([["key_1"], ["key_2"]]);
  });
});

describe("the latency of organizations", () => {
  const REPORT_CHARACTERS = 500_000;
  const of = (n: number): Use => ({ ...forwarded, organizationId: `org_${n}` });
  const timesIn = (reports: readonly Report[]) =>
    reports.flatMap(({ latencies = [] }) => latencies).map(({ latency }) => latency[0][2] as number);

  test("goes to the collector of the organization, and is that of all requests of which it is known", async () => {
    const { sent, count, settle } = reporterOf({ collectors: 3 });
    for (let key = 0; key < 60; key++) count(of(key % 20), `key_${key}`);
    count({ ...refused, organizationId: undefined }, "key_1");
    await settle();
    const told = sent.flatMap(({ collector, latencies = [] }) =>
      latencies.map(({ organizationId }) => [organizationId, collector]),
    );
    expect(new Set(told.map(([, collector]) => collector)).size).toBe(3);
    expect(told.sort()).toEqual(Array.from({ length: 20 }, (_, n) => [`org_${n}`, collectorOf(`org_${n}`, 3)]).sort());
    expect(timesIn(sent)).toEqual(Array(20).fill(3));
  });

  test("is sent again as it was where no answer came, and what came since under another number", async () => {
    let down = true;
    const { clock, sent, count, settle } = reporterOf({ fails: () => down });
    count();
    await settle();
    clock.now += 10_000;
    count();
    count();
    down = false;
    await settle();
    expect(sent.map((report) => [report.number, timesIn([report])])).toEqual([
      [1, [1]],
      [1, [1]],
      [2, [2]],
    ]);
  });

  test("of very many goes in several reports, none of which is longer with it", async () => {
    const { sent, count, settle } = reporterOf();
    for (let key = 0; key < 6_000; key++) {
      for (const ms of [1, 5, 30, 200, 900, 3_000, 20_000]) {
        const entry = { ...forwarded.entry, gateway_ms: ms, origin_ms: 2 * ms } as Entry;
        count({ ...of(key % 3_900), entry }, `key_${key}`);
      }
    }
    await settle();
    for (const { keys, latencies } of sent)
      expect(JSON.stringify([keys, latencies]).length).toBeLessThan(1.1 * REPORT_CHARACTERS);
    expect(sent.flatMap(({ latencies = [] }) => latencies)).toHaveLength(3_900);
  });

  test("is kept of 4,000 while a collector cannot be reached, so that memory stays bounded", async () => {
    let down = true;
    const { clock, sent, count, settle } = reporterOf({ fails: () => down });
    count();
    await settle();
    for (let n = 1; n <= 5_000; n++) count(of(n));
    await settle();
    down = false;
    clock.now += 10_000;
    count(of(6_000));
    sent.length = 0;
    await settle();
    const told = sent.flatMap(({ latencies = [] }) => latencies.map(({ organizationId }) => organizationId));
    expect([told.length, told[0], told[1], told.at(-1)]).toEqual([4_001, "org_1", "org_1002", "org_6000"]);
  });
});

describe("the traffic of an isolate", () => {
  const entry = { environment: "sandbox", route: "/a/*", status: 200, gateway_ms: 1, time: 0 } as Entry;
  const noted = (isolate: ReturnType<typeof reporterOf>, times = 1, time = 0) => {
    const visit = { waitUntil: isolate.waitUntil } as Visit;
    for (let n = 0; n < times; n++) isolate.reporter.note(undefined, { ...entry, time }, isolate.clock.now, visit);
  };
  const requestsOf = ({ traffic = [] }: Report) =>
    traffic.flatMap(({ outcomes }) => [...outcomes.values()]).reduce((sum, requests) => sum + requests, 0);

  test("is all requests, with a key or not, and goes to one collector", async () => {
    const isolate = reporterOf({ collectors: 3 });
    noted(isolate, 5);
    await isolate.settle();
    expect(isolate.sent.map((report) => [report.collector, requestsOf(report)])).toEqual([
      [collectorOf("isolate", 3), 5],
    ]);
  });

  test("goes in one report, however long ago its requests began", async () => {
    const isolate = reporterOf();
    for (const began of [100, 50, 299, 0]) {
      isolate.clock.now += 300;
      noted(isolate, 1, began);
    }
    isolate.clock.now += 25;
    isolate.reporter.count({ keyId: "key_1", environment: "sandbox", hash: "h" }, forwarded, 1_225, isolate.waitUntil);
    expect(isolate.timers).toHaveLength(1);
    await isolate.settle();
    expect(isolate.sent.map(requestsOf)).toEqual([4]);
  });

  test("is sent again as it was where no answer came, and what came since goes under another number", async () => {
    let down = true;
    const isolate = reporterOf({ fails: () => down });
    noted(isolate, 2);
    await isolate.settle();
    isolate.clock.now += 10_000;
    noted(isolate, 3);
    down = false;
    await isolate.settle();
    expect(isolate.sent.map((report) => [report.number, requestsOf(report)])).toEqual([
      [1, 2],
      [1, 2],
      [2, 3],
    ]);
  });
});

describe("a report", () => {
  test("is sent again under its number where no answer came, and what was counted since goes under another", async () => {
    let down = true;
    const { clock, sent, count, settle } = reporterOf({ fails: () => down });
    count();
    await settle();
    clock.now += 10_000;
    count(refused);
    down = false;
    await settle();
    const about = { sender: "isolate", collector: 0 };
    expect(sent).toMatchObject([
      { ...about, number: 1, keys: [{ counts: [{ outcome: "forwarded" }], usedMsAgo: 0 }] },
      { ...about, number: 1, keys: [{ counts: [{ outcome: "forwarded" }], usedMsAgo: 10_000 }] },
      { ...about, number: 2, keys: [{ counts: [{ outcome: "scope_missing" }] }] },
    ]);
    expect(sent).toHaveLength(3);
  });

  test("that nobody answered for an hour is given up, because a collector knows it no longer", async () => {
    const { clock, sent, count, settle } = reporterOf({ fails: () => true });
    count();
    await settle();
    clock.now += HOUR;
    count(refused);
    await settle();
    expect(sent.map(({ number }) => number)).toEqual([1, 2]);
  });

  test("brings back what the collector says", async () => {
    const heard: object[] = [];
    const { count, settle } = reporterOf({ hear: (answer) => heard.push(answer) });
    count();
    await settle();
    expect(heard).toEqual([{ generation: 7 }]);
  });
});

describe("while a collector cannot be reached", () => {
  test("counts are kept, of so many keys that memory stays bounded", async () => {
    let down = true;
    const { clock, sent, count, settle } = reporterOf({ fails: () => down });
    count();
    await settle();
    for (let key = 0; key < 35_000; key++) count(forwarded, `key_${key}`);
    await settle();
    down = false;
    clock.now += 10_000;
    count();
    await settle();
    expect(sent.reduce((sum, { keys = [] }) => sum + keys.length, 0)).toBe(2 + 30_001);
  });

  test("counts are kept of no more keys where there are many collectors", async () => {
    let down = true;
    const { clock, sent, count, settle } = reporterOf({ collectors: 10, fails: () => down });
    const first = Array.from({ length: 100 }, (_, at) => `key_${at}`);
    for (const key of first) count(forwarded, key);
    await settle();
    for (let key = 0; key < 100_000; key++) count(forwarded, `key_${key}`);
    await settle();
    [down, sent.length] = [false, 0];
    clock.now += 10_000;
    count();
    await settle();
    expect(sent.reduce((sum, { keys = [] }) => sum + keys.length, 0)).toBe(first.length + 30_000);
  });

  test("no count is lost of keys whose collector can be reached", async () => {
    const { clock, sent, count, settle } = reporterOf({ collectors: 2, fails: () => sent.at(-1)?.collector === 0 });
    const keys = Array.from({ length: 80_000 }, (_, at) => `key_${at}`);
    const [lost, heard] = [0, 1].map((collector) => keys.filter((key) => collectorOf(key, 2) === collector));
    count(forwarded, lost?.[0]);
    await settle();
    for (const key of lost ?? []) count(forwarded, key);
    for (const key of heard?.slice(0, 5_000) ?? []) count(forwarded, key);
    clock.now += 10_000;
    await settle();
    const told = sent.flatMap(({ collector, keys = [] }) => (collector === 1 ? keys : []));
    expect(told.map(({ keyId }) => keyId)).toEqual(heard?.slice(0, 5_000));
  });

  test("single requests are taken in each round all the same, so that the oldest can be given up", async () => {
    const homes = { collectors: 1, jurisdiction: undefined, environments: { sandbox: { jurisdiction: undefined } } };
    const requests = new RequestReports(homes, false);
    const { reporter, clock, waitUntil, settle } = reporterOf({ requests, fails: () => true });
    for (let round = 0; round < 4; round++) {
      const request_id = requestId(round, crypto.randomUUID());
      const fields = { request_id, time: 0, route: `/${round}`, status: 404, gateway_ms: 1 };
      const entry = { ...fields, trace_id: "a".repeat(32) } as Entry;
      reporter.note(undefined, entry, clock.now, { waitUntil, url: new URL("https://api.test/") });
      await settle();
      clock.now += 10_000;
    }
    // The first is in the report that is sent again.
    const waiting = Array.from({ length: 4 }, () => requests.next(0)?.map(({ groups }) => groups[0]?.route));
    expect(waiting).toEqual([["/1"], ["/2"], ["/3"], undefined]);
  });

  test("the others hear what is theirs", async () => {
    const { sent, count, settle } = reporterOf({ collectors: 2, fails: () => sent.at(-1)?.collector === 0 });
    const keys = Array.from({ length: 20 }, (_, at) => `key_${at}`);
    for (const key of keys) count(forwarded, key);
    await settle();
    for (const key of keys) count(forwarded, key);
    await settle();
    expect(sent.map(({ collector, number }) => [collector, number])).toEqual([
      [0, 1],
      [1, 1],
      [0, 1],
      [1, 2],
    ]);
  });
});

describe("a round of reports", () => {
  test("whose request has died with its timer is followed by another", () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const { clock, timers, count } = reporterOf();
    count();
    clock.now += 2 * REPORT_AFTER_MS - 1;
    count();
    expect(timers).toHaveLength(1);
    clock.now += 1;
    count();
    expect(timers).toHaveLength(2);
  });

  test("is followed by another where the clock steps back", () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const { clock, timers, count } = reporterOf();
    count();
    clock.now = -HOUR;
    count();
    expect(timers).toHaveLength(2);
  });
});

describe("an isolate that is killed", () => {
  test("has told all that it counted more than 10 s before, each request once", async () => {
    const step = fc.record({
      after: fc.integer({ min: 0, max: 4_000 }),
      key: fc.constantFrom("key_1", "key_2", "key_3"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
        const told = new Map<string, number>();
        const counted: { key: string; nth: number; at: number }[] = [];
        const reporter = new Reporter({
          send: async (_, report) => {
            for (const { keyId, counts } of report.keys ?? []) {
              told.set(keyId, (told.get(keyId) ?? 0) + (counts[0]?.requests ?? 0));
            }
            return {};
          },
          ...{ collectors: 2, newId: () => "isolate", now: Date.now },
        });
        for (const { after, key } of steps) {
          await vi.advanceTimersByTimeAsync(after);
          reporter.count({ keyId: key, environment: "sandbox", hash: "h" }, forwarded, Date.now(), () => {});
          counted.push({ key, nth: counted.filter((count) => count.key === key).length + 1, at: Date.now() });
          for (const { key, nth, at } of counted) {
            if (Date.now() - at >= REPORT_AFTER_MS) expect(told.get(key) ?? 0).toBeGreaterThanOrEqual(nth);
          }
        }
        await vi.advanceTimersByTimeAsync(REPORT_AFTER_MS);
        for (const key of ["key_1", "key_2", "key_3"]) {
          expect(told.get(key) ?? 0).toBe(counted.filter((count) => count.key === key).length);
        }
        vi.useRealTimers();
      }),
      { numRuns: 50 },
    );
  });

  test("whose answers get lost now and then has told everything once, as its collector counts it", async () => {
    const step = fc.record({ counts: fc.nat({ max: 5 }), fate: fc.constantFrom("ok", "lost before", "lost after") });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const clock = { now: 0 };
        let fate = "ok";
        const heard = new Map<number, number>();
        const reporter = new Reporter({
          send: async (_, report) => {
            if (fate === "lost before") throw new Error("lost");
            if (report.number > Math.max(0, ...heard.keys())) heard.set(report.number, requestsIn(report));
            if (fate === "lost after") throw new Error("lost");
            return {};
          },
          ...{ collectors: 1, newId: () => "isolate", now: () => clock.now, reportAfterMs: 0 },
        });
        let total = 0;
        const round = async (counts: number) => {
          const timers: Promise<unknown>[] = [];
          for (let n = 0; n < counts; n++) {
            reporter.count({ keyId: `key_${n % 2}`, environment: "e", hash: "h" }, forwarded, clock.now, (t) =>
              timers.push(t),
            );
          }
          total += counts;
          await Promise.all(timers);
          clock.now += 10_000;
        };
        for (const { counts, fate: next } of steps) {
          fate = next;
          await round(counts);
        }
        fate = "ok";
        await round(1);
        expect([...heard.values()].reduce((sum, requests) => sum + requests, 0)).toBe(total);
      }),
      { numRuns: 30 },
    );
  });
});

describe("keys", () => {
  test("are spread evenly over the collectors, and each has always the same", () => {
    const ids = Array.from({ length: 8_000 }, (_, at) => `key_${(at * 2_654_435_761).toString(16).padStart(32, "0")}`);
    for (const collectors of [1, 2, 3, 8]) {
      const loads = Array.from({ length: collectors }, () => 0);
      for (const id of ids) {
        const collector = collectorOf(id, collectors);
        expect(collectorOf(id, collectors)).toBe(collector);
        loads[collector] = (loads[collector] ?? 0) + 1;
      }
      for (const load of loads) expect(load).toBeGreaterThan((0.85 * ids.length) / collectors);
    }
  });
});
