/**
 * Two versions of the configuration that take turns at one key's account, as they do for some minutes after a deploy: by the
 * code that answers questions. "Wider" is: the greater burst of the two and the greater speed.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Rate } from "../../src/domain/bucket.ts";
import { Holding } from "../../src/domain/holding.ts";
import { Ledger } from "../../src/domain/ledger.ts";
import type { LedgerState } from "../../src/domain/ledger-state.ts";
import { lend } from "../../src/domain/lend.ts";
import type { Limits } from "../../src/domain/limits.ts";
import type { Quota } from "../../src/domain/quota.ts";
import { aKey } from "./fixtures.ts";
import { overQuota, overRate } from "./reference.ts";

const NOON = Date.UTC(2026, 5, 15, 12);
const SECONDS_300 = 300_000;

const rate = (name: string, limit: number, window: number, burst = limit): Rate => ({ name, limit, window, burst });
const rates = (...rates: Rate[]): Limits => ({ rates, quotas: [] });
const daily = (name: string, limit: number): Limits => ({ rates: [], quotas: [{ name, limit, per: "day" }] });
const wider = (a: Rate, b: Rate): Rate => ({
  ...(a.limit / a.window > b.limit / b.window ? a : b),
  burst: Math.max(a.burst, b.burst),
});

/** One isolate of each version; its leases' tokens are spent at once, and now and then it forgets to tell. */
class Turns {
  now = NOON;
  readonly spends: number[] = [];
  state: LedgerState | undefined;
  readonly #holdings = new Map<Limits, Holding>();
  readonly #isForgetful: () => boolean;
  #made = 0;

  constructor(isForgetful = () => false) {
    this.#isForgetful = isForgetful;
  }

  /** So many requests at once by the isolate of that version; how many were admitted. */
  ask(limits: Limits, requests: number): number {
    let holding = this.#holdings.get(limits);
    const admitted = [...Array(requests).keys()].filter((index) => {
      if (!holding?.isUseful(this.now)) holding = this.#lease(limits, requests - index);
      return holding.spend(this.now);
    }).length;
    this.spends.push(...Array(admitted).fill(this.now));
    return admitted;
  }

  #lease(limits: Limits, waiting: number): Holding {
    const last = this.#holdings.get(limits);
    const report = this.#isForgetful() ? undefined : last?.end(this.now);
    const question = { waiting, wanted: last?.wantedNext(this.now) ?? 1, reports: report ? [report] : [] };
    this.#made += 1;
    const { lease, state } = lend(aKey({ expiresAt: NOON * 2 }), limits, this.state, question, {
      ...{ ttlMs: 2_000, now: this.now, newId: () => `${this.#made}`, flooded: false, random: () => 0 },
    });
    // As the authority keeps it.
    this.state = JSON.parse(JSON.stringify(state ?? this.state ?? null)) ?? undefined;
    const holding = new Holding(lease, this.now);
    this.#holdings.set(limits, holding);
    return holding;
  }
}

const CHANGES: [string, Limits, Limits][] = [
  ["raised", rates(rate("minute", 3, 60)), rates(rate("minute", 8, 60))],
  ["with another window", rates(rate("r", 10, 1)), rates(rate("r", 60, 60))],
  ["with another burst", rates(rate("r", 10, 10, 5)), rates(rate("r", 10, 10, 30))],
  ["renamed", rates(rate("minute", 60, 60)), rates(rate("per-minute", 60, 60))],
  ["renamed and changed", rates(rate("minute", 60, 60)), rates(rate("per-minute", 50, 60))],
  ["added", rates(rate("minute", 60, 60)), rates(rate("minute", 60, 60), rate("second", 5, 1))],
  ["exchanged for a slower one", rates(rate("second", 10, 1)), rates(rate("hour", 100, 3_600))],
  ["swapped", rates(rate("a", 10, 1), rate("b", 60, 60)), rates(rate("b", 10, 1), rate("a", 60, 60))],
  ["removed, for quotas alone", rates(rate("minute", 6, 60)), daily("day", 50)],
];

