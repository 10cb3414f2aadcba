import { describe, expect, test } from "vitest";
import type { Rate } from "../../src/domain/bucket.ts";
import { Ledger } from "../../src/domain/ledger.ts";
import type { Limits } from "../../src/domain/limits.ts";
import type { Period, Quota } from "../../src/domain/quota.ts";
import { restarted } from "./world.ts";

const NOON = Date.UTC(2026, 5, 15, 12);
const HOUR = 3_600_000;
const TTL = 2_000;
/** When a lease granted at noon ends for its authority. */
const LEASE_END = NOON + TTL + 500;

/** One token a second. */
const TEN: Rate = { name: "ten", limit: 10, window: 10, burst: 10 };
const SLOW: Rate = { name: "slow", limit: 10, window: 3_600, burst: 10 };
const quota = (limit: number, per: Period = "hour"): Quota => ({ name: per, limit, per });

const limited = (...limits: (Rate | Quota)[]): Limits => ({
  rates: limits.filter((limit) => "burst" in limit),
  quotas: limits.filter((limit) => "per" in limit),
});
const fresh = (...limits: (Rate | Quota)[]) => new Ledger(limited(...limits), undefined, NOON);
const reported = (leaseId: string, unspent: number, idleMs = 0) => ({ leaseId, unspent, idleMs });

/** All of `tokens` spent by noon. */
function spent(tokens: number, ...limits: (Rate | Quota)[]): Ledger {
  const ledger = fresh(...limits);
  ledger.grant("spent", tokens, TTL, NOON);
  ledger.report(reported("spent", 0), NOON);
  return ledger;
}

describe("a grant", () => {
  test("is held until it is reported", () => {
    const ledger = fresh(SLOW);
    ledger.grant("a", 4, TTL, NOON);
    expect(ledger.available(NOON)).toBe(6);
    expect(ledger.available(LEASE_END - 1)).toBe(6);
    ledger.report(reported("a", 3), LEASE_END - 1);
    expect(ledger.available(LEASE_END - 1)).toBe(9);
  });

  test.each([false, true])(
    "gives back what was not spent when it is reported after its end, whatever was asked meanwhile (kept: %j)",
    (isKept) => {
      const ledger = fresh(SLOW);
      ledger.grant("a", 4, TTL, NOON, isKept);
      for (const ms of [0, 1_000, 30_000]) expect(ledger.available(LEASE_END + ms)).toBe(6);
      expect(ledger.report(reported("a", 3, 31_000), LEASE_END + 31_000)).toBe(true);
      expect(ledger.available(LEASE_END + 31_000)).toBe(9);
      expect(restarted(ledger, limited(SLOW), LEASE_END + 31_000).available(LEASE_END + 31_000)).toBe(9);
    },
  );

  test("that nobody reports is gone at its end", () => {
    const ledger = fresh(SLOW, quota(20));
    ledger.grant("a", 4, TTL, NOON);
    expect(ledger.available(LEASE_END)).toBe(6);
    expect(ledger.available(LEASE_END + 60_000)).toBe(6);
  });

  test("takes from every limit, and what is available is the least that any has", () => {
    const ledger = fresh(TEN, { ...SLOW, burst: 7 }, quota(20), quota(5, "day"));
    expect(ledger.available(NOON)).toBe(5);
    ledger.grant("a", 3, TTL, NOON);
    expect(ledger.policies(NOON).map(({ name, remaining }) => [name, remaining])).toEqual([
      ["ten", 7],
      ["slow", 4],
      ["hour", 17],
      ["day", 2],
    ]);
  });

  test("that one limit refuses spends nothing of the others, however often it is asked for", () => {
    const ledger = spent(5, { ...SLOW, burst: 5 }, TEN, quota(20));
    const before = ledger.policies(NOON);
    for (let i = 0; i < 50; i++) {
      expect(ledger.available(NOON)).toBe(0);
      ledger.denial(NOON);
    }
    expect(ledger.policies(NOON)).toEqual(before);
    expect(before.map(({ remaining }) => remaining)).toEqual([0, 5, 15]);
  });

  test("lives on beside others, and a report ends only its own", () => {
    const ledger = fresh(SLOW);
    ledger.grant("a", 2, TTL, NOON);
    ledger.grant("b", 3, TTL, NOON);
    ledger.report(reported("a", 2), NOON);
    expect(ledger.available(NOON)).toBe(7);
    ledger.report(reported("b", 3), NOON);
    expect(ledger.available(NOON)).toBe(10);
  });
});

