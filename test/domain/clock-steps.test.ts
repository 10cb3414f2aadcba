/** What the ledger promises where its own clock steps back, or jumps ahead and comes back. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Rate } from "../../src/domain/bucket.ts";
import { Ledger } from "../../src/domain/ledger.ts";
import { limitStates, resetLimits } from "../../src/domain/limit-state.ts";
import type { Limits } from "../../src/domain/limits.ts";
import type { Period, Quota } from "../../src/domain/quota.ts";
import { overQuota, overRate } from "./reference.ts";
import { restarted } from "./world.ts";

const NOON = Date.UTC(2026, 5, 15, 12);
const MIDNIGHT = Date.UTC(2026, 5, 16);
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
const TTL = 2_000;
const MARGIN = 500;

/** One token a second. */
const TEN: Rate = { name: "ten", limit: 10, window: 10, burst: 10 };
const quota = (limit: number, per: Period): Quota => ({ name: per, limit, per });
const rates = (...rates: Rate[]): Limits => ({ rates, quotas: [] });
const quotas = (...quotas: Quota[]): Limits => ({ rates: [], quotas });

let granted = 0;
/** Takes and spends at once; how many it got. */
function spend(ledger: Ledger, tokens: number, now: number): number {
  const got = Math.min(tokens, ledger.available(now));
  if (got === 0) return 0;
  granted += 1;
  ledger.grant(`${granted}`, got, TTL, now);
  ledger.report({ leaseId: `${granted}`, unspent: 0, idleMs: 0 }, now);
  return got;
}

const STEPS = [1, SECOND, MINUTE, HOUR, DAY, 40 * DAY, 400 * DAY].map((by) => ({ by }));

