import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Rate } from "../../src/domain/bucket.ts";
import { type Cover, Holding } from "../../src/domain/holding.ts";
import { Ledger } from "../../src/domain/ledger.ts";
import type { LedgerState } from "../../src/domain/ledger-state.ts";
import { type Circumstances, type Lending, lend, uncounted } from "../../src/domain/lend.ts";
import { Lender } from "../../src/domain/lender.ts";
import { type Limits, NO_LIMITS } from "../../src/domain/limits.ts";
import type { Quota } from "../../src/domain/quota.ts";
import { aKey } from "./fixtures.ts";

const NOON = Date.UTC(2026, 5, 15, 12);
const HOUR = 3_600_000;
const TTL = 2_000;
const KEY = aKey({ expiresAt: NOON + 24 * HOUR });

const TEN: Rate = { name: "ten", limit: 10, window: 10, burst: 10 };
const HOURLY: Quota = { name: "hour", limit: 100, per: "hour" };
const rates = (...rates: Rate[]): Limits => ({ ...NO_LIMITS, rates });

const asked = (waiting: number, wanted = waiting) => ({ waiting, wanted, reports: [] });
const at = (now: number, changes: Partial<Circumstances> = {}): Circumstances => ({
  ...{ ttlMs: TTL, now, newId: () => crypto.randomUUID(), flooded: false, random: () => 0 },
  ...changes,
});

/** The answer to a second question, after all of the ten tokens were lent for 2 s. */
function refused(changes: Partial<Circumstances> = {}): Lending {
  const { state } = lend(KEY, rates(TEN), undefined, asked(10), at(NOON));
  return lend(KEY, rates(TEN), state, asked(1), at(NOON, changes));
}

describe("a lease", () => {
  test("of a key without limits is uncounted, and nothing is to be stored", () => {
    const { lease, state } = lend(KEY, NO_LIMITS, undefined, asked(5), at(NOON, { newId: () => "lease_1" }));
    expect(lease).toEqual(uncounted(KEY, "lease_1", TTL));
    expect([lease.tokens, lease.denial, state]).toEqual([null, null, undefined]);
  });

  test.each([
    ["the ttl", KEY, NO_LIMITS, NOON, TTL],
    ["its key's end", aKey({ expiresAt: NOON + 70 }), NO_LIMITS, NOON, 70],
    ["a secret's end", { ...KEY, secrets: [{ hash: "old", expiresAt: NOON + 60 }] }, NO_LIMITS, NOON, 60],
    ["a quota's border, as the slowest clock has it", KEY, { rates: [], quotas: [HOURLY] }, NOON + HOUR - 1_000, 994],
  ])("ends at the earliest of all ends: %s", (_, key, limits, now, ttlMs) => {
    expect(lend(key, limits, undefined, asked(1), at(now)).lease.ttlMs).toBe(ttlMs);
  });

  test("holds its tokens in the state that is to be stored, under its own id", () => {
    const limits = { rates: [TEN], quotas: [HOURLY] };
    const first = lend(KEY, limits, undefined, asked(4), at(NOON));
    const second = lend(KEY, limits, first.state, asked(4), at(NOON));
    expect([first, second].map(({ lease }) => lease.tokens)).toEqual([4, 4]);
    expect(second.state?.open.map(({ id }) => id)).toEqual([first.lease.id, second.lease.id]);
    expect(second.lease.policies.map(({ name, remaining }) => [name, remaining])).toEqual([
      ["ten", 2],
      ["hour", 92],
    ]);
  });

  test("can be made of what the same question brings back", () => {
    const first = lend(KEY, rates(TEN), undefined, asked(10), at(NOON));
    const reports = [{ leaseId: first.lease.id, unspent: 6, idleMs: 0 }];
    expect(lend(KEY, rates(TEN), first.state, { ...asked(6), reports }, at(NOON)).lease.tokens).toBe(6);
  });
});

