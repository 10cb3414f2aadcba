import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Lease } from "../../src/domain/lease.ts";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { askLease, authorityOf, tell } from "./ask.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
/** A lease that nobody reports is over then: its ttl and the margin. */
const LEASE_OVER_MS = 2_500;

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const rate = (limit: number, window: number, burst = limit) => ({ rates: [{ name: "r", limit, window, burst }] });
const tokensOf = (leases: readonly Lease[]) => leases.reduce((sum, { tokens }) => sum + (tokens ?? Number.NaN), 0);

/** Many isolates ask at once. */
const askAtOnce = async (key: SeededKey, times: number) =>
  tokensOf(await Promise.all(Array.from({ length: times }, () => askLease(key))));

/** A client that sends one request after the other, through one isolate. */
function loneClient(key: SeededKey) {
  let last: Lease | undefined;
  return async () => {
    const reports = last?.tokens ? [{ leaseId: last.id, unspent: 0, idleMs: 0 }] : [];
    last = await askLease(key, { reports });
    return last;
  };
}

describe("a rate", () => {
  test("of burst 50 gives 50 tokens to 200 questions at once, and 50 again when they are back", async () => {
    const key = await seedKey({ limits: rate(50, 10) });
    expect(await askAtOnce(key, 200)).toBe(50);
    wait(LEASE_OVER_MS + 10_000);
    expect(await askAtOnce(key, 200)).toBe(50);
  });

  test("gives back not one token too early", async () => {
    const key = await seedKey({ limits: rate(50, 10) });
    await askAtOnce(key, 50);
    wait(LEASE_OVER_MS + 9_999);
    expect(await askAtOnce(key, 200)).toBe(49);
  });

  test("gives one question as many tokens as requests wait, and no more than there are", async () => {
    const key = await seedKey({ limits: rate(50, 10) });
    expect((await askLease(key, { waiting: 30 })).tokens).toBe(30);
    expect((await askLease(key, { waiting: 30 })).tokens).toBe(20);
    expect(await askLease(key, { waiting: 30 })).toMatchObject({ tokens: 0, denial: { policy: "r", kind: "rate" } });
  });

  test("gives back what a lease reports as unspent, once", async () => {
    const key = await seedKey({ limits: rate(50, 3_600) });
    const lease = await askLease(key, { waiting: 50 });
    const reports = [{ leaseId: lease.id, unspent: 20, idleMs: 0 }];
    expect((await askLease(key, { waiting: 50, reports })).tokens).toBe(20);
    expect((await askLease(key, { waiting: 50, reports })).tokens).toBe(0);
  });

  test("believes no report of more unspent tokens than were lent, nor of a lease that it never gave", async () => {
    const key = await seedKey({ limits: rate(10, 3_600) });
    const lease = await askLease(key, { waiting: 10 });
    const reports = [
      { leaseId: lease.id, unspent: 1_000, idleMs: 0 },
      { leaseId: "another", unspent: 1_000, idleMs: 0 },
    ];
    expect((await askLease(key, { waiting: 1_000, reports })).tokens).toBe(10);
  });

  test.each([
    ["aborted", () => abortAllDurableObjects()],
    ["evicted", (key: SeededKey) => evictDurableObject(authorityOf(key))],
  ])("admits not one request more where the authority is %s in mid-window", async (_, restart) => {
    const key = await seedKey({ limits: rate(50, 3_600) });
    expect((await askLease(key, { waiting: 30 })).tokens).toBe(30);
    await restart(key);
    expect(await askAtOnce(key, 100)).toBe(20);
    await restart(key);
    expect(await askAtOnce(key, 100)).toBe(0);
    wait(LEASE_OVER_MS);
    await restart(key);
    expect(await askAtOnce(key, 100)).toBe(0);
  });

  test("does not grow where the clock steps back, nor by asking again and again", async () => {
    const key = await seedKey({ limits: rate(10, 60) });
    expect(await askAtOnce(key, 20)).toBe(10);
    wait(-3_600_000);
    expect(await askAtOnce(key, 20)).toBe(0);
    wait(LEASE_OVER_MS + 6_000);
    expect(await askAtOnce(key, 20)).toBe(1);
  });

  test("counts every secret of the key, and every isolate, together", async () => {
    const key = await seedKey({ limits: rate(5, 3_600) });
    const tokens = await Promise.all([1, 2, 3].map((waiting) => askLease(key, { waiting, wanted: 100 })));
    expect(tokensOf(tokens)).toBe(5);
  });

  test.each([
    [1, 1],
    [3, 10],
    [7, 60],
    [100, 1],
    [1, 3_600],
  ])(
    "of %i in %i s admits a lone client that waits exactly as long as it was told, and not one millisecond sooner",
    async (limit, window) => {
      for (const early of [0, 1]) {
        const key = await seedKey({ limits: rate(limit, window) });
        const request = loneClient(key);
        for (let i = 0; i < limit; i++) expect((await request()).tokens).toBe(1);
        const { denial } = await request();
        wait((denial?.retryAfterMs as number) - early);
        expect((await request()).tokens).toBe(early === 0 ? 1 : 0);
      }
    },
  );

  test("is denied for no longer than until a token can exist, and for no longer than a lease lives", async () => {
    const key = await seedKey({ limits: rate(1, 1) });
    const request = loneClient(key);
    await request();
    const soon = await request();
    expect(soon.ttlMs).toBeLessThanOrEqual(soon.denial?.retryAfterMs as number);
    const slow = await seedKey({ limits: rate(1, 3_600) });
    const rare = loneClient(slow);
    await rare();
    expect((await rare()).ttlMs).toBeLessThanOrEqual(2_000);
  });
});