describe("a rate whose clock steps back", () => {
  test.each(STEPS)("by $by ms goes on from the new time, and gives nothing for the step", ({ by }) => {
    const ledger = new Ledger(rates(TEN), undefined, NOON);
    spend(ledger, 10, NOON);
    const now = NOON - by;
    expect(ledger.available(now)).toBe(0);
    expect(ledger.available(now + SECOND)).toBe(1);
    expect(ledger.available(now + 10 * SECOND)).toBe(10);
  });

  test.each(STEPS)("by $by ms tells how long to wait, and it is true to the millisecond", ({ by }) => {
    const ledger = new Ledger(rates(TEN), undefined, NOON);
    spend(ledger, 10, NOON);
    const now = NOON - by;
    const { retryAfterMs } = ledger.denial(now);
    expect(retryAfterMs).toBe(SECOND);
    expect(ledger.policies(now)[0]?.resetMs).toBe(SECOND);
    expect(restarted(ledger, rates(TEN), now + retryAfterMs - 1).available(now + retryAfterMs - 1)).toBe(0);
    expect(ledger.available(now + retryAfterMs)).toBe(1);
  });

  test.each(STEPS)("by $by ms loses at most what came back since it was last asked", ({ by }) => {
    const ledger = new Ledger(rates(TEN), undefined, NOON);
    spend(ledger, 10, NOON);
    expect(ledger.available(NOON + 3 * SECOND)).toBe(3);
    expect(ledger.available(NOON + 3 * SECOND - by)).toBe(3);
  });

  test.each(STEPS)("by $by ms does so in an authority that was evicted meanwhile", ({ by }) => {
    const ledger = new Ledger(rates(TEN), undefined, NOON);
    spend(ledger, 10, NOON);
    const anew = restarted(ledger, rates(TEN), NOON - by);
    expect(anew.available(NOON - by)).toBe(0);
    expect(anew.available(NOON - by + SECOND)).toBe(1);
  });

  test.each(STEPS)("by $by ms holds what is lent for as long as it can be spent, and no longer", ({ by }) => {
    const ledger = new Ledger(rates(TEN), undefined, NOON);
    ledger.grant("a", 10, TTL, NOON);
    const now = NOON - by;
    expect(ledger.available(now)).toBe(0);
    expect(ledger.lent(now + TTL + MARGIN - 1)).toBe(10);
    expect(ledger.lent(now + TTL + MARGIN)).toBe(0);
    expect(ledger.available(now + TTL + MARGIN + SECOND)).toBe(1);
  });

  test("believes no report that tokens were spent before the step: nobody knows how long ago that was", () => {
    const ledger = new Ledger(rates(TEN), undefined, NOON);
    ledger.grant("a", 10, TTL, NOON);
    ledger.available(NOON - HOUR);
    ledger.report({ leaseId: "a", unspent: 0, idleMs: 2 * SECOND }, NOON - HOUR + SECOND);
    expect(ledger.available(NOON - HOUR + SECOND)).toBe(1);
  });

  test("takes back what a late report says was never spent", () => {
    const ledger = new Ledger(rates({ ...TEN, window: 36_000 }), undefined, NOON);
    ledger.grant("a", 10, TTL, NOON);
    expect(ledger.available(NOON + TTL + MARGIN)).toBe(0);
    ledger.report({ leaseId: "a", unspent: 7, idleMs: 0 }, NOON - DAY);
    expect(ledger.available(NOON - DAY)).toBe(7);
  });

  test("is whole after a reset, and does not stick then", () => {
    const ledger = new Ledger(rates(TEN), undefined, NOON);
    spend(ledger, 10, NOON);
    const now = NOON - HOUR;
    const reset = resetLimits(rates(TEN), ledger.state, now);
    expect(limitStates(rates(TEN), reset, now)).toMatchObject([{ remaining: 10 }]);
    const anew = new Ledger(rates(TEN), reset, now);
    expect(spend(anew, 20, now)).toBe(10);
    expect(anew.available(now + 2 * SECOND)).toBe(2);
  });

  test("never admits more than its burst and what came back in the time that the clock went forward", () => {
    const moves = fc.array(
      fc.record({
        by: fc.oneof(
          fc.nat(50),
          fc.nat(3_000),
          fc.integer({ min: -3_000, max: 0 }),
          fc.integer({ min: -DAY, max: DAY }),
        ),
        tokens: fc.nat(12),
        lend: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40 },
    );
    const anyRate = fc.record({
      name: fc.constant("r"),
      limit: fc.integer({ min: 1, max: 20 }),
      window: fc.integer({ min: 1, max: 20 }),
      burst: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(anyRate, moves, (rate, moves) => {
        let ledger = new Ledger(rates(rate), undefined, NOON);
        let [now, passed, id] = [NOON, 0, 0];
        const spends: number[] = [];
        for (const { by, tokens, lend } of moves) {
          now += by;
          passed += Math.max(0, by);
          ledger = restarted(ledger, rates(rate), now);
          if (lend) {
            // Lent, spent at once, and never heard of.
            const got = Math.min(tokens, ledger.available(now));
            id += 1;
            if (got > 0) ledger.grant(`lost ${id}`, got, TTL, now);
            spends.push(...Array(got).fill(passed));
          } else spends.push(...Array(spend(ledger, tokens, now)).fill(passed));
        }
        expect(overRate(rate, spends)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test("admits who waits as told, however often it stepped", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -HOUR, max: MINUTE }), { minLength: 1, maxLength: 20 }), (moves) => {
        const ledger = new Ledger(rates(TEN), undefined, NOON);
        let now = NOON;
        for (const by of moves) {
          now += by;
          spend(ledger, 20, now);
          const { retryAfterMs } = ledger.denial(now);
          expect(retryAfterMs).toBeLessThanOrEqual(SECOND);
          now += retryAfterMs;
          expect(spend(ledger, 1, now)).toBe(1);
        }
      }),
    );
  });
});

describe("a quota whose clock goes over a border and back", () => {
  const BORDERS: { per: Period; border: number }[] = [
    { per: "hour", border: NOON },
    { per: "day", border: MIDNIGHT },
    { per: "month", border: Date.UTC(2026, 6, 1) },
  ];

  test.each(BORDERS)("does not open again where it was used up: per $per", ({ per, border }) => {
    const ledger = new Ledger(quotas(quota(5, per)), undefined, border - MINUTE);
    expect(spend(ledger, 9, border - MINUTE)).toBe(5);
    expect(ledger.available(border)).toBe(5);
    expect(ledger.available(border - 1)).toBe(0);
    expect(restarted(ledger, quotas(quota(5, per)), border - SECOND).available(border - SECOND)).toBe(0);
    expect(ledger.denial(border - SECOND).retryAfterMs).toBe(SECOND);
    expect(ledger.available(border)).toBe(5);
  });

  test.each(BORDERS)("is not given twice in the period that it was in meanwhile: per $per", ({ per, border }) => {
    const ledger = new Ledger(quotas(quota(5, per)), undefined, border - MINUTE);
    expect(spend(ledger, 1, border - MINUTE)).toBe(1);
    expect(spend(ledger, 3, border)).toBe(3);
    ledger.available(border - SECOND);
    expect(ledger.available(border)).toBe(2);
    expect(spend(ledger, 9, border)).toBe(2);
    expect(ledger.available(border + 1)).toBe(0);
  });

  test.each(BORDERS)(
    "counts what it gave meanwhile in the period that it came back to, for that may be the true one: per $per",
    ({ per, border }) => {
      const ledger = new Ledger(quotas(quota(5, per)), undefined, border - MINUTE);
      expect(spend(ledger, 1, border - MINUTE)).toBe(1);
      expect(spend(ledger, 3, border + 400 * DAY)).toBe(3);
      expect(ledger.available(border - SECOND)).toBe(1);
    },
  );

  test("counts it also where the period was first heard of after its end", () => {
    const ledger = new Ledger(quotas(quota(5, "day")), undefined, MIDNIGHT - SECOND);
    ledger.grant("a", 1, SECOND / 2, MIDNIGHT - SECOND);
    expect(spend(ledger, 4, MIDNIGHT)).toBe(4);
    ledger.report({ leaseId: "a", unspent: 0, idleMs: 0 }, MIDNIGHT + SECOND);
    expect(ledger.available(MIDNIGHT - SECOND)).toBe(0);
  });

  test("does not count what was spent far ahead in periods that come later on", () => {
    const ledger = new Ledger(quotas(quota(5, "hour")), undefined, NOON);
    expect(spend(ledger, 5, NOON + 400 * DAY)).toBe(5);
    expect(ledger.available(NOON)).toBe(0);
    for (let hour = 1; hour < 6; hour++) expect(spend(ledger, 9, NOON + hour * HOUR)).toBe(5);
  });

  test("counts it once, however often the clock goes to and fro", () => {
    const ledger = new Ledger(quotas(quota(20, "day")), undefined, MIDNIGHT - MINUTE);
    spend(ledger, 1, MIDNIGHT - MINUTE);
    spend(ledger, 3, MIDNIGHT);
    for (let i = 0; i < 10; i++) {
      expect(ledger.available(MIDNIGHT - SECOND)).toBe(16);
      expect(ledger.available(MIDNIGHT)).toBe(17);
    }
    spend(ledger, 2, MIDNIGHT);
    expect(ledger.available(MIDNIGHT - SECOND)).toBe(14);
    expect(ledger.available(MIDNIGHT)).toBe(15);
  });

  test("names the first moment at which there is a token, also where the next period is used up too", () => {
    const ledger = new Ledger(quotas(quota(5, "day")), undefined, MIDNIGHT - MINUTE);
    spend(ledger, 5, MIDNIGHT - MINUTE);
    spend(ledger, 5, MIDNIGHT);
    const now = MIDNIGHT - MINUTE;
    expect(ledger.denial(now)).toEqual({ policy: "day", kind: "quota", retryAfterMs: DAY + MINUTE });
    expect(ledger.policies(now)[0]).toMatchObject({ remaining: 0, resetMs: DAY + MINUTE });
    expect(ledger.available(now + DAY + MINUTE)).toBe(5);
  });

  test("counts what is lent at that moment on both sides, and gives back what was not spent to both", () => {
    const ledger = new Ledger(quotas(quota(5, "day")), undefined, MIDNIGHT);
    ledger.grant("a", 4, TTL, MIDNIGHT);
    expect(ledger.available(MIDNIGHT - SECOND)).toBe(1);
    expect(ledger.available(MIDNIGHT)).toBe(1);
    ledger.report({ leaseId: "a", unspent: 3, idleMs: 0 }, MIDNIGHT - SECOND);
    expect(ledger.available(MIDNIGHT - SECOND)).toBe(4);
    expect(ledger.available(MIDNIGHT)).toBe(4);
  });

  test("stays open for as long as it has tokens: a step stops nothing", () => {
    for (const by of [SECOND, HOUR, 40 * DAY, 400 * DAY]) {
      const ledger = new Ledger(quotas(quota(5, "hour"), quota(9, "day")), undefined, NOON);
      spend(ledger, 2, NOON);
      expect(spend(ledger, 9, NOON - by)).toBe(3);
      expect(ledger.denial(NOON - by).policy).toBe("hour");
    }
  });

  test("never admits more than its limit in any period, by the clock's own readings, nor in all that it was in beside it", () => {
    const moves = fc.array(
      fc.record({
        by: fc.oneof(fc.nat(MINUTE), fc.integer({ min: -MINUTE, max: MINUTE }), fc.constantFrom(HOUR, -HOUR)),
        tokens: fc.nat(6),
        restart: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40 },
    );
    const limits = quotas(quota(6, "hour"), quota(15, "day"));
    fc.assert(
      fc.property(moves, (moves) => {
        let ledger = new Ledger(limits, undefined, MIDNIGHT);
        let now = MIDNIGHT;
        const spends: number[] = [];
        for (const { by, tokens, restart } of moves) {
          // So many hours as are remembered.
          now = Math.min(Math.max(now + by, MIDNIGHT - 2 * HOUR), MIDNIGHT + 2 * HOUR - 1);
          if (restart) ledger = restarted(ledger, limits, now);
          spends.push(...Array(spend(ledger, tokens, now)).fill(now));
        }
        for (const one of limits.quotas) expect(overQuota(one, spends)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the state of an authority from before", () => {
  const before = {
    clock: NOON,
    rates: { ten: { rate: TEN, bucket: { level: 0, at: NOON }, charges: [] } },
    quotas: { "day per day": { start: MIDNIGHT - DAY, used: 4 } },
    open: [{ id: "a", tokens: 2, grantedAt: NOON, endsAt: NOON + TTL + MARGIN }],
  };
  const limits = { rates: [{ ...TEN, burst: 20 }], quotas: [quota(9, "day")] };

  test("is read as it is, its counts and its leases too", () => {
    const ledger = new Ledger({ rates: [TEN], quotas: [quota(9, "day")] }, before, NOON + 6 * SECOND);
    expect(ledger.policies(NOON + 6 * SECOND).map(({ remaining }) => remaining)).toEqual([4, 3]);
    expect(new Ledger(limits, before, NOON - HOUR).policies(NOON - HOUR).map(({ remaining }) => remaining)).toEqual([
      8, 3,
    ]);
  });

  test("is written so that the code from before can read it: rates by name, quotas by account", () => {
    const { rates, quotas, clock, open } = new Ledger(limits, before, NOON - HOUR).state;
    expect(clock).toBe(NOON - HOUR);
    expect(rates.ten).toMatchObject({ rate: { burst: 20 }, bucket: { at: NOON - HOUR } });
    expect(quotas).toEqual({ "day per day": { start: MIDNIGHT - DAY, used: 4 } });
    expect(open).toMatchObject([{ id: "a", tokens: 2, endsAt: NOON - HOUR + TTL + MARGIN }]);
  });

  test("does not win over what was counted since, nor lose to it", () => {
    const ledger = new Ledger({ rates: [], quotas: [quota(9, "day")] }, before, NOON + MINUTE);
    spend(ledger, 1, NOON + MINUTE);
    const since = ledger.state;
    const byOldCode = { ...since, quotas: { "day per day": { start: MIDNIGHT - DAY, used: 6 } } };
    const limits = { rates: [], quotas: [quota(9, "day")] };
    expect(new Ledger(limits, since, NOON + 2 * MINUTE).available(NOON + 2 * MINUTE)).toBe(2);
    expect(new Ledger(limits, byOldCode, NOON + 2 * MINUTE).available(NOON + 2 * MINUTE)).toBe(1);
  });
});
