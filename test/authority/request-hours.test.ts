import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RequestHours } from "../../src/authority/request-hours.ts";
import type { KeptRequest, Place } from "../../src/domain/kept-request.ts";
import { KEPT } from "../../src/domain/pace.ts";
import { addGroup, nameOfGroup, namesOfPlace, type RequestGroups } from "../../src/domain/request-groups.ts";
import { keptRequest } from "../helpers/requests.ts";

const NOON = Date.UTC(2040, 4, 31, 12);
const ALL = { first: "", last: "\uffff" };
const LIMITS = { ...KEPT, partCharacters: 2_000, maxPlaceCharacters: 8_000, maxHourCharacters: 40_000 };

/** The rows of an object, by their names. */
class Rows extends Map<string, unknown> {
  writes = 0;

  readonly kv = {
    get: (name: string) => this.get(name),
    put: (name: string, value: unknown) => {
      this.writes += 1;
      this.set(name, structuredClone(value));
    },
    delete: (name: string) => this.delete(name),
  } as unknown as SyncKvStorage;
}

const placeOf = (n: number): Place => ({ organizationId: `org_${n}`, environment: "sandbox" });

function requestIn(n: number, outcome: string, route = "/a/*", at = NOON): [string, RequestGroups] {
  const isStatus = /^\d+$/.test(outcome);
  const of = { organizationId: `org_${n}`, route, reason: isStatus ? null : outcome, members: {} };
  const request = keptRequest({ at, ...of, status: isStatus ? Number(outcome) : 403 });
  const group = { route, outcome, requests: 1, kept: [request] };
  return [request.id, new Map([[nameOfGroup(placeOf(n), group), group]])];
}

function joined(all: readonly RequestGroups[]): RequestGroups {
  const groups: RequestGroups = new Map();
  for (const some of all) for (const [name, group] of some) addGroup(groups, name, group);
  return groups;
}

const inOrder = (groups: Iterable<readonly [string, unknown]>) =>
  [...groups].sort(([one], [other]) => (one < other ? -1 : 1));