describe("tokens come back", () => {
  test.each([
    { what: "at once", idleMs: 0, left: 0 },
    { what: "1 s before the report", idleMs: 1_006, left: 1 },
    { what: "2 s before the report", idleMs: 2_011, left: 2 },
    { what: "before the lease was granted, as a wrong clock has it,", idleMs: 60_000, left: 2 },
    { what: "after the report, as a wrong clock has it,", idleMs: -60_000, left: 0 },
  ])("from the moment at which the last one was spent: $what", ({ idleMs, left }) => {
    const ledger = fresh(TEN);
    const granted = NOON + 60_000;
    ledger.grant("a", 10, TTL, granted);
    ledger.report(reported("a", 0, idleMs), granted + 2_100);
    expect(ledger.available(granted + 2_100)).toBe(left);
    expect(ledger.available(granted + 12_100)).toBe(10);
  });

  test("later by the drift that the isolate's clock may have", () => {
    const ledger = fresh({ name: "fast", limit: 1_000, window: 1, burst: 10_000 });
    ledger.grant("a", 10_000, TTL, NOON);
    ledger.report(reported("a", 0, 1_000), NOON + 2_000);
    expect(ledger.available(NOON + 2_000)).toBe(995);
  });

  test("from the end of a lease that nobody reports, since it may have been spent until then", () => {
    const ledger = fresh(TEN);
    ledger.grant("a", 10, TTL, NOON);
    expect(ledger.available(LEASE_END + 999)).toBe(0);
    expect(ledger.available(LEASE_END + 1_000)).toBe(1);
  });

  test("from each lease's own end, whichever was granted first", () => {
    const ledger = fresh(TEN);
    ledger.grant("long", 5, 2_500, NOON);
    ledger.grant("short", 5, 100, NOON);
    // 5 of 10 at 600 ms, 2.4 at 3,000 ms, and one a second since.
    expect(ledger.available(NOON + 10_000)).toBe(9);
  });
});

describe("a late report", () => {
  const ended = (...limits: (Rate | Quota)[]) => {
    const ledger = fresh(...limits);
    ledger.grant("a", 8, TTL, NOON);
    expect(ledger.available(LEASE_END)).toBe(2);
    return ledger;
  };

  test.each([[SLOW], [quota(10)], [SLOW, quota(10)]])("gives back what was not spent, once: %o %o", (...limits) => {
    const ledger = ended(...limits.filter((limit) => limit !== undefined));
    ledger.report(reported("a", 5), LEASE_END);
    expect(ledger.available(LEASE_END)).toBe(7);
    ledger.report(reported("a", 5), LEASE_END);
    expect(ledger.available(LEASE_END)).toBe(7);
  });

  test("that comes twice while the lease is held counts once", () => {
    const ledger = fresh(SLOW, quota(10));
    ledger.grant("a", 8, TTL, NOON);
    for (const now of [NOON, NOON + 1, LEASE_END, LEASE_END + 1]) {
      ledger.report(reported("a", 5), now);
      expect(ledger.available(now)).toBe(7);
    }
  });

  test("of a lease that was never granted gives nothing", () => {
    const ledger = ended(SLOW, quota(10));
    ledger.report(reported("b", 8), LEASE_END);
    expect(ledger.available(LEASE_END)).toBe(2);
  });

  test("never gives back more than was lent, or takes anything", () => {
    for (const [unspent, available] of [
      [1_000, 10],
      [-1_000, 2],
    ] as const) {
      const held = fresh(SLOW, quota(10));
      held.grant("a", 8, TTL, NOON);
      held.report(reported("a", unspent), NOON);
      expect(held.available(NOON)).toBe(available);
      const late = ended(SLOW, quota(10));
      late.report(reported("a", unspent), LEASE_END);
      expect(late.available(LEASE_END)).toBe(available);
    }
  });

  test("counts for a minute after the lease's end, and no longer", () => {
    for (const [late, available] of [
      [59_999, 7],
      [60_000, 2],
    ] as const) {
      const ledger = ended({ ...SLOW, window: 86_400 }, quota(10));
      ledger.report(reported("a", 5), LEASE_END + late);
      expect(ledger.available(LEASE_END + late)).toBe(available);
    }
  });

  test("gives back nothing that has come back by itself, and might be spent already", () => {
    const ledger = ended(TEN);
    const full = LEASE_END + 8_000;
    ledger.grant("b", 10, TTL, full);
    ledger.report(reported("b", 0), full);
    ledger.report(reported("a", 8), full);
    expect(ledger.available(full)).toBe(0);
  });

  test("gives back only as much as there was room for at the fullest moment", () => {
    const ledger = ended(TEN);
    // 8 of 10: there was room for 2 of the 8.
    const later = LEASE_END + 6_000;
    ledger.grant("b", 8, TTL, later);
    ledger.report(reported("b", 0), later);
    ledger.report(reported("a", 8), later);
    expect(ledger.available(later)).toBe(2);
  });

  test("leaves what another one took out of it, whichever ended first", () => {
    const ledger = fresh(TEN);
    ledger.grant("first", 5, TTL, NOON);
    ledger.grant("second", 5, TTL, NOON + 1);
    const later = LEASE_END + 4_000;
    expect(ledger.available(later)).toBe(4);
    ledger.report(reported("first", 5), later);
    expect(ledger.available(later)).toBe(8);
    ledger.report(reported("second", 5), later);
    expect(ledger.available(later)).toBe(10);
  });

  test.each([
    { unspent: 0, idleMs: 10_000, available: 10, what: "was spent long ago" },
    { unspent: 8, idleMs: 0, available: 10, what: "was never spent" },
    { unspent: 3, idleMs: 10_000, available: 10, what: "was spent in part" },
  ])("counts what $what as if it had been known at once", ({ unspent, idleMs, available }) => {
    const ledger = fresh(TEN);
    ledger.grant("other", 1, TTL, NOON);
    ledger.report(reported("other", 0), NOON);
    ledger.grant("a", 10 - 1, TTL, NOON);
    const later = NOON + 10_000;
    expect(ledger.available(later)).toBe(8);
    ledger.report(reported("a", unspent, idleMs), later);
    expect(ledger.available(later)).toBe(available);
  });
});

