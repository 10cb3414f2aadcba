import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LEASE_MARGIN_MS } from "../../src/domain/lease.ts";
import { Ledger } from "../../src/domain/ledger.ts";
import type { LedgerState } from "../../src/domain/ledger-state.ts";
import { limitStates, resetLimits } from "../../src/domain/limit-state.ts";
import { type Limits, NO_LIMITS } from "../../src/domain/limits.ts";

const NOON = Date.UTC(2026, 5, 15, 12);
const HOUR = 3_600_000;
const TTL = 2_000;
const LIMITS: Limits = {
  rates: [{ name: "minute", limit: 60, window: 60, burst: 90 }],
  quotas: [{ name: "all", limit: 100, per: "hour" }],
};

/** A ledger that has given `lent` away and not heard of them, after `spent` that it has heard of. */
function ledgerAfter({ spent, lent }: { spent: number; lent: number }, limits = LIMITS): LedgerState {
  const ledger = new Ledger(limits, undefined, NOON);
  ledger.grant("spent", spent, TTL, NOON);
  ledger.report({ leaseId: "spent", unspent: 0, idleMs: 0 }, NOON);
  if (lent > 0) ledger.grant("lent", lent, TTL, NOON);
  return ledger.state;
}

describe("the state of a key's limits", () => {
  test("tells of each what could be granted, what isolates hold, and when it is whole again", () => {
    expect(limitStates(LIMITS, ledgerAfter({ spent: 30, lent: 10 }), NOON)).toEqual([
      { kind: "rate", ...LIMITS.rates[0], remaining: 50, lent: 10, resetMs: 30_000 },
      { kind: "quota", ...LIMITS.quotas[0], remaining: 60, lent: 10, resetMs: HOUR },
    ]);
  });

  test("of a key that was never used is whole", () => {
    const states = limitStates(LIMITS, undefined, NOON);
    expect(states.map(({ remaining, lent }) => [remaining, lent])).toEqual([
      [90, 0],
      [100, 0],
    ]);
  });

  test("holds nothing that is over: what nobody reported then counts as spent", () => {
    const over = NOON + TTL + LEASE_MARGIN_MS;
    const [, quota] = limitStates(LIMITS, ledgerAfter({ spent: 0, lent: 10 }), over);
    expect(quota).toMatchObject({ remaining: 90, lent: 0 });
  });

  test("tells two quotas of one name apart", () => {
    const quotas = [
      { name: "all", limit: 5, per: "hour" as const },
      { name: "all", limit: 9, per: "day" as const },
    ];
    const limits = { ...NO_LIMITS, quotas };
    const states = limitStates(limits, ledgerAfter({ spent: 2, lent: 0 }, limits), NOON);
    expect(states).toMatchObject([
      { per: "hour", remaining: 3 },
      { per: "day", remaining: 7 },
    ]);
  });

  test("is empty for a key without limits", () => {
    expect(limitStates(NO_LIMITS, undefined, NOON)).toEqual([]);
  });
});

describe("limits that are reset", () => {
  test("are whole, less what is lent", () => {
    const reset = resetLimits(LIMITS, ledgerAfter({ spent: 80, lent: 10 }), NOON);
    expect(limitStates(LIMITS, reset, NOON).map(({ remaining, lent }) => [remaining, lent])).toEqual([
      [80, 10],
      [90, 10],
    ]);
  });

  test("charge what was lent before when it is reported, and give back what of it was not spent", () => {
    const reset = resetLimits(LIMITS, ledgerAfter({ spent: 80, lent: 10 }), NOON);
    const ledger = new Ledger(LIMITS, reset, NOON);
    ledger.report({ leaseId: "lent", unspent: 4, idleMs: 0 }, NOON);
    expect(limitStates(LIMITS, ledger.state, NOON).map(({ remaining }) => remaining)).toEqual([84, 94]);
  });

  test("forget what had been presumed spent", () => {
    const over = NOON + TTL + LEASE_MARGIN_MS;
    const reset = resetLimits(LIMITS, ledgerAfter({ spent: 0, lent: 50 }), over);
    expect(limitStates(LIMITS, reset, over).map(({ remaining }) => remaining)).toEqual([90, 100]);
  });

  test("hold what is lent also where the clock has stepped back, and go on from there", () => {
    const now = NOON - HOUR;
    const reset = resetLimits(LIMITS, ledgerAfter({ spent: 80, lent: 10 }), now);
    expect(reset?.clock).toBe(now);
    expect(limitStates(LIMITS, reset, now).map(({ remaining, lent }) => [remaining, lent])).toEqual([
      [80, 10],
      [90, 10],
    ]);
    const later = now + TTL + LEASE_MARGIN_MS;
    expect(limitStates(LIMITS, reset, later).map(({ remaining, lent }) => [remaining, lent])).toEqual([
      [80, 0],
      [90, 0],
    ]);
  });

  test("hold what is lent also where those who reset them know of no limits", () => {
    const reset = resetLimits(NO_LIMITS, ledgerAfter({ spent: 80, lent: 10 }), NOON);
    expect(limitStates(LIMITS, reset, NOON).map(({ remaining, lent }) => [remaining, lent])).toEqual([
      [80, 10],
      [90, 10],
    ]);
  });

  test("of a key that was never used, or has none, are nothing to store", () => {
    expect(resetLimits(LIMITS, undefined, NOON)).toBeUndefined();
    expect(resetLimits(NO_LIMITS, ledgerAfter({ spent: 1, lent: 0 }), NOON)).toBeUndefined();
  });

  test("never let more be lent and spent after them than the burst and what comes back, whatever was out before", () => {
    const step = fc.record({
      after: fc.integer({ min: 0, max: 3_000 }),
      wanted: fc.integer({ min: 1, max: 60 }),
      unspent: fc.option(fc.nat({ max: 60 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 12 }), (before, after) => {
        const rates = { rates: LIMITS.rates, quotas: [] };
        let [now, state, id]: [number, LedgerState | undefined, number] = [NOON, undefined, 0];
        const held: { endsAt: number; tokens: number }[] = [];
        const act = ({ after, wanted, unspent }: (typeof before)[number]): number => {
          now += after;
          const ledger = new Ledger(rates, state, now);
          const tokens = Math.min(wanted, ledger.available(now));
          id += 1;
          if (tokens > 0) ledger.grant(`${id}`, tokens, TTL, now);
          if (unspent !== null) ledger.report({ leaseId: `${id}`, unspent, idleMs: 0 }, now);
          else held.push({ endsAt: now + TTL + LEASE_MARGIN_MS, tokens });
          state = ledger.state;
          return unspent === null ? tokens : tokens - Math.min(unspent, tokens);
        };
        for (const one of before) act(one);
        const resetAt = now;
        const outBefore = held.filter(({ endsAt }) => endsAt > now).reduce((sum, { tokens }) => sum + tokens, 0);
        state = resetLimits(rates, state, now);
        let spent = outBefore;
        for (const one of after) {
          spent += act(one);
          expect(spent).toBeLessThanOrEqual(90 + Math.floor((now - resetAt) / 1_000));
        }
      }),
    );
  });
});