describe("several limits", () => {
  const limits = {
    rates: [
      { name: "few", limit: 5, window: 3_600 },
      { name: "many", limit: 1_000, window: 3_600 },
    ],
    quotas: [{ name: "day", limit: 500, per: "day" as const }],
  };

  test("are all or nothing: what one refuses costs the others nothing", async () => {
    const key = await seedKey({ limits });
    expect(await askAtOnce(key, 300)).toBe(5);
    const { denial, policies } = await askLease(key);
    expect(denial).toMatchObject({ policy: "few", kind: "rate" });
    expect(policies.map(({ name, remaining }) => [name, remaining])).toEqual([
      ["few", 0],
      ["many", 995],
      ["day", 495],
    ]);
  });

  test("of which a quota is used up refuse by the quota, and spend nothing of the rates", async () => {
    const key = await seedKey({ limits: { ...limits, quotas: [{ name: "day", limit: 3, per: "day" }] } });
    expect(await askAtOnce(key, 50)).toBe(3);
    wait(LEASE_OVER_MS);
    const { denial, policies } = await askLease(key);
    expect(denial).toMatchObject({ policy: "day", kind: "quota" });
    expect(policies.find(({ name }) => name === "few")?.remaining).toBe(2);
  });

  test("of plan and key are the lower of each name", async () => {
    const key = await seedKey({
      plan: "free",
      limits: {
        rates: [{ name: "minute", limit: 2, window: 60 }],
        quotas: [{ name: "day", limit: 1_000_000, per: "day" }],
      },
    });
    const { policies } = await askLease(key);
    expect(policies.map(({ name, limit }) => [name, limit])).toEqual([
      ["minute", 2],
      ["day", 10_000],
    ]);
  });

  test("that are changed count what was spent under those of before", async () => {
    const key = await seedKey({ limits: rate(10, 3_600) });
    expect(await askAtOnce(key, 8)).toBe(8);
    wait(LEASE_OVER_MS);
    const raised = JSON.stringify({ ...rate(20, 3_600), quotas: [] });
    await env.DB.prepare("UPDATE api_keys SET limits = ? WHERE id = ?").bind(raised, key.id).run();
    await tell(key);
    expect(await askAtOnce(key, 30)).toBe(12);
  });
});

describe("a quota", () => {
  test.each([
    ["hour", Date.UTC(2040, 4, 31, 13)],
    ["day", Date.UTC(2040, 5, 1)],
    ["month", Date.UTC(2040, 5, 1)],
  ] as const)("per %s ends at the border in UTC, to the millisecond", async (per, border) => {
    const key = await seedKey({ limits: { quotas: [{ name: "q", limit: 10, per }] } });
    vi.setSystemTime(border - 60_000);
    expect(await askAtOnce(key, 30)).toBe(10);
    vi.setSystemTime(border - 1_000);
    const { denial } = await askLease(key);
    expect(denial).toEqual({ policy: "q", kind: "quota", retryAfterMs: 1_000 });
    vi.setSystemTime(border - 1);
    expect(await askAtOnce(key, 30)).toBe(0);
    vi.setSystemTime(border);
    expect(await askAtOnce(key, 30)).toBe(10);
  });

  test("lends nothing beyond its border: what is left of a lease ends with the period", async () => {
    const key = await seedKey({ limits: { quotas: [{ name: "q", limit: 10, per: "day" }] } });
    vi.setSystemTime(Date.UTC(2040, 5, 1) - 700);
    expect(await askLease(key)).toMatchObject({ tokens: 1, ttlMs: 695 });
  });

  test("survives a restart of the authority", async () => {
    const key = await seedKey({ limits: { quotas: [{ name: "q", limit: 10, per: "month" }] } });
    expect(await askAtOnce(key, 4)).toBe(4);
    wait(86_400_000 / 4);
    await evictDurableObject(authorityOf(key));
    expect(await askAtOnce(key, 30)).toBe(6);
  });

  test.each([
    ["the key is disabled", { table: "api_keys", column: "disabled_at", off: NOON, on: null }],
    ["its organization is suspended", { table: "organizations", column: "status", off: "suspended", on: "active" }],
  ])("gets back what is reported while %s, once", async (_, { table, column, off, on }) => {
    const key = await seedKey({ limits: { quotas: [{ name: "q", limit: 100, per: "day" }] } });
    const set = async (value: unknown) => {
      const id = table === "api_keys" ? key.id : key.organizationId;
      await env.DB.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`).bind(value, id).run();
      await tell(key);
    };
    const lease = await askLease(key, { waiting: 60 });
    await set(off);
    const reports = [{ leaseId: lease.id, unspent: 58, idleMs: 0 }];
    for (const waiting of [1, 0]) {
      expect(await askLease(key, { waiting, wanted: waiting, reports })).toMatchObject({ tokens: null, policies: [] });
    }
    await set(on);
    await evictDurableObject(authorityOf(key));
    expect((await askLease(key, { waiting: 200 })).tokens).toBe(98);
  });
});

describe("no limits", () => {
  test("are lent as a lease that counts nothing and lives as long as any", async () => {
    const key = await seedKey();
    expect(await askLease(key)).toMatchObject({ tokens: null, denial: null, policies: [], ttlMs: 2_000 });
  });
});
