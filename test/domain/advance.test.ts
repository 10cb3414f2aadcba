import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TokenLease, TokenQuestion } from "../../src/domain/lease.ts";
import { Ledger } from "../../src/domain/ledger.ts";
import type { LedgerState } from "../../src/domain/ledger-state.ts";
import { lendTokens } from "../../src/domain/lend.ts";
import { Lender } from "../../src/domain/lender.ts";
import type { Limits } from "../../src/domain/limits.ts";

const START = Date.UTC(2026, 0, 1, 0, 50);
const MINUTE = 60_000;
const rate = (limit: number, window = 60): Limits => ({
  rates: [{ name: "r", limit, window, burst: limit }],
  quotas: [],
});
const PLENTIFUL = rate(6_000);

/** An authority of one account. */
class Authority {
  stored: LedgerState | undefined;
  writes = 0;
  readonly #lender = new Lender();
  #leases = 0;

  ask(limits: Limits, question: Partial<TokenQuestion>, now: number): TokenLease {
    this.#leases += 1;
    const id = `lease_${this.#leases}`;
    const asked = { waiting: 1, wanted: 1, reports: [], ...question };
    const lending = lendTokens(limits, this.truth, asked, {
      ...{ ttlMs: 2_000, now, newId: () => id, random: () => 0 },
      ...this.#lender.circumstances(now),
    });
    const ledger = this.#lender.book(lending);
    if (!ledger) return lending.lease;
    this.stored = ledger;
    this.writes += 1;
    return lending.lease;
  }

  get truth(): LedgerState | undefined {
    return this.#lender.ledger(this.stored);
  }
}

describe("a grant is stored", () => {
  const writesOf = (limits: Limits, question: Partial<TokenQuestion>, everyMs: number) => {
    const authority = new Authority();
    for (let n = 0; n < 60; n++) authority.ask(limits, question, START + n * everyMs);
    return authority.writes;
  };
  const quotas = [{ name: "q", limit: 1_000, per: "day" as const }];

  test.each([
    ["at first, and then for twice as many each time, where tokens are plentiful", PLENTIFUL, {}, 1_000, 6],
    ["at least every five minutes", PLENTIFUL, {}, 60_000, 12],
    ["for many that are kept", PLENTIFUL, { keeps: 4 }, 1_000, 6],
    ["each time, where a burst is small", rate(60), {}, 1_000, 60],
    ["each time that a quota counts it", { ...PLENTIFUL, quotas }, {}, 1_000, 60],
  ])("%s", (_, limits, question, everyMs, writes) => {
    expect(writesOf(limits, question, everyMs)).toBe(writes);
  });

  /** It has advanced tokens. */
  const inUse = () => {
    const authority = new Authority();
    for (let n = 0; n < 6; n++) authority.ask(PLENTIFUL, {}, START + n);
    return authority;
  };

  test("with a report that brings back more tokens than are in advance", () => {
    const authority = inUse();
    const { id, tokens } = authority.ask(PLENTIFUL, { waiting: 600, wanted: 600 }, START + 6);
    const report = { leaseId: id, unspent: tokens as number, idleMs: 1 };
    const { writes } = authority;
    authority.ask(PLENTIFUL, { waiting: 0, wanted: 0, reports: [{ ...report, unspent: 601 }] }, START + 7);
    expect(authority.writes).toBe(writes + 1);
  });

  test("when the clock has stepped back", () => {
    const authority = inUse();
    const { writes } = authority;
    authority.ask(PLENTIFUL, {}, START + 6);
    expect(authority.writes).toBe(writes);
    authority.ask(PLENTIFUL, {}, START);
    expect(authority.writes).toBe(writes + 1);
  });
});

test("no lease from an advance outlives it", () => {
  const authority = new Authority();
  const lastOf = (state: LedgerState | undefined) =>
    Math.max(...(state as LedgerState).open.map(({ endsAt }) => endsAt));
  for (let n = 0; n < 400; n++) {
    authority.ask(PLENTIFUL, n % 2 ? { keeps: 4 } : {}, START + n * 2_000);
    expect(lastOf(authority.truth)).toBeLessThanOrEqual(lastOf(authority.stored));
  }
  expect(authority.writes).toBeLessThan(100);
});

test("a restart makes no more tokens count as spent than were lent", () => {
  const authority = new Authority();
  let lent = 0;
  for (let n = 0; n < 100; n++) {
    lent += authority.ask(PLENTIFUL, { keeps: 4 }, START + n).tokens as number;
    const [there, stored] = [authority.truth, authority.stored].map((state) => spentOf(state as LedgerState));
    expect((stored as number) - (there as number)).toBeLessThanOrEqual(lent);
  }
});

const spentOf = ({ open }: LedgerState) => open.reduce((sum, { tokens }) => sum + tokens, 0);

describe("what is stored never has more tokens than there are, now and later", () => {
  const step = fc.record({
    gap: fc.oneof(
      fc.integer({ min: 0, max: 3_000 }),
      fc.integer({ min: 0, max: 4 * MINUTE }),
      fc.integer({ min: -2_000, max: 0 }),
    ),
    waiting: fc.integer({ min: 0, max: 40 }),
    wanted: fc.integer({ min: 0, max: 200 }),
    keeps: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
    /** Which of the last leases, the share of it that is unspent, and since when. */
    report: fc.option(fc.tuple(fc.nat({ max: 30 }), fc.float({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 5_000 }))),
    renews: fc.boolean(),
    limits: fc.nat({ max: 3 }),
  });
  const WIDEST = PLENTIFUL;
  const quotas = [{ name: "q", limit: 9_000, per: "hour" as const }];
  const SEVERAL = [WIDEST, rate(300, 1), rate(4_000), { ...rate(5_000), quotas }];

  test.each([
    ["whatever is asked and reported", [PLENTIFUL]],
    ["also by the widest of several limits", SEVERAL],
  ])("%s", (_, all) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const authority = new Authority();
        const leases: { readonly id: string; readonly tokens: number }[] = [];
        let now = START;
        for (const { gap, report, renews, limits, ...asked } of steps) {
          now += gap;
          const [back = 0, share = 0, idleMs = 0] = report ?? [];
          const lease = report ? leases.at(-1 - back) : undefined;
          const told = lease && { leaseId: lease.id, unspent: Math.floor(lease.tokens * share), idleMs };
          const reports = told && !renews ? [told] : [];
          const question = { ...asked, reports, renews: renews ? told : undefined };
          const { id, tokens } = authority.ask(all[limits % all.length] as Limits, question, now);
          if (tokens) leases.push({ id, tokens });
          for (const later of [0, 1_000, 3_000, MINUTE, 9 * MINUTE, 12 * MINUTE, 16 * MINUTE, 70 * MINUTE]) {
            const [there, stored] = [authority.truth, authority.stored].map((state) =>
              new Ledger(WIDEST, state, now + later).available(now + later),
            );
            expect(stored).toBeLessThanOrEqual(there as number);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
