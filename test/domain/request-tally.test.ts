import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../src/domain/durations.ts";
import type { HourOfRequests, KeptRequest, Place } from "../../src/domain/kept-request.ts";
import { requestId } from "../../src/domain/request-id.ts";
import { FIRST_KEPT, type Group, LAST_KEPT, mergeGroups, SAMPLE_SIZE, select } from "../../src/domain/request-log.ts";
import {
  type Finished,
  MAX_HELD,
  MAX_REPORTED_GROUPS,
  RequestTally,
  withinBounds,
} from "../../src/domain/request-tally.ts";

const NOON = Date.UTC(2026, 10, 29, 12);
const ACME: Place = { organizationId: "org_acme", environment: "production" };

let made = 0;
function kept(fields: Partial<KeptRequest> = {}): KeptRequest {
  made += 1;
  const random = (Math.imul(made, 0x9e3779b1) >>> 0).toString(16).padStart(12, "0");
  const at = fields.at ?? NOON;
  return { id: requestId(at, `00000000-0000-4000-8000-${random}`), at, by: "key_1", ...fields } as KeptRequest;
}

class TestTally extends RequestTally<Finished, KeptRequest> {
  looks = 0;

  constructor() {
    super((_, kept) => {
      this.looks += 1;
      return kept;
    });
  }
}

function noteIn(
  tally: TestTally,
  request: KeptRequest,
  outcome: string | number,
  place: Place = ACME,
  route: string | undefined = "/a",
) {
  const status = typeof outcome === "number" ? outcome : 403;
  const reason = typeof outcome === "number" ? undefined : outcome;
  const whose = { organization: place.organizationId, environment: place.environment };
  tally.note(whose, { request_id: request.id, time: request.at, route, reason, status }, request);
}

describe("an isolate", () => {
  test("reports the first and the last failures of a flood, and how many there were", () => {
    const tally = new TestTally();
    const flood = Array.from({ length: 100_000 }, (_, n) => kept({ at: NOON + (n >> 6) }));
    for (const request of flood) noteIn(tally, request, "rate_exceeded");
    const [hour, ...rest] = tally.take();
    expect(rest).toEqual([]);
    expect(hour).toMatchObject({
      place: ACME,
      hour: NOON,
      groups: [{ route: "/a", outcome: "rate_exceeded", requests: 100_000 }],
    });
    expect(hour?.groups[0]?.kept).toEqual(select("rate_exceeded", flood));
    expect(tally.isEmpty).toBe(true);
    expect(tally.take()).toEqual([]);
  });

  test("reports a sample of what succeeded, and looks closer at few of the others", () => {
    const tally = new TestTally();
    const requests = Array.from({ length: 10_000 }, (_, n) => kept({ at: NOON + n }));
    for (const request of requests) noteIn(tally, request, 200);
    expect(tally.looks).toBeLessThan(300);
    const [hour] = tally.take();
    expect(hour?.groups).toMatchObject([{ outcome: "200", requests: 10_000 }]);
    expect(hour?.groups[0]?.kept).toEqual(select("200", requests));
  });

  test("tells hours, organizations, environments, routes and outcomes apart", () => {
    const tally = new TestTally();
    const later = { at: NOON + HOUR_MS };
    noteIn(tally, kept(), 500);
    noteIn(tally, kept(), 500, ACME, "/b");
    noteIn(tally, kept(), 502);
    noteIn(tally, kept(), 500, { ...ACME, environment: "sandbox" });
    noteIn(tally, kept(), 500, { ...ACME, organizationId: "org_b" });
    tally.note(
      undefined,
      { request_id: kept().id, time: NOON, route: undefined, reason: "key_unknown", status: 401 },
      kept(),
    );
    noteIn(tally, kept(later), 500);
    noteIn(tally, kept(), 500);
    const said = tally
      .take()
      .map(({ place, hour, groups }) => [
        ...[place?.organizationId, place?.environment, hour - NOON],
        ...groups.map(({ route, outcome, requests }) => `${route} ${outcome} ${requests}`),
      ]);
    expect(said).toEqual([
      ["org_acme", "production", 0, "/a 500 2", "/b 500 1", "/a 502 1"],
      ["org_acme", "sandbox", 0, "/a 500 1"],
      ["org_b", "production", 0, "/a 500 1"],
      [undefined, undefined, 0, " key_unknown 1"],
      ["org_acme", "production", HOUR_MS, "/a 500 1"],
    ]);
  });

  test("notes so many groups at most", () => {
    const tally = new TestTally();
    for (let n = 0; n < 2 * MAX_REPORTED_GROUPS; n++) {
      noteIn(tally, kept(), 500, { ...ACME, organizationId: `org_${n}` });
    }
    expect(tally.take().flatMap(({ groups }) => groups)).toHaveLength(MAX_REPORTED_GROUPS);
  });

  test("counts each hour once, also where requests of two hours finish in turns", () => {
    const tally = new TestTally();
    for (let n = 0; n < 4_000; n++) noteIn(tally, kept({ at: NOON + (n % 2) * HOUR_MS }), 500);
    const said = tally.take().map(({ hour, groups }) => [hour - NOON, groups.map(({ requests }) => requests)]);
    expect(said).toEqual([
      [0, [2_000]],
      [HOUR_MS, [2_000]],
    ]);
  });

  test("keeps so many requests at most, of however many groups, and counts all of them", () => {
    const tally = new TestTally();
    const each = 2 * (FIRST_KEPT + LAST_KEPT) - 1;
    const noteAll = () => {
      for (let n = 0; n < each * MAX_REPORTED_GROUPS; n++) {
        noteIn(tally, kept(), 500, { ...ACME, organizationId: `org_${n % MAX_REPORTED_GROUPS}` });
      }
      return tally.take().flatMap(({ groups }) => groups);
    };
    for (const groups of [noteAll(), noteAll()]) {
      expect(new Set(groups.map(({ requests }) => requests))).toEqual(new Set([each]));
      expect(groups.reduce((sum, { kept }) => sum + kept.length, 0)).toBe(MAX_HELD);
    }
    expect(tally.looks).toBe(2 * MAX_HELD);
  });

  test("has room again for what it did not select", () => {
    const tally = new TestTally();
    for (let n = 0; n < 2 * MAX_HELD; n++) noteIn(tally, kept({ at: NOON + n }), 500);
    for (let n = 0; n < 10; n++) noteIn(tally, kept(), 502);
    expect(tally.take()[0]?.groups.map(({ kept }) => kept.length)).toEqual([FIRST_KEPT + LAST_KEPT, 10]);
  });
});

