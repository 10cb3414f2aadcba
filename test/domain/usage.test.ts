import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noteUsage, type UsageReport, type UsageState, withoutScopes } from "../../src/domain/usage.ts";

const NOON = Date.UTC(2026, 5, 15, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let made = 0;

const aReport = (changes: Partial<UsageReport> = {}): UsageReport => {
  made += 1;
  const counts = [{ route: "/a", outcome: "forwarded", requests: 1 }];
  return { id: `report ${made}`, counts, scopes: [], ...changes };
};
const note = (state: UsageState | undefined, report: UsageReport, now = NOON) => noteUsage(state, report, now);
const requestsIn = (counts: UsageState["counts"]) => counts.reduce((sum, { requests }) => sum + requests, 0);

describe("use of a key", () => {
  test("is added up by route and outcome", () => {
    const first = note(undefined, aReport()).state;
    const counts = [
      { route: "/a", outcome: "forwarded", requests: 2 },
      { route: "/a", outcome: "rate_exceeded", requests: 3 },
      { route: "/b", outcome: "forwarded", requests: 4 },
    ];
    expect(note(first, aReport({ counts })).state.counts).toEqual([
      { route: "/a", outcome: "forwarded", requests: 3 },
      { route: "/a", outcome: "rate_exceeded", requests: 3 },
      { route: "/b", outcome: "forwarded", requests: 4 },
    ]);
  });

  test("counts once, however often its report comes", () => {
    const report = aReport();
    const { state } = note(undefined, report);
    expect(note(state, report)).toEqual({ state, ended: undefined });
    const later = note(note(state, aReport()).state, report, NOON + HOUR);
    expect(later.state.counts).toEqual([]);
    expect(requestsIn(later.ended?.counts ?? [])).toBe(2);
  });

  test("belongs to the UTC hour in which its report arrives; the hour before is final then", () => {
    const { state } = note(undefined, aReport(), NOON + HOUR - 1);
    expect(state.hour).toBe(NOON);
    const next = note(state, aReport(), NOON + HOUR);
    expect(next.ended).toEqual({ hour: NOON, counts: state.counts });
    expect(next.state).toMatchObject({ hour: NOON + HOUR, counts: [{ requests: 1 }] });
  });

  test("stays in its hour where the clock steps back", () => {
    const { state } = note(undefined, aReport());
    const next = note(state, aReport(), NOON - HOUR);
    expect(next).toMatchObject({ state: { hour: NOON, counts: [{ requests: 2 }] }, ended: undefined });
  });

  test.each([2 * HOUR, DAY, 400 * DAY])("leaves it where the clock steps back by %i ms", (by) => {
    const { state } = note(undefined, aReport());
    const next = note(state, aReport(), NOON - by);
    expect(next.ended).toEqual({ hour: NOON, counts: state.counts });
    expect(next.state).toMatchObject({ hour: NOON - by, counts: [{ requests: 1 }] });
  });

  test("is all there, whatever reports come, in whatever order and however often, and never more than that", () => {
    const count = fc.record({
      route: fc.constantFrom("", "/a", "/b c", "forwarded /a"),
      outcome: fc.constantFrom("forwarded", "scope_missing", "rate_exceeded"),
      requests: fc.integer({ min: 1, max: 1_000 }),
    });
    const reports = fc.array(fc.array(count, { maxLength: 5 }), { maxLength: 20 });
    const order = fc.array(
      fc.record({
        nth: fc.nat(),
        after: fc.oneof(fc.integer({ min: -HOUR, max: 2 * HOUR }), fc.integer({ min: -DAY, max: DAY })),
      }),
      {
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(reports, order, (lists, arrivals) => {
        const sent = lists.map((counts, at) => ({ id: `${at}`, counts, scopes: [] }));
        const arrived = new Set<UsageReport>();
        let [state, now, total]: [UsageState | undefined, number, number] = [undefined, NOON, 0];
        for (const { nth, after } of arrivals.filter(() => sent.length > 0)) {
          const report = sent[nth % sent.length] as UsageReport;
          arrived.add(report);
          now += after;
          const noted = note(state, report, now);
          total += requestsIn(noted.ended?.counts ?? []);
          state = noted.state;
        }
        const wanted = [...arrived].reduce((sum, { counts }) => sum + requestsIn(counts), 0);
        expect(total + requestsIn(state?.counts ?? [])).toBe(wanted);
      }),
    );
  });

  test("of more routes than one hour tells apart counts under none, and keeps its outcome", () => {
    const counts = Array.from({ length: 600 }, (_, at) => ({ route: `/${at}`, outcome: "forwarded", requests: 1 }));
    const { state } = note(undefined, aReport({ counts }));
    expect(state.counts).toHaveLength(501);
    expect(state.counts.find(({ route }) => route === "")).toEqual({ route: "", outcome: "forwarded", requests: 100 });
    expect(requestsIn(note(state, aReport({ counts })).state.counts)).toBe(1_200);
  });
});

describe("the use of scopes", () => {
  test("is known by the day, until D1 has been told of that day", () => {
    const { state } = note(undefined, aReport({ scopes: ["a:read", "b:read"] }));
    const day = NOON - 12 * HOUR;
    expect([...state.scopes]).toEqual([
      ["a:read", day],
      ["b:read", day],
    ]);
    const meanwhile = note(state, aReport({ scopes: ["b:read", "c:read"] }), NOON + DAY).state;
    expect([...withoutScopes(meanwhile, state.scopes).scopes]).toEqual([
      ["b:read", day + DAY],
      ["c:read", day + DAY],
    ]);
    expect(withoutScopes(state, state.scopes).scopes.size).toBe(0);
  });
});
