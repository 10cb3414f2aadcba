import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Holding } from "../../src/domain/holding.ts";
import type { Lease } from "../../src/domain/lease.ts";
import { aKey } from "./fixtures.ts";

const ASKED = 5_000;
const TTL = 2_000;
const DENIAL = { policy: "minute", kind: "rate", retryAfterMs: 900 } as const;

const lease = (changes: Partial<Lease> = {}): Lease => ({
  ...{ id: "lease_1", record: aKey(), tokens: 3, ttlMs: TTL, denial: null, policies: [] },
  ...changes,
});
const holding = (changes: Partial<Lease> = {}) => new Holding(lease(changes), ASKED);
const denied = () => holding({ tokens: 0, denial: DENIAL });

describe("the life of a holding", () => {
  test.each([
    ["counted", {}],
    ["uncounted", { tokens: null }],
    ["denying", { tokens: 0, denial: DENIAL }],
  ])("is counted from before the question, if it is %s", (_, changes) => {
    const alive = holding(changes);
    expect([alive.isLive(ASKED + TTL - 1), alive.isUseful(ASKED + TTL - 1)]).toEqual([true, true]);
    expect([alive.isLive(ASKED + TTL), alive.isUseful(ASKED + TTL)]).toEqual([false, false]);
  });

  test("is over when the clock steps back: nobody knows how old the lease is", () => {
    const unsure = holding();
    expect([unsure.isLive(ASKED - 1), unsure.isUseful(ASKED - 1), unsure.spend(ASKED - 1)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test("a lease that was on its way for longer than it lives was never alive", () => {
    const late = holding();
    expect(late.spend(ASKED + TTL + 1)).toBe(false);
    expect(late.end(ASKED + TTL + 1)?.unspent).toBe(3);
  });

  test("one that is used up lives on, and is of no use", () => {
    const used = holding({ tokens: 1 });
    used.spend(ASKED);
    expect([used.isLive(ASKED + 1), used.isUseful(ASKED + 1)]).toEqual([true, false]);
  });
});

describe("spending", () => {
  test("takes each token once", () => {
    const counted = holding();
    expect([1, 2, 3, 4].map(() => counted.spend(ASKED))).toEqual([true, true, true, false]);
    expect(counted.left).toBe(0);
  });

  test("takes none when the lease is over", () => {
    const over = holding();
    expect(over.spend(ASKED + TTL)).toBe(false);
    expect(over.left).toBe(3);
  });

  test("never ends where the key has no limits", () => {
    const uncounted = holding({ tokens: null });
    for (let i = 0; i < 1_000; i++) expect(uncounted.spend(ASKED)).toBe(true);
    expect(uncounted.spend(ASKED + TTL)).toBe(false);
  });

  test("never begins where the lease is a denial", () => {
    expect(denied().spend(ASKED)).toBe(false);
  });
});

describe("a denial", () => {
  test("shrinks as time passes, and is none when its time is over", () => {
    const refusing = denied();
    expect([0, 1, 899, 900, 1_500].map((after) => refusing.denial(ASKED + after)?.retryAfterMs)).toEqual([
      900,
      899,
      1,
      undefined,
      undefined,
    ]);
    expect(refusing.denial(ASKED + 100)).toEqual({ ...DENIAL, retryAfterMs: 800 });
  });

  test("is none where the lease has tokens or needs none", () => {
    expect(holding().denial(ASKED)).toBeNull();
    expect(holding({ tokens: null }).denial(ASKED)).toBeNull();
  });
});

describe("a report", () => {
  test("says what was not spent, and how long ago the last token was", () => {
    const counted = holding();
    counted.spend(ASKED + 100);
    counted.spend(ASKED + 700);
    expect(counted.end(ASKED + 1_000)).toEqual({ leaseId: "lease_1", unspent: 1, idleMs: 300 });
  });

  test("of a lease of which nothing was spent counts from the question", () => {
    expect(holding().end(ASKED + 1_000)).toEqual({ leaseId: "lease_1", unspent: 3, idleMs: 1_000 });
  });

  test("is not idle for less than no time, where the clock stepped back", () => {
    const counted = holding();
    counted.spend(ASKED + 500);
    expect(counted.end(ASKED)?.idleMs).toBe(0);
  });

  test.each([
    ["uncounted", { tokens: null }],
    ["denying", { tokens: 0, denial: DENIAL }],
  ])("is not made of a lease that is %s", (_, changes) => {
    expect(holding(changes).end(ASKED)).toBeUndefined();
  });

  test("is final: no token that it calls unspent can be spent afterwards", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(30), fc.nat(30), (tokens, before, after) => {
        const counted = holding({ tokens });
        const tries = (count: number) =>
          Array.from({ length: count }, () => counted.spend(ASKED)).filter(Boolean).length;
        const spent = tries(before);
        expect(counted.end(ASKED)?.unspent).toBe(tokens - spent);
        expect(tries(after)).toBe(0);
        expect(counted.isUseful(ASKED)).toBe(false);
        expect(counted.end(ASKED)?.unspent).toBe(0);
      }),
    );
  });
});

describe("the wish for the next lease", () => {
  test.each([
    { tokens: 8, spent: 8, last: 999, asked: 1_999, wanted: 16 },
    { tokens: 8, spent: 8, last: 1_000, asked: 1_000, wanted: 16 },
    { tokens: 8, spent: 8, last: 1_600, asked: 1_999, wanted: 10 },
    { tokens: 8, spent: 8, last: 1_600, asked: 2_000, wanted: 11 },
    { tokens: 8, spent: 6, last: 1_600, asked: 3_999, wanted: 9 },
    { tokens: 8, spent: 6, last: 1_600, asked: 4_000, wanted: 6 },
    { tokens: 8, spent: 6, last: 1_600, asked: 3_999, wanted: 6, reportSoon: true },
    { tokens: 8, spent: 3, last: 1_600, asked: 2_000, wanted: 3 },
    { tokens: 8, spent: 8, last: 0, asked: 2_000, wanted: 8 },
    { tokens: 8, spent: 7, last: 0, asked: 999, wanted: 7 },
    { tokens: 8, spent: 3, last: 999, asked: 5_000, wanted: 3 },
    { tokens: 8, spent: 0, last: 0, asked: 5_000, wanted: 1 },
    { tokens: 1, spent: 1, last: 0, asked: 1_500, wanted: 2 },
  ])(
    "after $spent of $tokens tokens, the last in $last ms, at $asked ms is $wanted",
    (use: { tokens: number; spent: number; last: number; asked: number; wanted: number; reportSoon?: boolean }) => {
      const counted = holding({ tokens: use.tokens, reportSoon: use.reportSoon ?? false });
      for (let i = 0; i < use.spent; i++) counted.spend(ASKED + use.last);
      expect(counted.wantedNext(ASKED + use.asked)).toBe(use.wanted);
    },
  );

  test("is one token where the last lease had none to count", () => {
    expect(denied().wantedNext(ASKED)).toBe(1);
    expect(holding({ tokens: null }).wantedNext(ASKED)).toBe(1);
  });
});
