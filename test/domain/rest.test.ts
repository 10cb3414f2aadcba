import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ledger } from "../../src/domain/ledger.ts";
import type { LedgerState } from "../../src/domain/ledger-state.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { restsAt } from "../../src/domain/rest.ts";

const START = Date.UTC(2040, 4, 31, 12);

const rate = fc.record({
  limit: fc.integer({ min: 1, max: 50 }),
  window: fc.integer({ min: 1, max: 86_400 }),
  burst: fc.integer({ min: 1, max: 100 }),
});
const limits = fc
  .record({
    rates: fc.array(rate, { maxLength: 2 }),
    quotas: fc.array(
      fc.record({ per: fc.constantFrom("hour", "day", "month"), limit: fc.integer({ min: 1, max: 99 }) }),
      {
        maxLength: 2,
      },
    ),
  })
  .filter(({ rates, quotas }) => rates.length + quotas.length > 0)
  .map(
    ({ rates, quotas }): Limits => ({
      rates: rates.map((each, at) => ({ ...each, name: `r${at}` })),
      quotas: quotas.map((each, at) => ({ ...each, name: `q ${at}` })),
    }),
  );
/** Some of them reported, and others never. */
const steps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 3_600_000 }),
    wanted: fc.integer({ min: 1, max: 20 }),
    unspent: fc.option(fc.integer({ min: 0, max: 20 })),
  }),
  { minLength: 1, maxLength: 12 },
);

function used(of: Limits, turns: typeof steps extends fc.Arbitrary<infer T> ? T : never): LedgerState {
  let [state, now, made]: [LedgerState | undefined, number, number] = [undefined, START, 0];
  for (const { afterMs, wanted, unspent } of turns) {
    now += afterMs;
    const ledger = new Ledger(of, state, now);
    const tokens = Math.min(wanted, ledger.available(now));
    made += 1;
    if (tokens > 0) ledger.grant(`lease ${made}`, tokens, 2_000, now);
    if (tokens > 0 && unspent !== null) ledger.report({ leaseId: `lease ${made}`, unspent, idleMs: 0 }, now);
    state = ledger.state;
  }
  return state as LedgerState;
}

describe("an account that rests", () => {
  test("answers like one that was never used, from that moment on", () => {
    fc.assert(
      fc.property(limits, steps, fc.integer({ min: 0, max: 100_000_000 }), (of, turns, later) => {
        const state = used(of, turns);
        const now =
          restsAt(
            state,
            of.quotas.map(({ per }) => per),
          ) + later;
        const [rested, fresh] = [new Ledger(of, state, now), new Ledger(of, undefined, now)];
        expect(rested.available(now)).toBe(fresh.available(now));
        expect(rested.policies(now)).toEqual(fresh.policies(now));
      }),
    );
  });

  test("does not rest while a rate is short that only another version of the configuration names", () => {
    const of: Limits = { rates: [{ name: "r", limit: 1, window: 60, burst: 5 }], quotas: [] };
    const other: Limits = { rates: [{ name: "other", limit: 100, window: 1, burst: 100 }], quotas: [] };
    const state = used(of, [{ afterMs: 0, wanted: 5, unspent: 0 }]);
    expect(restsAt(new Ledger(other, state, START).state, [])).toBe(restsAt(state, []));
  });

  test("does not rest before a period has ended that the clock came back from", () => {
    const of: Limits = { rates: [], quotas: [{ name: "q", limit: 9, per: "hour" }] };
    const state = used(of, [{ afterMs: 7_200_000, wanted: 5, unspent: 0 }]);
    const back = new Ledger(of, state, START).state;
    expect(restsAt(back, ["hour"])).toBe(START + 3 * 3_600_000);
  });

  test("does not rest while a token of it is missing", () => {
    const of: Limits = { rates: [{ name: "r", limit: 1, window: 60, burst: 5 }], quotas: [] };
    const state = used(of, [{ afterMs: 0, wanted: 5, unspent: 0 }]);
    const now = restsAt(state, []);
    expect(new Ledger(of, state, now - 1).available(now - 1)).toBe(4);
    expect(new Ledger(of, state, now).available(now)).toBe(5);
  });
});