describe("two versions that take turns for 300 seconds", () => {
  describe.each(CHANGES)("a limit %s", (_, one, other) => {
    test.each([250, 1_000, 7_000, 61_000])("admit no more than the wider of them: every %i ms", (every) => {
      for (const versions of [
        [one, other],
        [other, one],
      ] as const) {
        const turns = new Turns();
        for (; turns.now <= NOON + SECONDS_300; turns.now += 250) {
          turns.ask(versions[Math.floor((turns.now - NOON) / every) % 2] as Limits, 9);
        }
        for (const a of one.rates) {
          for (const b of other.rates) expect(overRate(wider(a, b), turns.spends)).toBeUndefined();
        }
        expect(turns.spends.length).toBeGreaterThan(0);
      }
    });
  });

  test("of rates that are any, asked at any moment, with reports that never come", { timeout: 30_000 }, () => {
    const anyRate = (name: string) =>
      fc
        .record({
          limit: fc.integer({ min: 1, max: 30 }),
          window: fc.constantFrom(1, 2, 10, 60, 3_600),
          burst: fc.integer({ min: 1, max: 40 }),
        })
        .map((numbers): Rate => ({ name, ...numbers }));
    const anyLimits = fc
      .tuple(fc.array(anyRate("a"), { minLength: 1, maxLength: 1 }), fc.array(anyRate("b"), { maxLength: 1 }))
      .map(([first, second]) => rates(...first, ...second));
    const anyMoves = fc.array(
      fc.record({
        after: fc.oneof(fc.nat(200), fc.nat(3_000), fc.nat(90_000)),
        version: fc.nat(1),
        requests: fc.integer({ min: 1, max: 50 }),
        isForgetful: fc.boolean(),
      }),
      { minLength: 5, maxLength: 60 },
    );
    let atTheLimit = 0;
    const worlds = 2_000;
    fc.assert(
      fc.property(anyLimits, anyLimits, anyMoves, (one, other, moves) => {
        let isForgetful = false;
        const turns = new Turns(() => isForgetful);
        for (const { after, version, requests, ...move } of moves) {
          turns.now += after;
          isForgetful = move.isForgetful;
          turns.ask(version === 0 ? one : other, requests);
        }
        const pairs = one.rates.flatMap((a) => other.rates.map((b) => wider(a, b)));
        for (const pair of pairs) expect(overRate(pair, turns.spends)).toBeUndefined();
        if (pairs.some((pair) => overRate({ ...pair, burst: pair.burst - 1 }, turns.spends))) atTheLimit += 1;
      }),
      { numRuns: worlds },
    );
    // Worlds that leave their limits far away would prove nothing.
    expect(atTheLimit / worlds).toBeGreaterThan(0.3);
  });

  test.each<[string, Quota, Quota]>([
    ["renamed", { name: "day", limit: 10, per: "day" }, { name: "daily", limit: 10, per: "day" }],
    ["raised", { name: "day", limit: 3, per: "day" }, { name: "day", limit: 10, per: "day" }],
    ["of another period", { name: "q", limit: 10, per: "hour" }, { name: "q", limit: 10, per: "day" }],
  ])("a quota %s is given once", (_, one, other) => {
    const turns = new Turns();
    for (; turns.now <= NOON + SECONDS_300; turns.now += 1_000) {
      turns.ask({ rates: [], quotas: [Math.floor(turns.now / 1_000) % 2 === 0 ? one : other] }, 3);
    }
    expect(overQuota({ name: "any", limit: 10, per: "day" }, turns.spends)).toBeUndefined();
    expect(turns.spends.length).toBe(10);
  });
});