describe("The requests of an hour", () => {
  test("are the same in whatever portions they come, cut into parts of limited size", () => {
    const portions = fc.array(
      fc.array(fc.tuple(fc.nat(30), fc.constantFrom("200", "500", "rate_exceeded"), fc.constantFrom("/a/*", "/b/*"))),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(portions, (all) => {
        const rows = new Rows();
        const hours = new RequestHours(rows.kv, {
          ...LIMITS,
          maxHourCharacters: Number.POSITIVE_INFINITY,
          maxPlaceCharacters: 1e9,
        });
        const added = all.map((some) => joined(some.map((one) => requestIn(...one)[1])));
        for (const some of added) hours.add(NOON, some);
        expect(inOrder(hours.read(NOON, ALL))).toEqual(inOrder(joined(added)));
        for (const row of rows.values()) if (typeof row === "string") expect(row.length).toBeLessThan(20_000);
      }),
      { numRuns: 50 },
    );
  });

  test("of one place are read from few rows, and what is about a text from those that have it", () => {
    const hours = new RequestHours(new Rows().kv, { ...LIMITS, maxHourCharacters: 1e6 });
    const all = Array.from({ length: 100 }, (_, n) => requestIn(n, "500"));
    hours.add(NOON, joined(all.map(([, groups]) => groups)));
    const [id, groups] = all[42] as [string, RequestGroups];
    expect([...hours.read(NOON, namesOfPlace(placeOf(42)))]).toEqual([...groups]);
    const near = [...hours.read(NOON, ALL, id)];
    expect(near.length).toBeLessThan(20);
    expect(near).toContainEqual([...groups][0]);
    expect([...hours.read(NOON, ALL, "req_0")]).toEqual([]);
  });

  test("begin with the parts of the hour before, so that they are not cut again", () => {
    const rows = new Rows();
    const hours = new RequestHours(rows.kv, { ...LIMITS, maxHourCharacters: 1e6 });
    const all = joined(Array.from({ length: 100 }, (_, n) => requestIn(n, "500")[1]));
    hours.add(NOON, all);
    const [before, stored] = [rows.writes, rows.size];
    hours.add(NOON + 3_600_000, all);
    expect(rows.writes - before).toBeLessThanOrEqual(before);
    expect(rows.size).toBeLessThanOrEqual(2 * stored);
    hours.remove(NOON);
    expect(hours.starts()).toEqual([NOON + 3_600_000]);
    expect(inOrder(hours.read(NOON + 3_600_000, ALL))).toEqual(inOrder(all));
    hours.remove(NOON + 3_600_000);
    expect([...rows.keys()]).toEqual(["kept_hours"]);
  });

  test("that are too many lose what succeeded first, then some failures, but no count", () => {
    const rows = new Rows();
    const hours = new RequestHours(rows.kv, LIMITS);
    const keptOf = (outcome: string) =>
      [...hours.read(NOON, ALL)].filter(([name]) => name.includes(` ${outcome} `)).map(([, { kept }]) => kept.length);
    let sent = 0;
    for (let round = 0; round < 12; round++) {
      const some = Array.from({ length: 40 }, (_, n) => [
        requestIn(n % 10, "200", "/a/*", NOON + sent)[1],
        requestIn(n % 10, "500", "/a/*", NOON + sent++)[1],
      ]).flat();
      hours.add(NOON, joined(some));
      const text = [...rows.values()].filter((row) => typeof row === "string");
      expect(text.reduce((sum, row) => sum + row.length, 0)).toBeLessThanOrEqual(LIMITS.maxHourCharacters);
      if (round === 3) {
        expect(Math.max(...keptOf("200"))).toBeLessThan(16);
        expect(keptOf("500")).toEqual(Array(10).fill(16));
      }
    }
    expect(Math.min(...keptOf("500"))).toBeGreaterThanOrEqual(2);
    const counts = [...hours.read(NOON, ALL)].map(([, { requests }]) => requests);
    expect(counts).toEqual(Array(20).fill(48));
  });

  test("take no further groups once the least is kept of each, and still find those that there are", () => {
    const hours = new RequestHours(new Rows().kv, { ...LIMITS, maxHourCharacters: 10_000 });
    for (let n = 0; n < 100; n++) hours.add(NOON, requestIn(n, "500")[1]);
    const before = [...hours.read(NOON, ALL)].length;
    expect(before).toBeGreaterThan(20);
    expect(before).toBeLessThan(60);
    hours.add(NOON, requestIn(0, "500")[1]);
    expect([...hours.read(NOON, namesOfPlace(placeOf(0)))][0]?.[1].requests).toBe(2);
  });

  test("of one place that has very many routes lose their routes, and leave room for other places", () => {
    const hours = new RequestHours(new Rows().kv, { ...LIMITS, maxHourCharacters: 1e6 });
    const requests: string[] = [];
    for (let n = 0; n < 200; n++) {
      const [id, groups] = requestIn(1, "500", `/route-${n}/*`, NOON + n);
      requests.push(id);
      hours.add(NOON, groups);
    }
    const groups = [...hours.read(NOON, namesOfPlace(placeOf(1)))];
    expect(groups.length).toBeLessThan(60);
    const rest = groups.find(([, { route }]) => route === "");
    expect(rest?.[1].requests).toBe(200 - groups.length + 1);
    const last = rest?.[1].kept.at(-1) as KeptRequest;
    expect([last.id, last.route]).toEqual([requests.at(-1), "/route-199/*"]);
  });

  test("keep their routes however many parts the hour before had, also where others fill the hour", () => {
    const rows = new Rows();
    const before = new RequestHours(rows.kv, { ...LIMITS, maxPlaceCharacters: 1e9, maxHourCharacters: 1e9 });
    before.add(NOON, joined(Array.from({ length: 40 }, (_, n) => requestIn(1, "500", `/route-${n}/*`)[1])));
    const hours = new RequestHours(rows.kv, { ...LIMITS, maxHourCharacters: 12_000 });
    const next = NOON + 3_600_000;
    const routesIn = () => new Set([...hours.read(next, namesOfPlace(placeOf(1)))].map(([, { route }]) => route));
    for (const n of [0, 8, 16, 24, 32]) hours.add(next, requestIn(1, "500", `/route-${n}/*`, next + n)[1]);
    for (let n = 0; n < 60; n++) hours.add(next, requestIn(2, "500", `/route-${n % 4}/*`, next + n)[1]);
    hours.add(next, requestIn(1, "500", "/another/*", next)[1]);
    expect(routesIn()).toContain("/another/*");
    expect(routesIn()).not.toContain("");
  });

  test("have their routes again in an hour with fewer, and as many of each as if the hour before had had few", () => {
    const hours = new RequestHours(new Rows().kv, { ...LIMITS, maxHourCharacters: 30_000 });
    for (let n = 0; n < 200; n++) hours.add(NOON, requestIn(1, "500", `/route-${n}/*`, NOON + n)[1]);
    for (const next of [NOON + 3_600_000, NOON + 7_200_000]) {
      const some = Array.from({ length: 8 }, (_, n) => requestIn(1, "500", `/other-${n % 2}/*`, next + n)[1]);
      hours.add(next, joined(some));
      const groups = [...hours.read(next, ALL)].map(([, { route, kept }]) => [route, kept.length]);
      expect(groups.sort()).toEqual([
        ["/other-0/*", 4],
        ["/other-1/*", 4],
      ]);
    }
  });
});