describe("a quota", () => {
  const BORDER = NOON + HOUR;

  test("is whole again at its border in UTC, and not a millisecond sooner", () => {
    const ledger = spent(5, quota(5));
    expect(ledger.available(BORDER - 1)).toBe(0);
    expect(ledger.available(BORDER)).toBe(5);
  });

  test("counts a lease in the period of its grant, also where its end is in the next", () => {
    const ledger = fresh(quota(5));
    ledger.grant("a", 5, 1, BORDER - 1);
    expect(ledger.available(BORDER - 1)).toBe(0);
    expect(ledger.available(BORDER)).toBe(5);
    expect(ledger.available(BORDER + TTL)).toBe(5);
  });

  test.each([
    { what: "still held", now: BORDER + 100 },
    { what: "given up", now: BORDER + TTL },
  ])("is not changed by a report from the period before, of a lease that is $what", ({ now }) => {
    const ledger = fresh(quota(5));
    ledger.grant("old", 5, 1, BORDER - 1);
    ledger.grant("new", 4, TTL, BORDER);
    ledger.report(reported("new", 0), BORDER);
    ledger.report(reported("old", 3), now);
    expect(ledger.available(now)).toBe(1);
  });

  test("of a longer period goes on where a shorter one ends", () => {
    const ledger = spent(5, quota(5), quota(8, "day"));
    expect(ledger.available(BORDER)).toBe(3);
  });

  test("forgets nothing within its period, however long nobody asks", () => {
    const ledger = spent(5, quota(6, "month"));
    expect(ledger.available(Date.UTC(2026, 6, 1) - 1)).toBe(1);
  });
});

describe("a clock that steps back", () => {
  test("does not open a quota's earlier period again", () => {
    const ledger = fresh(quota(5));
    ledger.grant("a", 5, TTL, NOON);
    ledger.report(reported("a", 0), NOON);
    expect(ledger.available(NOON - 1)).toBe(0);
    const anew = restarted(ledger, limited(quota(5)), NOON - 1);
    expect(anew.available(NOON - 1)).toBe(0);
    anew.report(reported("b", 5), NOON - 1);
    expect(anew.available(NOON)).toBe(0);
  });

  test("holds a lease longer, never shorter", () => {
    const ledger = fresh(SLOW);
    ledger.available(NOON + 5_000);
    ledger.grant("a", 4, TTL, NOON);
    ledger.report(reported("a", 4), NOON + 5_000 + TTL);
    expect(ledger.available(NOON + 5_000 + TTL)).toBe(10);
  });
});

