import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addUse, type Tallies } from "../../src/domain/tallies.ts";
import {
  firstHour,
  type Span,
  spansOf,
  USAGE_SORTS,
  type UsageGroup,
  type UsageSort,
  UsageSums,
} from "../../src/domain/usage-sums.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TODAY = Date.UTC(2026, 5, 15);
const NOW = TODAY + 12.5 * HOUR;

const relative = ({ from, to }: Span) => [(from - TODAY) / HOUR, (to - TODAY) / HOUR];

describe("a time", () => {
  test.each([
    ["the last 24 hours", -12 * HOUR, 12.5 * HOUR, [[-12, 0]], [0, 24]],
    ["from an hour's middle", -11.5 * HOUR, 12.5 * HOUR, [[-12, 0]], [0, 24]],
    ["today", 0, 12.5 * HOUR, [], [0, 24]],
    ["a few hours of today that are over", 2 * HOUR, 4 * HOUR, [[2, 4]], undefined],
    ["the running hour", 12 * HOUR, 12.5 * HOUR, [[12, 24]], undefined],
    ["up to the hour that runs", -DAY, 12 * HOUR, [[0, 12]], [-24, 0]],
    ["whole days", -3 * DAY, -DAY, [], [-72, -24]],
    ["a week until within a day", -7 * DAY, -12.5 * HOUR, [[-24, -12.5]], [-168, -24]],
    ["until tomorrow", -DAY, 2 * DAY, [], [-24, 48]],
    ["long ago, in whole days", -60 * DAY + 5 * HOUR, -50 * DAY + HOUR, [], [-60 * 24, -49 * 24]],
    ["from long ago", -60 * DAY + 5 * HOUR, 12.5 * HOUR, [], [-60 * 24, 24]],
    ["within one day of long ago", -60 * DAY + 5 * HOUR, -60 * DAY + 6 * HOUR, [], [-60 * 24, -59 * 24]],
    ["the first hours that are known", -31 * DAY + HOUR, -30 * DAY, [[-31 * 24 + 1, -30 * 24]], undefined],
  ] as [string, number, number, number[][], number[] | undefined][])(
    "of %s is so many hours, and whole days",
    (_, from, to, hours, days) => {
      const spans = spansOf({ from: TODAY + from, to: TODAY + to }, NOW);
      expect(spans.hours.map(relative)).toEqual(hours);
      expect(spans.days && relative(spans.days)).toEqual(days);
    },
  );

  test("has no hour twice and misses none, whatever it is", () => {
    const moment = fc.integer({ min: -400 * 24, max: 48 }).map((quarter) => NOW + (quarter * HOUR) / 4);
    fc.assert(
      fc.property(moment, moment, (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other) + 1];
        const spans = spansOf({ from, to }, NOW);
        const all = [...spans.hours, ...(spans.days ? [spans.days] : [])].sort((a, b) => a.from - b.from);
        expect(all[0]?.from).toBe(spans.from);
        expect(all.at(-1)?.to).toBe(spans.to);
        for (const [at, span] of all.entries()) if (at > 0) expect(span.from).toBe(all[at - 1]?.to);
        expect(spans.from).toBeLessThanOrEqual(from);
        expect(spans.to).toBeGreaterThanOrEqual(to);
        for (const span of spans.hours) expect(span.from).toBeGreaterThanOrEqual(firstHour(NOW));
      }),
    );
  });
});

