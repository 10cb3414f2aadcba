import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../src/domain/durations.ts";
import { hourOfRequest, randomPartOf, requestId } from "../../src/domain/request-id.ts";
import {
  BOUNDS,
  type Candidate,
  FIRST_KEPT,
  type Group,
  isFailure,
  LAST_KEPT,
  mergeGroups,
  SAMPLE_SIZE,
  select,
} from "../../src/domain/request-log.ts";

const NOON = Date.UTC(2026, 10, 29, 12);

let made = 0;
/** With a random part that says nothing of its time. */
function request(by: string, at: number): Candidate {
  made += 1;
  const random = Math.imul(made, 0x9e3779b1) >>> 0;
  return { id: requestId(at, `00000000-0000-4000-8000-${random.toString(16).padStart(12, "0")}`), at, by };
}
const requests = (by: string, count: number, from = NOON) =>
  Array.from({ length: count }, (_, n) => request(by, from + n));
const ids = (list: readonly Candidate[]) => list.map(({ id }) => id);
const of = (list: readonly Candidate[], by: string) => list.filter((one) => one.by === by);

describe("the id of a request", () => {
  test.each([
    ["in the middle of an hour", NOON + 34 * 60_000],
    ["in its first millisecond", NOON],
    ["in its last", NOON + HOUR_MS - 1],
  ])("says in which hour it came: %s", (_, at) => {
    expect(hourOfRequest(requestId(at, crypto.randomUUID()))).toBe(NOON);
  });

  test("has 32 hexadecimal digits, 25 of them of a random UUID", () => {
    const id = requestId(NOON, "01234567-89ab-4def-8123-456789abcdef");
    expect(id).toMatch(/^req_[0-9a-f]{32}$/);
    expect(randomPartOf(id)).toBe("789ab4def8123456789abcdef");
  });

  test.each([
    "",
    "req_",
    "req_1",
    "key_01234567890123456789012345678901",
    `req_${"g".repeat(32)}`,
    `req_${"0".repeat(33)}`,
  ])("is not %s", (text) => {
    expect(hourOfRequest(text)).toBeUndefined();
  });
});

describe("of a route and an outcome in one hour", () => {
  test.each([
    ["rate_exceeded", true],
    ["404", true],
    ["500", true],
    ["599", true],
    ["700", true],
    ["200", false],
    ["101", false],
    ["304", false],
  ])("%s is a failure: %s", (outcome, failed) => {
    expect(isFailure(outcome)).toBe(failed);
  });

  test("every failure is kept while there are few", () => {
    const few = requests("key_1", FIRST_KEPT + LAST_KEPT);
    expect(select("scope_missing", few)).toEqual(few);
  });

  test("the first and the last failures are kept of many", () => {
    const many = requests("key_1", 1_000);
    expect(select("scope_missing", many)).toEqual([...many.slice(0, FIRST_KEPT), ...many.slice(-LAST_KEPT)]);
  });

  test("a flood of one key displaces no more than the middle of its own", () => {
    const flood = requests("key_1", 10_000);
    const others = [...requests("key_2", 5, NOON + 3_000), ...requests("key_3", 1, NOON + 20_000)];
    const kept = select("rate_exceeded", [...flood, ...others]);
    expect(kept.length).toBeLessThanOrEqual(FIRST_KEPT + LAST_KEPT);
    expect(of(kept, "key_2")).toHaveLength(5);
    expect(of(kept, "key_3")).toHaveLength(1);
    expect(of(kept, "key_1").length).toBeGreaterThan(20);
  });

  test("as many keys as there is room for each have their first and their last failure kept in several floods", () => {
    const floods = Array.from({ length: FIRST_KEPT }, (_, key) => requests(`key_${key}`, 500, NOON + key));
    const kept = select("rate_exceeded", floods.flat());
    for (const [key, flood] of floods.entries()) {
      expect(ids(of(kept, `key_${key}`))).toEqual([flood[0]?.id, flood.at(-1)?.id]);
    }
  });

  test("a sample of those that succeeded is kept, which does not prefer a time", () => {
    const kept = select("200", requests("key_1", 10_000));
    expect(kept).toHaveLength(SAMPLE_SIZE);
    const halves = [kept.filter(({ at }) => at < NOON + 5_000), kept.filter(({ at }) => at >= NOON + 5_000)];
    for (const half of halves) expect(half.length).toBeGreaterThan(3);
  });
});

const candidates = fc
  .array(fc.record({ by: fc.constantFrom("a", "b", "c", "d"), at: fc.integer({ min: 0, max: 50 }) }), {
    maxLength: 300,
  })
  .map((list) => list.map(({ by, at }) => request(by, NOON + at)));
const outcomes = fc.constantFrom("rate_exceeded", "500", "200");

describe("parts of the requests, selected on their way", () => {
  test("give what all of them would give at once, in whatever order they come", () => {
    fc.assert(
      fc.property(candidates, outcomes, fc.array(fc.nat(), { maxLength: 6 }), fc.nat(), (all, outcome, cuts, turn) => {
        const parts = [0, ...cuts.map((cut) => cut % (all.length + 1)), all.length]
          .sort((a, b) => a - b)
          .map((from, at, places) => all.slice(from, places[at + 1] ?? from));
        const turned = [...parts.slice(turn % parts.length), ...parts.slice(0, turn % parts.length)];
        let merged: readonly Candidate[] = [];
        for (const part of turned) merged = select(outcome, select(outcome, part).concat(merged));
        expect(ids(merged)).toEqual(ids(select(outcome, all)));
      }),
      { numRuns: 300 },
    );
  });

  test("give the same if one of them comes twice", () => {
    fc.assert(
      fc.property(candidates, outcomes, (all, outcome) => {
        const kept = select(outcome, all);
        expect(select(outcome, [...kept, ...kept])).toEqual(kept);
      }),
    );
  });

  test("never keep more than the bounds, and always someone's first and last if there are few senders", () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const kept = select("rate_exceeded", all);
        expect(kept.length).toBeLessThanOrEqual(FIRST_KEPT + LAST_KEPT);
        for (const by of new Set(all.map((one) => one.by))) {
          const inOrder = select("rate_exceeded", of(all, by));
          expect(ids(kept)).toContain(inOrder[0]?.id);
          expect(ids(kept)).toContain(inOrder.at(-1)?.id);
        }
      }),
    );
  });
});

describe("groups", () => {
  const group = (route: string, outcome: string, kept: readonly Candidate[]): Group<Candidate> => ({
    route,
    outcome,
    requests: kept.length,
    kept,
  });

  test("of the same route and outcome become one, with the sum of their requests", () => {
    const [a, b] = [requests("key_1", 3), requests("key_1", 2, NOON + 100)];
    const known = mergeGroups(undefined, group("/a", "500", a));
    expect(mergeGroups(known, group("/a", "500", b))).toEqual(group("/a", "500", [...a, ...b]));
  });

  test("that have room for fewer keep fewer of what succeeded before they keep fewer failures, and count all", () => {
    const all = requests("key_1", 100);
    const keptOf = (outcome: string) =>
      BOUNDS.map((bounds) => mergeGroups(undefined, group("/a", outcome, all), bounds).kept.length);
    expect(keptOf("200")).toEqual([20, 10, 5, 2, 1, 1, 1, 1, 1]);
    expect(keptOf("500")).toEqual([40, 40, 40, 40, 40, 20, 10, 4, 2]);
    const least = mergeGroups(undefined, group("/a", "500", all), BOUNDS.at(-1));
    expect(least).toEqual({ ...group("/a", "500", [all[0], all.at(-1)] as Candidate[]), requests: 100 });
  });
});