describe("an account whose limits change", () => {
  const MINUTE = rates(rate("minute", 60, 60));

  test("admits what a raised limit has more, at once and not more", () => {
    for (const spent of [0, 1, 3]) {
      const turns = new Turns();
      if (spent > 0) expect(turns.ask(rates(rate("minute", 3, 60)), spent)).toBe(spent);
      expect(turns.ask(rates(rate("minute", 8, 60)), 20)).toBe(8 - spent);
    }
  });

  test.each([
    ["renamed", rates(rate("per-minute", 60, 60))],
    ["renamed and raised, but for what is more", rates(rate("per-minute", 70, 60))],
    ["given a second name", rates(rate("minute", 60, 60), rate("again", 60, 60))],
  ])("refills no rate that is %s", (_, to) => {
    const turns = new Turns();
    expect(turns.ask(MINUTE, 60)).toBe(60);
    const more = Math.max(...to.rates.map(({ limit }) => limit)) - 60;
    expect(turns.ask(to, 60)).toBe(more);
    expect(turns.ask(MINUTE, 60)).toBe(0);
  });

  test("begins a limit that is new with what was spent lately", () => {
    const turns = new Turns();
    turns.ask(MINUTE, 6);
    expect(turns.ask(rates(rate("minute", 60, 60), rate("ten", 10, 60)), 20)).toBe(4);
    const quotas = new Turns();
    quotas.ask(MINUTE, 6);
    expect(quotas.ask({ ...MINUTE, quotas: [{ name: "day", limit: 10, per: "day" }] }, 20)).toBe(4);
  });

  test("begins it full where nothing was spent, or all has come back", () => {
    const turns = new Turns();
    turns.ask(MINUTE, 60);
    turns.now += 63_000;
    expect(turns.ask(rates(rate("second", 50, 1)), 50)).toBe(50);
  });

  test("owes nothing to a limit that is lower, for what a higher one has admitted", () => {
    const [quick, slow] = [rates(rate("second", 1_000, 1)), rates(rate("hour", 10, 3_600))];
    const turns = new Turns();
    for (let i = 0; i < 60; i++) {
      turns.ask(quick, 900);
      turns.ask(slow, 1);
      turns.now += 1_000;
    }
    turns.now += 2_500 + 360_000;
    expect(turns.ask(slow, 20)).toBe(1);
  });

  test("keeps an account that nobody names until it is whole, and then no longer", () => {
    const turns = new Turns();
    const other = rates(rate("other", 1_000, 1));
    turns.ask(MINUTE, 60);
    turns.ask(other, 1);
    expect(turns.state?.kept?.map(({ rate }) => rate.name)).toEqual(["minute"]);
    turns.now += 30_000;
    turns.ask(other, 1);
    expect(turns.ask(MINUTE, 60)).toBeLessThanOrEqual(31);
    turns.now += 120_000;
    turns.ask(other, 1);
    turns.now += 5_000;
    turns.ask(other, 1);
    expect(turns.state?.kept).toBeUndefined();
  });

  test("keeps it also while no rate is named at all, and so no lease that is out is forgotten", () => {
    const ledger = new Ledger(MINUTE, undefined, NOON);
    ledger.grant("a", 60, 2_000, NOON);
    const none = daily("day", 1_000);
    const between = new Ledger(none, ledger.state, NOON + 100);
    const after = new Ledger(none, between.state, NOON + 2_600);
    expect(new Ledger(MINUTE, after.state, NOON + 2_700).available(NOON + 2_700)).toBe(0);
    const unlimited = lend(
      aKey({ expiresAt: NOON * 2 }),
      rates(),
      ledger.state,
      { waiting: 1, wanted: 1, reports: [] },
      {
        ...{ ttlMs: 2_000, now: NOON + 100, newId: () => "b", flooded: false, random: () => 0 },
      },
    );
    expect(unlimited.lease.tokens).toBeNull();
    const kept = unlimited.state ?? ledger.state;
    expect(new Ledger(MINUTE, kept, NOON + 2_700).available(NOON + 2_700)).toBe(0);
  });

  test("hears a report by whichever version it comes, also by one without limits", () => {
    const ledger = new Ledger(MINUTE, undefined, NOON);
    ledger.grant("a", 60, 2_000, NOON);
    for (const limits of [rates(rate("other", 1, 1)), daily("day", 10), rates()]) {
      const question = { waiting: 0, wanted: 0, reports: [{ leaseId: "a", unspent: 50, idleMs: 0 }] };
      const { state } = lend(aKey({ expiresAt: NOON * 2 }), limits, ledger.state, question, {
        ...{ ttlMs: 2_000, now: NOON + 100, newId: () => "b", flooded: false, random: () => 0 },
      });
      expect(new Ledger(MINUTE, state, NOON + 100).available(NOON + 100)).toBe(50);
    }
  });

  test("fills no storage, however often they change", () => {
    const turns = new Turns();
    for (let limit = 1; limit < 200; limit++) {
      turns.ask(rates(rate(`r${limit}`, limit, 86_400)), 1);
      turns.now += 50;
    }
    expect(turns.state?.kept?.length).toBeLessThanOrEqual(8);
    expect(turns.spends.length).toBeLessThanOrEqual(199);
  });
});
