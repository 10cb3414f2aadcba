import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { halves } from "../../src/authority/parts.ts";
import type { KeyUse } from "../../src/domain/report.ts";
import { addTallies, addUse, decode, encode, type Tallies } from "../../src/domain/tallies.ts";

const NOON = Date.UTC(2026, 5, 15, 12);

const useOf = (changes: Partial<KeyUse> = {}): KeyUse => ({
  ...{ keyId: "key_1", environment: "sandbox", organizationId: "org_1", scopes: [], usedMsAgo: null },
  counts: [{ route: "/a", outcome: "forwarded", requests: 1 }],
  ...changes,
});

function tally(uses: readonly KeyUse[], at = NOON): Tallies {
  const tallies: Tallies = new Map();
  for (const use of uses) addUse(tallies, use.organizationId as string, use, at);
  return tallies;
}

const requestsIn = (tallies: Tallies) =>
  [...tallies.values()].flatMap(({ requests }) => [...requests.values()]).reduce((sum, number) => sum + number, 0);

/** Without the order in which keys, counts and scopes came. */
const shown = (tallies: Tallies) =>
  [...tallies]
    .map(([name, { requests, answered, scopes, ...rest }]) => {
      return [name, [...requests].sort(), [...scopes].sort(), [...answered].sort(), rest];
    })
    .sort();

const uses = fc.array(
  fc.record({
    keyId: fc.constantFrom("key_1", "key_2", "key_10"),
    environment: fc.constant("sandbox"),
    organizationId: fc.constantFrom("org_1", "org_2"),
    counts: fc.array(
      fc.record({
        route: fc.constantFrom("", "/a", "/b c", "forwarded /a", "/ü"),
        outcome: fc.constantFrom("forwarded", "scope_missing"),
        requests: fc.integer({ min: 1, max: 1_000 }),
        answered: fc.option(fc.tuple(...Array.from({ length: 8 }, () => fc.nat({ max: 5_000 }))), { nil: undefined }),
      }),
      { maxLength: 4 },
    ),
    scopes: fc.uniqueArray(fc.constantFrom("a:read", "b:write"), { maxLength: 2 }),
    usedMsAgo: fc.option(fc.nat({ max: 20_000 })),
  }),
  { maxLength: 20 },
);

describe("the use of keys", () => {
  test("is added up by key, outcome and route, with the scopes and the latest use", () => {
    const tallies = tally([
      useOf({ scopes: ["a:read"], usedMsAgo: 5_000 }),
      useOf({ counts: [{ route: "/b c", outcome: "scope_missing", requests: 4 }], usedMsAgo: 1_000 }),
      useOf({ counts: [{ route: "/a", outcome: "forwarded", requests: 2 }], scopes: ["b:read"], usedMsAgo: null }),
      useOf({ keyId: "key_2" }),
    ]);
    expect(shown(tallies)).toEqual([
      [
        "org_1/key_1",
        [
          ["forwarded /a", 3],
          ["scope_missing /b c", 4],
        ],
        ["a:read", "b:read"],
        [],
        { environment: "sandbox", usedAt: NOON - 1_000, writtenAt: 0, isChanged: true },
      ],
      [
        "org_1/key_2",
        [["forwarded /a", 1]],
        [],
        [],
        { environment: "sandbox", usedAt: 0, writtenAt: 0, isChanged: true },
      ],
    ]);
  });

  test("adds up to the same in any order, and however it is split", () => {
    fc.assert(
      fc.property(uses, fc.infiniteStream(fc.nat()), fc.nat(), (list, order, cut) => {
        const whole = tally(list);
        const shuffled = [...list].sort(() => ((order.next().value as number) % 2) - 0.5);
        const at = list.length === 0 ? 0 : cut % list.length;
        const split = tally(shuffled.slice(0, at));
        addTallies(split, tally(shuffled.slice(at)));
        expect(shown(split)).toEqual(shown(whole));
      }),
    );
  });

  test("of one request at a time is the same as of many at once", () => {
    fc.assert(
      fc.property(uses, (list) => {
        const single = list.flatMap((use) => [
          { ...use, counts: [] },
          ...use.counts.flatMap((count) =>
            Array.from({ length: count.requests % 50 }, (_, at) => ({
              ...use,
              counts: [{ ...count, requests: 1, answered: at === 0 ? count.answered : undefined }],
            })),
          ),
        ]);
        const many = list.map((use) => ({
          ...use,
          counts: use.counts
            .map((count) => ({ ...count, requests: count.requests % 50 }))
            .filter(({ requests }) => requests > 0),
        }));
        expect(shown(tally(single))).toEqual(shown(tally(many)));
      }),
    );
  });

  test("is the same after it was stored", () => {
    fc.assert(
      fc.property(uses, (list) => {
        const tallies = tally(list);
        for (const [at, one] of [...tallies.values()].entries()) {
          Object.assign(one, { writtenAt: at * 1_000, isChanged: at % 2 === 0 });
        }
        expect(decode(encode(tallies))).toEqual(tallies);
      }),
    );
  });

  test("that an older version has stored has no answers, and one that it reads is as it knows it", () => {
    const text = encode(
      tally([useOf({ counts: [{ route: "/a", outcome: "forwarded", requests: 2, answered: [0, 2] }] })]),
    );
    const [names, written] = JSON.parse(text);
    const old = written.map((each: unknown[]) => each.slice(0, 7));
    const read = decode(JSON.stringify([names, old])).get("org_1/key_1");
    expect([read?.requests.get("forwarded /a"), read?.answered.size]).toEqual([2, 0]);
    expect(written[0].slice(0, 7)).toEqual(old[0]);
  });

  test("is all in the two halves, the lower names in the first", () => {
    fc.assert(
      fc.property(uses, (list) => {
        const tallies = tally(list);
        const [low, high] = halves(tallies);
        expect(shown(new Map([...low, ...high]))).toEqual(shown(tallies));
        for (const one of low.keys()) for (const other of high.keys()) expect(one < other).toBe(true);
        expect(low.size - high.size).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("of more routes than one period tells apart counts under none, and keeps its outcome", () => {
    const counts = Array.from({ length: 600 }, (_, at) => ({ route: `/${at}`, outcome: "forwarded", requests: 1 }));
    const tallies = tally([useOf({ counts })]);
    const { requests } = tallies.get("org_1/key_1") ?? { requests: new Map() };
    expect(requests.size).toBe(501);
    expect(requests.get("forwarded ")).toBe(100);
    addUse(tallies, "org_1", useOf({ counts }), NOON);
    expect(requestsIn(tallies)).toBe(1_200);
  });

  test("takes some ninety characters of storage for a key", () => {
    const many = Array.from({ length: 1_000 }, (_, at) => useOf({ keyId: `key_${String(at).padStart(32, "0")}` }));
    expect(encode(tally(many)).length / 1_000).toBeLessThan(120);
  });
});
