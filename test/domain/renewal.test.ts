import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Holding } from "../../src/domain/holding.ts";
import type { TokenLease } from "../../src/domain/lease.ts";
import { type Course, isWorthRenewing, wantedAhead } from "../../src/domain/renewal.ts";

const DENIAL = { policy: "minute", kind: "rate", retryAfterMs: 900 } as const;
const lease = (changes: Partial<TokenLease> = {}): TokenLease => ({
  ...{ id: "lease_1", tokens: 64, ttlMs: 2_000, denial: null, policies: [] },
  ...changes,
});

/** Twenty requests in 1.9 s. */
const course = (changes: Partial<Course> = {}): Course => ({
  ...{ lease: lease(), lifeMs: 2_000, left: 44, spent: 20, elapsedMs: 1_900, roundTripMs: 20 },
  ...changes,
});

describe("a lease is renewed", () => {
  test.each([
    ["when two more requests are expected before its end", {}, true],
    ["not when more are expected", { elapsedMs: 1_700 }, false],
    ["in time for an answer that takes long", { elapsedMs: 1_700, roundTripMs: 150 }, true],
    ["not in the first half of its life, however long an answer takes", { elapsedMs: 999, roundTripMs: 1_500 }, false],
    ["when it is nearly used up, at any time", { elapsedMs: 300, left: 4, spent: 60 }, true],
    ["not when it is not used up enough", { elapsedMs: 300, left: 5, spent: 59 }, false],
    ["not for a key that was used a few times", { spent: 7 }, false],
    ["for a key without limits too", { lease: lease({ tokens: null }), left: 0 }, true],
    ["not because such a key has no tokens", { lease: lease({ tokens: null }), left: 0, elapsedMs: 300 }, false],
    [
      "not if it denies, and only the authority knows when there is a token",
      { lease: lease({ tokens: 0, denial: DENIAL }), left: 0 },
      false,
    ],
    ["not if some of its requests were denied", { lease: lease({ denial: DENIAL }) }, false],
    [
      "not for being used up where tokens are scarce",
      { lease: lease({ reportSoon: true }), left: 2, spent: 62, elapsedMs: 300 },
      false,
    ],
    [
      "for the end of a denial, when it is its turn",
      { lease: lease({ tokens: 0, denial: DENIAL, rightsMs: 2_000 }), left: 0, spent: 0 },
      true,
    ],
    [
      "for its turn too, with the last token",
      { lease: lease({ tokens: 1, denial: DENIAL, rightsMs: 2_000 }), left: 1, spent: 0 },
      true,
    ],
    [
      "not if its turn comes after its end",
      { lease: lease({ tokens: 0, denial: { ...DENIAL, retryAfterMs: 2_001 }, rightsMs: 2_000 }), left: 0 },
      false,
    ],
    ["for its last token, if it is kept", { lifeMs: 600_000, left: 1, spent: 0, elapsedMs: 9_000 }, true],
    [
      "for its last token if half a request or more is expected",
      { lifeMs: 20_000, left: 1, spent: 0, elapsedMs: 13_000 },
      true,
    ],
    ["not for its last token if less is expected", { lifeMs: 20_000, left: 1, spent: 0, elapsedMs: 14_000 }, false],
    ["before its end where tokens are scarce", { lease: lease({ reportSoon: true }), spent: 20 }, true],
    ["not then for a few requests", { lease: lease({ reportSoon: true }), spent: 15, elapsedMs: 1_950 }, false],
  ] as [string, Partial<Course>, boolean][])("%s", (_, changes, expected) => {
    expect(isWorthRenewing(course(changes))).toBe(expected);
  });

  test("with as many tokens as the requests until now need at their pace, and some by chance, at most twice as many", () => {
    expect(wantedAhead(course({ spent: 19 }), 2_000)).toBe(25);
    expect(wantedAhead(course({ spent: 60, elapsedMs: 100 }), 2_000)).toBe(128);
    expect(wantedAhead(course({ lease: lease({ tokens: null }) }), 2_000)).toBe(1);
  });
});

test("a lease says the same as the rule, at every moment and after any use", () => {
  const moments = fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 80 });
  fc.assert(
    fc.property(
      moments,
      fc.integer({ min: 0, max: 200 }),
      fc.option(fc.integer({ min: 1, max: 80 })),
      (gaps, trip, tokens) => {
        const given = lease({ tokens });
        const holding = new Holding(given, 0, trip);
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const rule = {
            lease: given,
            lifeMs: 2_000,
            left: holding.left,
            spent: holding.spent,
            elapsedMs: now,
            roundTripMs: trip,
          };
          expect(holding.isWorthRenewing(now)).toBe(isWorthRenewing(rule));
          holding.spend(now);
        }
      },
    ),
  );
});
