import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../../src/domain/durations.ts";
import type { Entry } from "../../../src/domain/log-line.ts";
import { requestId } from "../../../src/domain/request-id.ts";
import { MAX_REPORTED_GROUPS } from "../../../src/domain/request-tally.ts";
import { RequestReports } from "../../../src/gateway/reports/requests.ts";

const NOON = Date.UTC(2026, 10, 29, 12);
/** As the module has it: with the uses of keys, a report is below the two megabytes that a row can have. */
const MAX_CHARACTERS = 700_000;
const HOMES = { collectors: 1, jurisdiction: undefined, environments: { production: { jurisdiction: undefined } } };

let made = 0;
function entryOf(fields: Partial<Entry>): Entry {
  const time = fields.time ?? NOON;
  const request_id = requestId(time, crypto.randomUUID());
  made += 1;
  const usual = { method: "GET", status: 404, environment: "production", gateway_ms: 1, trace_id: "a".repeat(32) };
  return { request_id, time, key_id: `key_${made}`, ...usual, ...fields } as Entry;
}

const visitOf = (path: string) => ({ url: new URL(`https://api.test${path}`) });

/** What is reported of so many requests, report by report. */
function reportsOf(
  count: number,
  entry: (n: number) => Partial<Entry>,
  { path = "/", limit = 1_500, organizations = 50 },
) {
  const reports = new RequestReports(HOMES, true);
  reports.limit(0, limit);
  for (let n = 0; n < count; n++) {
    const whose = { organization: `org_${n % organizations}`, environment: "production" };
    reports.note(whose, entryOf(entry(n)), visitOf(path));
  }
  reports.share();
  const all = [];
  for (let report = reports.next(0); report; report = reports.next(0)) all.push(report);
  return all;
}

const long = (n: number, length: number) => `/${n}`.padEnd(length, "x");

describe("a report of requests is never longer than its bound, and has the number of all requests", () => {
  test.each([
    ["usual ones", 5_000, () => ({ route: "/a/*" }), {}],
    ["long paths", 5_000, (n: number) => ({ route: `/r${n % 7}/*` }), { path: long(0, 1_000) }],
    ["long members", 3_000, () => ({ reason: "plan_unknown", reason_members: { plan: long(1, 2_000) } }), {}],
    ["many routes", MAX_REPORTED_GROUPS, (n: number) => ({ route: long(n, 60) }), {}],
    ["many long routes", MAX_REPORTED_GROUPS, (n: number) => ({ route: long(n, 900) }), {}],
    [
      "many long routes, where a collector wants few",
      MAX_REPORTED_GROUPS,
      (n: number) => ({ route: long(n, 900) }),
      { limit: 10 },
    ],
    ["very long routes", 200, (n: number) => ({ route: long(n, 9_000) }), { path: long(0, 1_000) }],
    ["two hours", 4_000, (n: number) => ({ route: long(n % 900, 500), time: NOON + (n < 2_000 ? 0 : HOUR_MS) }), {}],
    ["what a sample has", 5_000, (n: number) => ({ status: 200, route: `/r${n % 90}/*` }), { path: long(0, 1_000) }],
  ] as const)("%s", (_, count, entry, options) => {
    const reports = reportsOf(count, entry as (n: number) => Partial<Entry>, options);
    for (const report of reports) expect(JSON.stringify(report).length).toBeLessThanOrEqual(MAX_CHARACTERS);
    const groups = reports.flatMap((report) => report.flatMap((hour) => hour.groups));
    expect(groups.reduce((sum, { requests }) => sum + requests, 0)).toBe(count);
    expect(groups.flatMap(({ kept }) => kept).length).toBeGreaterThan(9);
    for (const { kept, requests } of groups) expect(kept.length).toBeLessThanOrEqual(requests);
  });
});

describe("while collectors cannot be reached", () => {
  test.each([
    [1, 6],
    [3, 2],
    [10, 2],
  ])("with %s of them, the last %s rounds wait for each, so that memory stays bounded", (collectors, rounds) => {
    const reports = new RequestReports({ ...HOMES, collectors }, false);
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 200; n++) {
        reports.note(
          { organization: `org_${n}`, environment: "production" },
          entryOf({ route: `/${round}` }),
          visitOf("/"),
        );
      }
      reports.share();
    }
    const last = Array.from({ length: rounds }, (_, n) => [`/${10 - rounds + n}`]);
    for (let collector = 0; collector < collectors; collector++) {
      const waiting = [];
      for (let report = reports.next(collector); report; report = reports.next(collector)) waiting.push(report);
      const routes = waiting.map((report) => new Set(report.flatMap(({ groups }) => groups.map(({ route }) => route))));
      expect(routes.map((each) => [...each])).toEqual(last);
    }
  });
});