describe("a question that grants nothing and reports nothing", () => {
  test("stores nothing", () => {
    const { state } = lend(KEY, rates(TEN), undefined, asked(4), at(NOON));
    for (const stored of [undefined, state]) {
      expect(lend(KEY, rates(TEN), stored, asked(0), at(NOON + 70_000)).state).toBeUndefined();
    }
  });

  test("stores that the clock has stepped back, so that what comes back from then on counts", () => {
    const { state } = lend(KEY, rates(TEN), undefined, asked(10), at(NOON));
    const stepped = lend(KEY, rates(TEN), state, asked(1), at(NOON - HOUR));
    expect([stepped.lease.tokens, stepped.state?.clock]).toEqual([0, NOON - HOUR]);
    expect(lend(KEY, rates(TEN), stepped.state, asked(1), at(NOON - HOUR + 3_500)).lease.tokens).toBe(1);
  });

  test("leaves every later answer as it would be if it had been stored", () => {
    const limits = fc.record({
      rates: fc.array(
        fc.record({
          name: fc.constantFrom("one", "two"),
          limit: fc.integer({ min: 1, max: 20 }),
          window: fc.integer({ min: 1, max: 60 }),
          burst: fc.integer({ min: 1, max: 20 }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      quotas: fc.array(fc.constant({ ...HOURLY, limit: 30 }), { maxLength: 1 }),
    });
    const turn = fc.record({
      pause: fc.oneof(fc.nat(3_000), fc.nat(90_000)),
      waiting: fc.nat(8),
      /** Which of the leases of before is reported, and what of it is unspent. */
      report: fc.option(fc.record({ back: fc.nat(5), unspent: fc.nat(8), idleMs: fc.nat(2_000) })),
    });
    fc.assert(
      fc.property(limits, fc.array(turn, { minLength: 10, maxLength: 60 }), (limits, turns) => {
        let [now, sparing, eager]: [number, LedgerState | undefined, LedgerState | undefined] = [
          NOON,
          undefined,
          undefined,
        ];
        const leases: string[] = [];
        for (const { pause, waiting, report } of turns) {
          now += pause;
          const leaseId = report ? leases.at(-1 - report.back) : undefined;
          const reports = report && leaseId !== undefined ? [{ ...report, leaseId }] : [];
          const circumstances = at(now, { newId: () => `${leases.length}` });
          const key = { ...KEY, expiresAt: now + 24 * HOUR };
          const one = lend(key, limits, sparing, { ...asked(waiting), reports }, circumstances);
          const other = lend(key, limits, eager, { ...asked(waiting), reports }, circumstances);
          expect(one.lease).toEqual(other.lease);
          sparing = one.state ?? sparing;
          eager = other.state ?? new Ledger(limits, eager, now).state;
          if (one.lease.tokens) leases.push(one.lease.id);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a refusal", () => {
  test("is a lease with no tokens, which lives until there can be one, and nothing is to be stored", () => {
    const { lease, state } = refused({ ttlMs: 10_000 });
    expect(lease).toMatchObject({
      tokens: 0,
      ttlMs: 3_500,
      denial: { policy: "ten", kind: "rate", retryAfterMs: 3_500 },
    });
    expect(state).toBeUndefined();
  });

  test("stores what the same question reports, once", () => {
    const first = lend(KEY, rates(TEN), undefined, asked(10), at(NOON));
    const question = { ...asked(1), reports: [{ leaseId: first.lease.id, unspent: 0, idleMs: 0 }] };
    const second = lend(KEY, rates(TEN), first.state, question, at(NOON));
    expect([second.lease.tokens, second.state?.open]).toEqual([0, []]);
    expect(lend(KEY, rates(TEN), second.state, question, at(NOON)).state).toBeUndefined();
  });

  test("lives for one ttl at the most, however long the caller has to wait", () => {
    const { lease } = refused();
    expect([lease.ttlMs, lease.denial?.retryAfterMs]).toEqual([TTL, 3_500]);
  });

  test("ends a little early, so that isolates do not all ask at once; what the caller is told stays exact", () => {
    const isolates = [0, 0.5, 1].map((random) => refused({ ttlMs: 10_000, random: () => random }).lease);
    expect(isolates.map(({ ttlMs }) => ttlMs)).toEqual([3_500, 3_325, 3_150]);
    expect(new Set(isolates.map(({ denial }) => denial?.retryAfterMs))).toEqual(new Set([3_500]));
  });

  test("lasts a whole ttl at the least, where more is asked than can be answered", () => {
    const quick = { ...TEN, limit: 1_000, window: 1, burst: 1 };
    const { state } = lend(KEY, rates(quick), undefined, asked(1), at(NOON));
    const again = (flooded: boolean) =>
      lend(KEY, rates(quick), state, asked(1), at(NOON, { ttlMs: 9_000, flooded })).lease;
    expect(again(false).denial?.retryAfterMs).toBe(2_501);
    expect(again(true)).toMatchObject({ ttlMs: 9_000, denial: { retryAfterMs: 9_000 } });
  });
});

describe("where tokens are scarce, and isolates follow the feed", () => {
  const HUNDRED: Rate = { name: "hundred", limit: 100, window: 10, burst: 100 };
  const follows = (waiting: number, wanted = waiting) => ({ ...asked(waiting, wanted), keeps: 4 });
  const SLOW: Rate = { ...HUNDRED, name: "slow", window: 20 };
  /** All tokens are lent for 2 s. */
  const dry = (rate = HUNDRED) => lend(KEY, rates(rate), undefined, asked(100), at(NOON)).state;

  test("those who are refused get turns, one after the other, and know the rights of the key meanwhile", () => {
    let turn: number | undefined;
    const told = Array.from({ length: 3 }, () => {
      const lending = lend(KEY, rates(HUNDRED), dry(), follows(1), at(NOON + 2_550, { turn }));
      turn = lending.turn;
      const { ttlMs, rightsMs, denial } = lending.lease;
      expect([rightsMs, ttlMs]).toEqual([TTL, denial?.retryAfterMs]);
      return denial?.retryAfterMs;
    });
    expect(told).toEqual([88, 175, 263]);
  });

  test("no turn is later than a ttl, and the longest ones vary, so that isolates do not all ask at once", () => {
    const told = [0, 0.5, 1].map((random) => {
      const circumstances = at(NOON + 2_600, { turn: NOON + 60_000, random: () => random });
      return lend(KEY, rates(HUNDRED), dry(), follows(1), circumstances).lease.denial?.retryAfterMs;
    });
    expect(told).toEqual([TTL, 1_900, 1_800]);
  });

  test("the turn that is promised last never comes before an earlier one", () => {
    const last = NOON + 2_600 + TTL - 50;
    const { turn } = lend(KEY, rates(HUNDRED), dry(), follows(1), at(NOON + 2_600, { turn: last, random: () => 1 }));
    expect(turn).toBe(NOON + 2_600 + TTL);
  });

  test("a turn is no longer in a flood, because the tokens of that time would be lost", () => {
    const { lease } = lend(KEY, rates(HUNDRED), dry(), follows(1), at(NOON + 2_550, { flooded: true }));
    expect(lease.denial?.retryAfterMs).toBe(88);
  });

  test("isolates ask before a request needs the token only while they hold a sixteenth of the burst at most", () => {
    const told = [6, 7].map((held) => {
      const first = lend(KEY, rates(HUNDRED), undefined, asked(100 - held), at(NOON));
      const reports = [{ leaseId: first.lease.id, unspent: 0, idleMs: 0 }];
      const { state } = lend(KEY, rates(HUNDRED), first.state, { ...asked(held), reports }, at(NOON));
      return lend(KEY, rates(HUNDRED), state, follows(1), at(NOON)).lease;
    });
    expect(told.map(({ tokens, rightsMs }) => [tokens, rightsMs])).toEqual([
      [0, TTL],
      [0, undefined],
    ]);
    for (const { ttlMs, denial } of told) expect(ttlMs).toBe(denial?.retryAfterMs);
  });

  test("who gets a token while others wait for their turns waits for the next one", () => {
    const { lease } = lend(KEY, rates(HUNDRED), dry(), follows(1), at(NOON + 2_650, { turn: NOON + 3_000 }));
    expect([lease.tokens, lease.denial?.retryAfterMs]).toEqual([1, 438]);
  });

  test("who gets the last token while others wait has a turn, also where it cannot ask ahead for it", () => {
    const { state } = lend(KEY, rates(HUNDRED), undefined, asked(99), at(NOON));
    const { lease, turn } = lend(KEY, rates(HUNDRED), state, follows(1), at(NOON, { turn: NOON + 500 }));
    expect([lease.tokens, lease.rightsMs, turn]).toEqual([1, undefined, NOON + 587.5]);
  });

  test.each([
    ["who only reports", rates(HUNDRED), { ...asked(0), keeps: 4 }],
    ["who does not follow", rates(HUNDRED), asked(1)],
    ["of a small burst", rates({ ...HUNDRED, burst: 63 }), follows(1)],
    ["of tokens that come back faster than questions", rates({ ...HUNDRED, limit: 1_001 }), follows(1)],
    ["of a quota", { rates: [HUNDRED], quotas: [HOURLY] }, follows(1)],
  ])("there are no turns for those %s", (_, limits, question) => {
    const { lease, turn } = lend(KEY, limits, dry(), question, at(NOON, { turn: NOON + 500 }));
    expect([lease.rightsMs, turn]).toEqual([undefined, undefined]);
  });

  test("an isolate that needs few tokens keeps one for its next request, for 20 s, and the authority holds it for so long", () => {
    const { lease, state } = lend(KEY, rates(SLOW), dry(SLOW), follows(1), at(NOON + 3_000));
    expect([lease.tokens, lease.keepMs]).toEqual([2, 20_000]);
    expect(state?.open.at(-1)).toMatchObject({ tokens: 2, endsAt: NOON + 23_000 + 200 + 500 });
  });

  test("no isolate keeps one where the whole burst comes back in less than 20 s", () => {
    const { lease } = lend(KEY, rates(HUNDRED), dry(), follows(1), at(NOON + 3_000));
    expect([lease.tokens, lease.keepMs]).toEqual([1, undefined]);
  });

  test("all isolates together keep a sixteenth of the burst at most", () => {
    let { state } = lend(KEY, rates(SLOW), undefined, asked(60), at(NOON));
    const kept = Array.from({ length: 10 }, () => {
      const lending = lend(KEY, rates(SLOW), state, follows(1), at(NOON));
      state = lending.state;
      return lending.lease.keepMs === undefined ? 0 : (lending.lease.tokens as number);
    });
    expect(kept.reduce((sum, tokens) => sum + tokens)).toBeLessThanOrEqual(6);
    expect(kept[0]).toBe(2);
  });
});

test("tokens that were kept of a wider limit do not block a lower one, and are held and charged only like its own", () => {
  const wide = rates({ name: "wide", limit: 6_000, window: 60, burst: 6_000 });
  const narrow = rates({ name: "narrow", limit: 60, window: 60, burst: 60 });
  let state: LedgerState | undefined;
  for (let n = 0; n < 30; n++) ({ state } = lend(KEY, wide, state, { ...asked(1), keeps: 100 }, at(NOON)));
  const kept = (state as LedgerState).open.reduce((sum, { tokens }) => sum + tokens, 0);
  expect(kept).toBeGreaterThan(600);
  const { lease, state: lent } = lend(KEY, narrow, state, asked(100), at(NOON + 60_000));
  // Of its 60, it holds no more for them than its own leases could have kept.
  expect(lease.tokens).toBe(60 - 16);
  const after = lend(KEY, narrow, lent, asked(100), at(NOON + 700_000));
  expect(after.lease.tokens).toBe(60);
});

test.each([20, 1_005, 1_050, 2_005, 2_050, 3_005])(
  "a client that waits as told is admitted, even if kept leases of a wider limit end then: %i ms before",
  (beforeMs) => {
    // Of the narrow one, a token takes a little more than a second, which `Retry-After` rounds up.
    const wide = rates({ name: "wide", limit: 6_000, window: 60, burst: 6_000 });
    const narrow = rates({ name: "narrow", limit: 59, window: 60, burst: 60 });
    let state: LedgerState | undefined;
    for (let n = 0; n < 30; n++) ({ state } = lend(KEY, wide, state, { ...asked(1), keeps: 100 }, at(NOON)));
    const end = (state as LedgerState).open.at(-1)?.endsAt as number;
    const first = lend(KEY, narrow, state, asked(60), at(end - beforeMs));
    const reports = [{ leaseId: first.lease.id, unspent: 0, idleMs: 900 }];
    const askedAt = end - beforeMs;
    const refused = lend(KEY, narrow, first.state, { ...asked(1), reports }, at(askedAt));
    const retryAfterMs = refused.lease.denial?.retryAfterMs as number;
    const toldMs = Math.ceil(retryAfterMs / 1_000) * 1_000;
    const travelMs = 120;
    const again = lend(KEY, narrow, refused.state, asked(1), at(askedAt + toldMs + travelMs));
    expect([refused.lease.tokens, again.lease.tokens]).toEqual([0, 1]);
  },
);

test("a lease of scarce tokens asks for a report as soon as they are used up, but not in a flood", () => {
  const { lease } = lend(KEY, rates(TEN), undefined, asked(4), at(NOON));
  expect(lease.reportSoon).toBe(true);
  expect(lend(KEY, rates(TEN), undefined, asked(4), at(NOON, { flooded: true })).lease.reportSoon).toBe(false);
  expect(lend(KEY, rates(TEN), undefined, asked(1), at(NOON)).lease.reportSoon).toBe(false);
});

describe("a lone client", () => {
  test("that waits as long as it is told, whenever it is refused, is admitted then", () => {
    const anyRate = fc.record({
      name: fc.constant("rate"),
      limit: fc.integer({ min: 1, max: 20 }),
      window: fc.integer({ min: 1, max: 60 }),
      burst: fc.integer({ min: 1, max: 20 }),
    });
    const pauses = fc.array(fc.nat(3_000), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(
        anyRate,
        fc.option(fc.nat(30)),
        fc.float({ min: 0, max: 1, noNaN: true }),
        fc.option(fc.integer({ min: 64, max: 70 }), { nil: undefined }),
        pauses,
        (rate, hourly, random, burst, pauses) => {
          const quotas = hourly === null ? [] : [{ ...HOURLY, limit: hourly + 1 }];
          // A client of a great burst uses it up first, and then its isolate takes turns.
          const limits = burst ? { rates: [{ ...rate, burst }], quotas: [] } : { rates: [rate], quotas };
          const client = new LoneClient(limits, () => random);
          if (burst) while (client.request() === undefined);
          for (const pause of pauses) {
            client.now += pause;
            const retryAfterMs = client.request();
            if (retryAfterMs === undefined) continue;
            client.now += retryAfterMs;
            expect(client.request()).toBeUndefined();
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** As long as nothing changes. */
const ALWAYS: Cover = { rightAt: 0, isOver: false, isFresh: () => true };

/** One client on one isolate, with no distance to the authority. */
class LoneClient {
  now = NOON;
  readonly #limits: Limits;
  readonly #random: () => number;
  readonly #lender = new Lender();
  #state: LedgerState | undefined;
  #holding: Holding | undefined;

  constructor(limits: Limits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** `undefined` where it was admitted, else how long to wait. */
  request(): number | undefined {
    const holding = this.#holding?.isUseful(this.now) ? this.#holding : this.#ask();
    return holding.spend(this.now) ? undefined : holding.denial(this.now)?.retryAfterMs;
  }

  #ask(): Holding {
    const wanted = this.#holding?.wantedNext(this.now) ?? 1;
    const report = this.#holding?.end(this.now);
    const question = { waiting: 1, wanted, keeps: 4, reports: report ? [report] : [] };
    const key = { ...KEY, expiresAt: this.now + 24 * HOUR };
    const lending = lend(key, this.#limits, this.#state, question, {
      ...at(this.now, { random: this.#random }),
      ...this.#lender.circumstances(this.now),
    });
    this.#lender.book(lending);
    this.#state = lending.state ?? this.#state;
    this.#holding = new Holding(lending.lease, this.now, this.now, 0, ALWAYS);
    return this.#holding;
  }
}

describe("a renewal", () => {
  const MANY: Rate = { name: "many", limit: 90, window: 90, burst: 90 };
  /** A lease of 10 tokens, of which 4 are left a second later. */
  const held = (limits = rates(MANY), ttlMs = TTL) => lend(KEY, limits, undefined, asked(10), at(NOON, { ttlMs }));
  const renewing = (leaseId: string, unspent = 4, wanted = 12) => ({
    ...{ waiting: 0, wanted, reports: [] },
    renews: { leaseId, unspent, idleMs: 0 },
  });

  test("has what is left of the old lease among its tokens, and no other lease holds that", () => {
    const { lease: old, state } = held();
    const { lease, state: next } = lend(KEY, rates(MANY), state, renewing(old.id), at(NOON + 1_000));
    expect([lease.renewed, lease.tokens]).toEqual([true, 12]);
    expect(next?.open.map(({ id, tokens }) => [id, tokens])).toEqual([[lease.id, 12]]);
  });

  test("never has fewer tokens than are left, whatever is wanted", () => {
    const { lease: old, state } = held();
    expect(lend(KEY, rates(MANY), state, renewing(old.id, 9, 1), at(NOON + 1_000)).lease.tokens).toBe(9);
  });

  test("that comes twice renews once: the second time the old lease is over", () => {
    const { lease: old, state } = held();
    const first = lend(KEY, rates(MANY), state, renewing(old.id), at(NOON + 1_000));
    const second = lend(KEY, rates(MANY), first.state, renewing(old.id), at(NOON + 1_000));
    expect(second.lease.renewed).toBeUndefined();
    expect(second.state?.open).toHaveLength(2);
  });

  test.each([
    ["after its end", rates(MANY), NOON + TTL, TTL],
    ["if limits were lowered below what is left", rates({ ...MANY, burst: 3 }), NOON + 1_000, TTL],
    ["if the next one would end earlier", rates(MANY), NOON + 100, 1_000],
    ["after the clock stepped back", rates(MANY), NOON - 1_000, 5_000],
  ])("leaves the old lease as it is %s", (_, limits, now, ttlMs) => {
    const { lease: old, state } = held();
    const { lease, state: next } = lend(KEY, limits, state, renewing(old.id), at(now, { ttlMs }));
    expect(lease.renewed).toBeUndefined();
    expect((next ?? state)?.open.map(({ id }) => id)).toContain(old.id);
  });
});