describe("the bounds of a report", () => {
  function hoursOf(failing: number, each: number, succeeding = 0) {
    const tally = new TestTally();
    const place = (n: number) => ({ ...ACME, organizationId: `org_${n}` });
    for (let n = 0; n < failing; n++) {
      for (let m = 0; m < each; m++) noteIn(tally, kept({ at: NOON + m }), "scope_missing", place(n));
    }
    for (let n = 0; n < succeeding; n++) noteIn(tally, kept(), 200, place(n));
    return tally.take();
  }
  const sizes = (hours: readonly HourOfRequests[]) =>
    hours.flatMap(({ groups }) => groups.map(({ kept }) => kept.length));

  test("give each group its share, and all that they have to those that have less", () => {
    expect(sizes(withinBounds(hoursOf(100, 50, 1_000), 1_500)).filter((size) => size > 0)).toEqual(Array(100).fill(15));
    const [few, many] = [hoursOf(50, 2), hoursOf(10, 50)];
    expect(sizes(withinBounds([...few, ...many], 200))).toEqual([...Array(50).fill(2), ...Array(10).fill(10)]);
  });

  test.each([0, 1, 99, 150, 777])("are used to the full if there are more groups than room for %s", (most) => {
    const within = withinBounds(hoursOf(300, 3, 300), most);
    expect(sizes(within).reduce((sum, size) => sum + size, 0)).toBe(most);
    expect(within.flatMap(({ groups }) => groups).reduce((sum, { requests }) => sum + requests, 0)).toBe(1_200);
  });

  test("leave out what succeeded before what failed, and the middle before the first and the last", () => {
    const [hour] = withinBounds(hoursOf(1, 30, 1), 4);
    expect(hour?.groups.map(({ outcome, kept }) => [outcome, kept.map(({ at }) => at - NOON)])).toEqual([
      ["scope_missing", [0, 1, 28, 29]],
      ["200", []],
    ]);
  });

  test("change nothing if there is room for all", () => {
    const hours = hoursOf(3, 5, 3);
    expect(withinBounds(hours, 18)).toEqual(hours);
  });
});

test("the reports of several isolates give what one would have reported", () => {
  const request = fc.record({
    outcome: fc.constantFrom<string | number>("rate_exceeded", 404, 200),
    by: fc.constantFrom("key_1", "key_2", "key_3"),
    at: fc.integer({ min: 0, max: 1_000 }),
    isolate: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 400 }), (list) => {
      const [one, ...several] = Array.from({ length: 5 }, () => new TestTally());
      for (const { outcome, by, at, isolate } of list) {
        const noted = kept({ at: NOON + at, by });
        noteIn(one as TestTally, noted, outcome);
        noteIn(several[isolate] as TestTally, noted, outcome);
      }
      const groupsOf = (tally: TestTally | undefined) => tally?.take()[0]?.groups ?? [];
      const groups = new Map<string, Group<KeptRequest>>();
      for (const group of several.flatMap(groupsOf)) {
        groups.set(group.outcome, mergeGroups(groups.get(group.outcome), group));
      }
      const merged = [...groups.values()];
      const byOutcome = (a: { outcome: string }, b: { outcome: string }) => (a.outcome < b.outcome ? -1 : 1);
      expect([...merged].sort(byOutcome)).toEqual([...groupsOf(one)].sort(byOutcome));
      for (const { outcome, kept } of merged) {
        expect(kept.length).toBeLessThanOrEqual(outcome === "200" ? SAMPLE_SIZE : FIRST_KEPT + LAST_KEPT);
      }
    }),
    { numRuns: 200 },
  );
});