describe("sums", () => {
  const tallies: Tallies = new Map();
  const add = (organizationId: string, keyId: string, environment: string, outcome: string, requests: number) =>
    addUse(
      tallies,
      organizationId,
      {
        ...{ keyId, environment, organizationId, counts: [{ route: "/a", outcome, requests }] },
        ...{ scopes: [], usedMsAgo: null },
      },
      NOW,
    );
  add("org_1", "key_1", "sandbox", "forwarded", 5);
  add("org_1", "key_1", "sandbox", "scope_missing", 2);
  add("org_1", "key_2", "production", "forwarded", 3);
  add("org_2", "key_3", "sandbox", "forwarded", 100);

  const sum = (groups: UsageGroup[], more: { keyIds?: string[]; environment?: string } = {}) => {
    const sums = new UsageSums({ organizationId: "org_1", groups, ...more });
    sums.addTallies(tallies, TODAY);
    sums.addTallies(tallies, TODAY + HOUR);
    return sums;
  };
  const rows = (sums: UsageSums) =>
    sums.all().map(({ group, requests, refused }) => [...Object.values(group), requests, refused]);

  test("are of one organization, of the keys and the environment that are asked for, in the order of the groups", () => {
    expect(rows(sum([]))).toEqual([[20, 4]]);
    expect(rows(sum(["hour", "key"]))).toEqual([
      [TODAY, "key_1", 7, 2],
      [TODAY, "key_2", 3, 0],
      [TODAY + HOUR, "key_1", 7, 2],
      [TODAY + HOUR, "key_2", 3, 0],
    ]);
    expect(rows(sum(["day", "outcome", "route"]))).toEqual([
      [TODAY, "forwarded", "/a", 16, 0],
      [TODAY, "scope_missing", "/a", 4, 4],
    ]);
    expect(rows(sum(["key"], { keyIds: ["key_2", "key_3"] }))).toEqual([["key_2", 6, 0]]);
    expect(rows(sum(["environment"], { environment: "sandbox" }))).toEqual([["sandbox", 14, 4]]);
    expect(rows(sum(["key"], { keyIds: [] }))).toEqual([]);
  });

  test("of nothing are one row of nothing where there are no groups", () => {
    expect(rows(sum([], { keyIds: [] }))).toEqual([[0, 0]]);
  });

  test("of all organizations are by organization and key, of the routes and outcomes that are asked for", () => {
    const all = new UsageSums({ groups: ["organization", "key"], environment: "sandbox", outcomes: ["forwarded"] });
    all.addTallies(tallies, TODAY);
    expect(rows(all)).toEqual([
      ["org_1", "key_1", 5, 0],
      ["org_2", "key_3", 100, 0],
    ]);
    const elsewhere = new UsageSums({ groups: ["organization"], route: "/b" });
    elsewhere.addTallies(tallies, TODAY);
    expect(elsewhere.all()).toEqual([]);
  });

  test("count as failed what was refused, and what an origin answered with 4xx or 5xx", () => {
    const answered: Tallies = new Map();
    const counts = [
      { route: "/a", outcome: "forwarded", requests: 10, answered: [0, 6, 1, 2, 1, 0, 50, 700] },
      { route: "/a", outcome: "origin_timeout", requests: 3, answered: [0, 0, 0, 0, 0, 3, 0, 0] },
      { route: "/a", outcome: "scope_missing", requests: 4 },
    ];
    const use = { keyId: "key_1", environment: "sandbox", organizationId: "org_1", scopes: [], usedMsAgo: null };
    addUse(answered, "org_1", { ...use, counts }, NOW);
    const sums = new UsageSums({ groups: ["key"] });
    sums.addTallies(answered, TODAY);
    // Of a collector of an older version.
    sums.add({ group: { key: "key_2" }, requests: 5, refused: 2 });
    expect(sums.all()).toEqual([
      { group: { key: "key_1" }, requests: 17, refused: 7, failed: 10, answered: [0, 6, 1, 2, 1, 3, 50, 700] },
      { group: { key: "key_2" }, requests: 5, refused: 2, failed: 2, answered: [0, 0, 0, 0, 0, 0, 0, 0] },
    ]);
    const first = (by: UsageSort) => sums.top({ by, count: 1 }).map(({ group }) => group.key);
    expect(USAGE_SORTS.map(first)).toEqual([["key_1"], ["key_1"], ["key_1"], ["key_1"]]);
    expect(sums.top({ by: "response_bytes", count: 9 })).toHaveLength(1);
  });

  test("of those with the most requests come first", () => {
    expect(
      sum(["outcome"])
        .top({ by: "requests", count: 1 })
        .map(({ group }) => group),
    ).toEqual([{ outcome: "forwarded" }]);
  });
});
