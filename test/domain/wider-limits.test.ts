/** Tokens that isolates still keep of a wider limit, when a key has a lower one. */

import { describe, expect, test } from "vitest";
import type { Rate } from "../../src/domain/bucket.ts";
import { Ledger } from "../../src/domain/ledger.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { restarted } from "./world.ts";

const NOON = Date.UTC(2026, 5, 15, 12);
const SECOND = 1_000;
const TTL = 2 * SECOND;
const TEN_MINUTES = 600 * SECOND;

const rate = (limit: number, window: number, burst: number): Limits => ({
  rates: [{ name: "r", limit, window, burst } satisfies Rate],
  quotas: [],
});
const WIDE = rate(6_000, 60, 6_000);

/** 1,500 tokens are kept for ten minutes, in so many leases, of which the last is lent at noon. */
function keeping(leases: number, everyMs: number, limits = WIDE): Ledger {
  const begin = NOON - (leases - 1) * everyMs;
  const ledger = new Ledger(limits, undefined, begin);
  for (let n = 0; n < leases; n++) ledger.grant(`${n}`, 1_500 / leases, TEN_MINUTES, begin + n * everyMs, true);
  return ledger;
}

function spend(ledger: Ledger, tokens: number, now: number): void {
  ledger.grant(`at ${now}`, tokens, TTL, now);
  ledger.report({ leaseId: `at ${now}`, unspent: 0, idleMs: 0 }, now);
}

test("leases that end one after the other do not block a lower limit", () => {
  const ledger = restarted(keeping(50, 12 * SECOND), rate(60, 60, 60), NOON);
  const admitted = Array.from({ length: 600 }, (_, second) => {
    const now = NOON + second * SECOND;
    const tokens = ledger.available(now);
    spend(ledger, tokens, now);
    return tokens;
  });
  // Of its burst, it holds what its own leases could have kept.
  expect(admitted[0]).toBe(60 - 16);
  for (let minute = 1; minute < 10; minute++) {
    const inMinute = admitted.slice(minute * 60, (minute + 1) * 60).reduce((sum, tokens) => sum + tokens);
    expect([minute, inMinute]).toEqual([minute, 60]);
  }
});

test("a lower limit admits no more than it may meanwhile, though its own leases are kept for a short time", () => {
  const ledger = restarted(keeping(50, 0), rate(100, 60, 100), NOON);
  let admitted = 0;
  for (let ms = 0; ms < TEN_MINUTES; ms += SECOND) {
    for (let n = 0; ledger.available(NOON + ms) >= 2; n++) {
      ledger.grant(`short ${ms} ${n}`, 2, 20 * SECOND, NOON + ms, true);
      admitted += 2;
    }
    expect(admitted).toBeLessThanOrEqual(100 + (100 * ms) / 60_000);
  }
  expect(admitted).toBeGreaterThan(1_000);
});

describe("a limit that is new has nothing to lend when a wider one has lent all", () => {
  const wide = rate(6_000, 86_400, 6_000);
  const low = rate(10, 3_600, 60);
  /** Its speed is that of the low one, which can hold and be charged less for what is kept. */
  const between = rate(10, 3_600, 600);
  const left = (leases: number, at: number) => {
    const beforeAll = keeping(leases, 0, wide);
    const withLow = restarted(beforeAll, low, NOON + 1);
    const ledger = restarted(withLow, wide, at - 2);
    spend(ledger, ledger.available(at - 2), at - 2);
    expect(ledger.available(at)).toBe(0);
    return restarted(ledger, between, at).available(at);
  };

  test("while it is kept", () => {
    expect(left(50, NOON + 10 * SECOND)).toBe(0);
  });

  test.each([50, 100])("and when %i leases have ended", (leases) => {
    expect(left(leases, NOON + TEN_MINUTES + 501)).toBe(0);
  });
});
