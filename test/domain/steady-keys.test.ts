import fc from "fast-check";
import { expect, test } from "vitest";
import type { Rate } from "../../src/domain/bucket.ts";
import { type Cover, Holding, KEEPS_FIRST } from "../../src/domain/holding.ts";
import type { Lease, LeaseReport, TokenQuestion } from "../../src/domain/lease.ts";
import type { LedgerState } from "../../src/domain/ledger-state.ts";
import { lend } from "../../src/domain/lend.ts";
import { NO_LIMITS } from "../../src/domain/limits.ts";
import { isKeptShortly } from "../../src/domain/open-lease.ts";
import { aKey } from "./fixtures.ts";

const NOON = Date.UTC(2026, 5, 15, 12);
const FRESH: Cover = { rightAt: undefined, isOver: false, isFresh: () => true };

const KEY = aKey({ expiresAt: NOON * 2 });
const SLOW = { ...NO_LIMITS, rates: [{ name: "hour", limit: 96, window: 3_600, burst: 96 }] };
const asked = (waiting: number, wanted = waiting) => ({ waiting, wanted, reports: [] });
const at = (now: number) => ({ ttlMs: 2_000, now, newId: () => crypto.randomUUID(), flooded: false, random: () => 0 });

/** One isolate that follows the feed, and the only one that uses the key: how many of its requests waited and were refused, and its questions. */
function use(rate: Rate, everyMs: number, requests: number) {
  const counts = { waited: 0, refused: 0, asked: 0 };
  let state: LedgerState | undefined;
  let reports: LeaseReport[] = [];
  let holding: Holding<Lease> | undefined;
  const ask = (now: number, question: Omit<TokenQuestion, "reports">) => {
    counts.asked += 1;
    const limits = { ...NO_LIMITS, rates: [rate] };
    const lending = lend(KEY, limits, state, { ...question, reports }, at(now));
    state = lending.state ?? state;
    reports = [];
    return lending.lease;
  };
  const end = (ended: Holding<Lease> | undefined, now: number) => {
    const report = ended?.end(now);
    if (report) reports.push(report);
  };
  for (let n = 0; n < requests; n++) {
    const now = NOON + n * everyMs;
    if (!holding?.isUseful(now)) {
      counts.waited += 1;
      const wanted = holding?.wantedNext(now) ?? 1;
      const keeps = holding?.keepsNext(now) ?? KEEPS_FIRST;
      end(holding, now);
      holding = new Holding(ask(now, { waiting: 1, wanted, keeps }), now, now, 0, FRESH);
    }
    if (!holding.spend(now)) counts.refused += 1;
    if (!holding.isWorthRenewing(now)) continue;
    const lease = ask(now, { waiting: 0, ...holding.renewal(now) });
    if (lease.tokens === 0 && holding.left > 0) continue;
    if (lease.renewed) holding.end(now);
    else end(holding, now);
    holding = new Holding(lease, now, now, 0, FRESH);
  }
  return counts;
}

const HUNDRED: Rate = { name: "minute", limit: 100, window: 60, burst: 100 };

test.each([
  [500, 100],
  [700, 100],
  [1_000, 70],
  [1_000, 100],
  [1_000, 200],
  [1_000, 300],
  [1_000, 1_000],
  [2_000, 100],
  [4_000, 100],
  [4_000, 1_000],
])(
  "a key that is used every %i ms and may be used %i times a minute waits for its first request alone",
  (everyMs, limit) => {
    const { waited, refused, asked } = use({ ...HUNDRED, limit, burst: limit }, everyMs, 200);
    expect([waited, refused]).toEqual([1, 0]);
    expect(asked).toBeLessThan(200);
  },
);

const step = fc.record({
  afterMs: fc.integer({ min: -1, max: 3_000 }),
  waiting: fc.integer({ min: 0, max: 3 }),
  wanted: fc.integer({ min: 0, max: 10 }),
  /** Of the lease that is renewed, if there is one. */
  unspent: fc.option(fc.integer({ min: 0, max: 10 })),
});

test("whatever isolates ask for and renew, what they keep for 20 s is a sixteenth of the burst at most", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.integer({ min: 3_000, max: 30_000 }), (steps, endsInMs) => {
      const key = aKey({ expiresAt: NOON + endsInMs });
      let now = NOON;
      let state = lend(key, SLOW, undefined, asked(50), at(NOON)).state;
      let last: Lease | undefined;
      for (const { afterMs, waiting, wanted, unspent } of steps) {
        now += afterMs;
        if (now >= NOON + endsInMs) return;
        const renews =
          last?.tokens && unspent !== null
            ? { leaseId: last.id, unspent: Math.min(unspent, last.tokens), idleMs: 0 }
            : undefined;
        const lending = lend(key, SLOW, state, { ...asked(waiting, wanted), keeps: wanted, renews }, at(now));
        state = lending.state ?? state;
        last = lending.lease;
        const kept = (state as LedgerState).open.filter((lease) => isKeptShortly(lease) && lease.endsAt > now);
        expect(kept.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(96 / 16);
      }
    }),
  );
});