describe("a restart", () => {
  test("gives nothing away: what was lent, spent, stranded and counted is as it was", () => {
    const limits = [SLOW, quota(20), quota(15, "day")];
    const ledger = spent(2, ...limits);
    ledger.grant("stranded", 3, TTL, NOON);
    ledger.grant("held", 1, TTL, LEASE_END);
    const anew = restarted(ledger, limited(...limits), LEASE_END);
    expect(anew.state).toEqual(ledger.state);
    expect(anew.available(LEASE_END)).toBe(4);
    anew.report(reported("stranded", 3), LEASE_END);
    anew.report(reported("held", 1), LEASE_END);
    expect(anew.available(LEASE_END)).toBe(8);
  });

  test("loses no fraction of a token, however often it happens", () => {
    let ledger = spent(10, TEN);
    for (let now = NOON; now <= NOON + 5_000; now += 7) {
      ledger = restarted(ledger, limited(TEN), now);
      ledger.report(reported("nobody", 0), now);
    }
    expect(ledger.available(NOON + 5_000)).toBe(5);
  });
});

describe("changed limits", () => {
  const NOW = NOON + 1;
  const changed = (ledger: Ledger, ...limits: (Rate | Quota)[]) => restarted(ledger, limited(...limits), NOW);

  test.each<[string, Rate, number]>([
    ["a higher limit", { ...SLOW, limit: 20, burst: 20 }, 14],
    ["a lower limit", { ...SLOW, limit: 8, burst: 8 }, 2],
    ["a limit below that, which owes nothing for it", { ...SLOW, limit: 3, burst: 3 }, 0],
    ["another window", { ...SLOW, window: 60 }, 4],
    ["a greater burst", { ...SLOW, burst: 100 }, 94],
    ["another name", { ...SLOW, name: "new" }, 4],
    ["another name and limit", { ...SLOW, name: "new", limit: 20, burst: 20 }, 14],
  ])("count what was spent under those of before: %s", (_, rate, available) => {
    expect(changed(spent(6, SLOW), rate).available(NOW)).toBe(available);
  });

  test("a lower limit counts what is lent already, and a report returns it", () => {
    const ledger = fresh(SLOW);
    ledger.grant("a", 8, TTL, NOON);
    const lower = changed(ledger, { ...SLOW, limit: 3, burst: 3 });
    expect(lower.available(NOW)).toBe(0);
    lower.report(reported("a", 8), NOW);
    expect(lower.available(NOW)).toBe(3);
  });

  test("a late report never fills a bucket past its new burst", () => {
    const ledger = fresh(SLOW);
    ledger.grant("a", 8, TTL, NOON);
    ledger.available(LEASE_END);
    const lower = restarted(ledger, limited({ ...SLOW, limit: 3, burst: 3 }), LEASE_END);
    lower.report(reported("a", 8), LEASE_END);
    expect(lower.available(LEASE_END)).toBe(3);
  });

  test.each([
    [quota(9), 3],
    [quota(5), 0],
    [quota(6), 0],
  ])("a quota keeps its count under a changed limit: 6 spent of %o", (to, available) => {
    expect(changed(spent(6, quota(8)), to).available(NOW)).toBe(available);
  });

  test("a quota that was taken away and comes back in its period has its count still", () => {
    const without = changed(spent(6, quota(8), SLOW), SLOW);
    expect(without.available(NOW)).toBe(4);
    expect(changed(without, quota(8)).available(NOW)).toBe(2);
  });

  test("a limit that is added counts what is lent already", () => {
    const ledger = fresh(SLOW);
    ledger.grant("a", 3, TTL, NOON);
    expect(changed(ledger, SLOW, TEN, quota(5)).available(NOW)).toBe(2);
  });

  test("a limit that was added since takes back nothing that it never took", () => {
    const ledger = fresh(SLOW);
    ledger.grant("a", 8, TTL, NOON);
    ledger.available(LEASE_END);
    const more = restarted(ledger, limited(SLOW, { ...SLOW, name: "new" }, quota(4)), LEASE_END);
    more.grant("b", 2, TTL, LEASE_END);
    more.report(reported("b", 0), LEASE_END);
    more.report(reported("a", 8), LEASE_END);
    expect(more.policies(LEASE_END).map(({ remaining }) => remaining)).toEqual([8, 8, 2]);
  });

  test("a quota of another period counts anew, and gives back nothing that the one before it took", () => {
    const ledger = fresh({ ...quota(8), name: "quota" });
    ledger.grant("a", 8, TTL, NOON);
    ledger.available(LEASE_END);
    const daily = restarted(ledger, limited({ ...quota(8, "day"), name: "quota" }), LEASE_END);
    daily.grant("b", 5, TTL, LEASE_END);
    daily.report(reported("b", 0), LEASE_END);
    daily.report(reported("a", 8), LEASE_END);
    expect(daily.available(LEASE_END)).toBe(3);
  });

  test("a rate and a quota may share a name, and each has its own count", () => {
    const ledger = fresh(TEN, { ...quota(20), name: "ten" });
    ledger.grant("a", 8, TTL, NOON);
    ledger.report(reported("a", 8), LEASE_END + 10_000);
    expect(ledger.policies(LEASE_END + 10_000).map(({ remaining }) => remaining)).toEqual([10, 20]);
  });

  test("a limit may have a name that every object knows", () => {
    const named = ["constructor", "valueOf"].map((name) => ({ ...SLOW, name }));
    const ledger = fresh(SLOW);
    ledger.grant("a", 8, TTL, NOON);
    ledger.available(LEASE_END);
    const more = restarted(ledger, limited(...named, { ...quota(9), name: "toString" }), LEASE_END);
    more.report(reported("a", 8), LEASE_END);
    expect(more.policies(LEASE_END).map(({ remaining }) => remaining)).toEqual([10, 10, 9]);
  });
});

describe("a denial", () => {
  test.each<[string, (Rate | Quota)[], string, string, number]>([
    ["a rate", [TEN], "ten", "rate", 1_000],
    ["the slower of two rates", [TEN, SLOW], "slow", "rate", 360_000],
    ["the slower of two rates, in whichever order", [SLOW, TEN], "slow", "rate", 360_000],
    ["a quota", [quota(10)], "hour", "quota", HOUR],
    ["the longer of two quotas", [quota(10), quota(10, "day")], "day", "quota", 12 * HOUR],
    ["the quota, where the rate would be sooner", [TEN, quota(10)], "hour", "quota", HOUR],
    [
      "the rate, where the quota would be sooner",
      [{ ...SLOW, limit: 1, burst: 10, window: 7_200 }, quota(10)],
      "slow",
      "rate",
      7_200_000,
    ],
    ["the one that is used up", [{ ...SLOW, burst: 11 }, quota(10)], "hour", "quota", HOUR],
  ])("names %s", (_, limits, policy, kind, retryAfterMs) => {
    expect(spent(10, ...limits).denial(NOON)).toEqual({ policy, kind, retryAfterMs });
  });

  test("counts on no lease coming back: each may be spent to its last token at its last moment", () => {
    const ledger = fresh(TEN, quota(10));
    ledger.grant("a", 10, TTL, NOON);
    expect(ledger.denial(NOON)).toEqual({ policy: "hour", kind: "quota", retryAfterMs: HOUR });
    const rateOnly = fresh(TEN);
    rateOnly.grant("a", 10, TTL, NOON);
    expect(rateOnly.denial(NOON).retryAfterMs).toBe(TTL + 500 + 1_000);
  });

  test("counts on tokens that come back while leases are held", () => {
    const ledger = spent(5, TEN);
    ledger.grant("a", 5, TTL, NOON);
    expect(ledger.denial(NOON + 400).retryAfterMs).toBe(600);
  });
});

describe("what callers are told", () => {
  test("of a rate: what remains beside all that is lent, and the time until it is whole", () => {
    const ledger = spent(4, TEN);
    ledger.grant("a", 2, TTL, NOON);
    expect(ledger.policies(NOON)).toEqual([
      { name: "ten", limit: 10, window: 10, capacity: 10, remaining: 4, resetMs: 4_000 },
    ]);
  });

  test("of a rate that is used up: the time until there is one token", () => {
    expect(spent(10, TEN).policies(NOON + 300)).toEqual([
      { name: "ten", limit: 10, window: 10, capacity: 10, remaining: 0, resetMs: 700 },
    ]);
  });

  test("of a quota: the length of this period, and the time until it ends", () => {
    const month = spent(4, quota(10, "month")).policies(NOON);
    expect(month).toEqual([
      {
        name: "month",
        limit: 10,
        window: 30 * 86_400,
        capacity: 10,
        remaining: 6,
        resetMs: Date.UTC(2026, 6, 1) - NOON,
      },
    ]);
  });

  test("never that less than nothing remains", () => {
    const ledger = fresh(SLOW, quota(10));
    ledger.grant("a", 8, TTL, NOON);
    const lower = restarted(ledger, limited({ ...SLOW, limit: 3, burst: 3 }, quota(2)), NOON);
    expect(lower.policies(NOON).map(({ remaining }) => remaining)).toEqual([0, 0]);
  });
});
