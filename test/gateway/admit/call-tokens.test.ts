import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Account, Taken } from "../../../src/domain/call-account.ts";
import type { AccountQuestion, TokenLease } from "../../../src/domain/lease.ts";
import { type AskAccount, CallTokens } from "../../../src/gateway/admit/call-tokens.ts";
import { newId } from "../../helpers/workerd.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const TTL = 2_000;

let pending: Promise<unknown>[];
beforeEach(() => {
  pending = [];
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const objectOf = (name: string) => env.AUTHORITY.get(env.AUTHORITY.idFromName(name));
const askObject: AskAccount = (name, question) => objectOf(name).askAccount(question) as Promise<TokenLease>;
const isolate = (ask: AskAccount = askObject) => new CallTokens(ask, TTL, () => Date.now());
const waitUntil = (promise: Promise<unknown>) => pending.push(promise);

function account(limit: number, window: number, burst = limit): Account {
  const name = newId("actor");
  return { name: `actor:${name}:calls`, limits: { rates: [{ name, limit, window, burst }], quotas: [] } };
}

const take = (accounts: CallTokens, ...groups: Account[][]) => accounts.take("somebody", groups, waitUntil);
const kindsOf = (taken: readonly Taken[]) => {
  const count = (kind: Taken["kind"]) => taken.filter((each) => each.kind === kind).length;
  return { taken: count("taken"), denied: count("denied"), unavailable: count("unavailable") };
};
function waitOf(taken: Taken): number {
  if (taken.kind !== "denied") throw new Error(`is ${taken.kind}`);
  return taken.retryAfterMs;
}

test("2,000 callers who were denied, each in another organization, are all denied from memory", async () => {
  const denial = { kind: "rate", policy: "calls", retryAfterMs: 1_500 } as const;
  const lease: TokenLease = { id: "lease", tokens: 0, ttlMs: TTL, denial, policies: [] };
  const calls = isolate(async () => lease);
  const callers = Array.from({ length: 2_000 }, (_, n) => `caller ${n}`);
  for (const caller of callers) {
    const alternatives = [[account(60, 60), account(60, 60)], [account(60, 60)]];
    expect((await calls.take(caller, alternatives, waitUntil)).kind).toBe("denied");
  }
  expect(callers.filter((caller) => calls.deniedBefore(caller) === undefined)).toEqual([]);
});

describe("a call that one account must agree to", () => {
  test("is counted exactly over many isolates, however they ask at once", async () => {
    const actor = account(60, 3_600);
    const isolates = Array.from({ length: 5 }, () => isolate());
    const taken: Taken[] = [];
    for (let round = 0; round < 6; round++) {
      taken.push(
        ...(await Promise.all(isolates.flatMap((each) => Array.from({ length: 4 }, () => take(each, [actor]))))),
      );
    }
    const { taken: admitted, unavailable } = kindsOf(taken);
    expect(unavailable).toBe(0);
    expect(admitted).toBeLessThanOrEqual(60);
    expect(admitted).toBeGreaterThan(50);
  });

  test.each([
    [1, 1],
    [5, 60],
    [300, 3_600],
  ])("of %i in %i s is admitted after exactly the time that it was told, and not before", async (limit, window) => {
    for (const early of [0, 1]) {
      const actor = account(limit, window, 3);
      const lone = isolate();
      expect(kindsOf([await take(lone, [actor]), await take(lone, [actor]), await take(lone, [actor])]).taken).toBe(3);
      wait(waitOf(await take(lone, [actor])) - early);
      expect((await take(lone, [actor])).kind).toBe(early === 0 ? "taken" : "denied");
    }
  });

  test("costs no question while a denial lasts, for as many isolates as there are", async () => {
    const actor = account(1, 3_600);
    const asked: AccountQuestion[] = [];
    const lone = isolate((name, question) => {
      asked.push(question);
      return askObject(name, question);
    });
    await take(lone, [actor]);
    await take(lone, [actor]);
    expect(lone.deniedBefore("somebody")).toMatchObject({ kind: "denied" });
    expect(lone.deniedBefore("somebody else")).toBeUndefined();
    asked.length = 0;
    for (let call = 0; call < 100; call++) expect((await take(lone, [actor])).kind).toBe("denied");
    expect(asked).toEqual([]);
  });

  test("keeps its count under limits that change: those of the question hold", async () => {
    const actor = account(10, 3_600);
    const lone = isolate();
    for (let call = 0; call < 8; call++) await take(lone, [actor]);
    const [rate] = actor.limits.rates;
    const lower = { ...actor, limits: { rates: [{ ...rate, limit: 3, burst: 3 }], quotas: [] } } as Account;
    wait(TTL + 500);
    expect((await take(isolate(), [lower])).kind).not.toBe("unavailable");
    const after = kindsOf(await Promise.all(Array.from({ length: 10 }, () => take(isolate(), [lower]))));
    expect(after.taken).toBeLessThanOrEqual(3);
  });
});

describe("a call that two accounts must agree to", () => {
  test("is refused by either, with the longer of the two times", async () => {
    const [actor, organization] = [account(1, 10), account(1, 60)];
    const lone = isolate();
    expect((await take(lone, [actor, organization])).kind).toBe("taken");
    expect(await take(lone, [actor, organization])).toMatchObject({ policy: organization.limits.rates[0]?.name });
    wait(10_000);
    expect(await take(lone, [actor, organization])).toMatchObject({ policy: organization.limits.rates[0]?.name });
    wait(50_000);
    expect((await take(lone, [actor, organization])).kind).toBe("taken");
  });

  test("spends nothing of the one where the other refuses", async () => {
    const [actor, organization] = [account(10, 3_600), account(2, 3_600)];
    for (let call = 0; call < 9; call++) {
      await take(isolate(), [actor, organization]);
      wait(10);
    }
    await Promise.all(pending);
    const alone = kindsOf(await Promise.all(Array.from({ length: 20 }, () => take(isolate(), [actor]))));
    expect(alone.taken).toBe(8);
  });

  test("leaves all that it could not use to others by the time that it is refused", async () => {
    const [flooding, other, organization] = [account(4, 3_600), account(4, 3_600), account(12, 3_600)];
    const isolates = [isolate(), isolate()];
    const flood = isolates.flatMap((each) => Array.from({ length: 20 }, () => take(each, [flooding, organization])));
    expect(kindsOf(await Promise.all(flood)).taken).toBe(4);
    const others = isolates.flatMap((each) => Array.from({ length: 2 }, () => take(each, [other, organization])));
    expect(kindsOf(await Promise.all(others)).taken).toBe(4);
  });

  test("tells how both stand", async () => {
    const [actor, organization] = [account(10, 60), account(50, 60)];
    const taken = await take(isolate(), [actor, organization]);
    const policies = taken.kind === "taken" ? taken.policies : [];
    expect(policies.map(({ remaining, limit }) => [remaining, limit])).toEqual([
      [9, 10],
      [49, 50],
    ]);
  });
});

describe("a lease with tokens left", () => {
  test("gives them back at its end, though nobody calls again", async () => {
    const actor = account(9, 3_600);
    const [first, second] = [isolate(), isolate()];
    const burst = await Promise.all(Array.from({ length: 4 }, () => take(first, [actor])));
    const again = await Promise.all(Array.from({ length: 1 }, () => take(first, [actor])));
    expect(kindsOf([...burst, ...again]).taken).toBe(5);
    wait(TTL);
    await Promise.all(pending);
    expect(kindsOf(await Promise.all(Array.from({ length: 9 }, () => take(second, [actor])))).taken).toBe(4);
  });
});

describe("a call that has another account to fall back on", () => {
  test("is charged to that one only once the first is used up", async () => {
    const [actor, reserve] = [account(2, 3_600), account(3, 3_600)];
    const lone = isolate();
    const taken = [];
    for (let call = 0; call < 7; call++) taken.push(await take(lone, [actor], [reserve]));
    expect(kindsOf(taken)).toEqual({ taken: 5, denied: 2, unavailable: 0 });
    expect((await take(isolate(), [reserve])).kind).toBe("denied");
  });

  test("is told the shorter of the two times, and is admitted after it", async () => {
    const [actor, reserve] = [account(1, 3_600), account(1, 30)];
    const lone = isolate();
    await take(lone, [actor], [reserve]);
    await take(lone, [actor], [reserve]);
    const retryAfterMs = waitOf(await take(lone, [actor], [reserve]));
    expect(retryAfterMs).toBeLessThanOrEqual(30_000);
    wait(retryAfterMs);
    expect((await take(lone, [actor], [reserve])).kind).toBe("taken");
  });
});

describe("an account that cannot be asked", () => {
  test.each([
    ["fails", () => Promise.reject(new Error("down"))],
    ["does not answer", () => new Promise<never>(() => {})],
  ])("makes the call unavailable where its object %s, and is left alone for a second", async (_, ask) => {
    vi.useRealTimers();
    let asked = 0;
    const lone = isolate((name, question) => {
      asked += 1;
      return name.startsWith("actor:") ? ask() : askObject(name, question);
    });
    expect((await take(lone, [account(10, 60)])).kind).toBe("unavailable");
    expect(asked).toBe(1);
  });
});

describe("the object of an account", () => {
  test("frees its storage once the account is whole again, and counts on until then", async () => {
    const actor = account(3, 60);
    const stored = () => runInDurableObject(objectOf(actor.name), (_, { storage }) => [...storage.kv.list()].length);
    await take(isolate(), [actor]);
    await take(isolate(), [actor]);
    wait(30_000);
    await runDurableObjectAlarm(objectOf(actor.name));
    expect(await stored()).toBe(1);
    const left = kindsOf(await Promise.all(Array.from({ length: 5 }, () => take(isolate(), [actor]))));
    expect(left.taken).toBe(2);
    for (let ring = 0; ring < 5 && (await stored()) > 0; ring++) {
      const at = await runInDurableObject(objectOf(actor.name), (_, { storage }) => storage.getAlarm());
      vi.setSystemTime(Math.max(at as number, Date.now()));
      await runDurableObjectAlarm(objectOf(actor.name));
    }
    expect(await stored()).toBe(0);
    expect(Date.now()).toBeLessThan(NOON + 5 * 60_000);
    const anew = kindsOf(await Promise.all(Array.from({ length: 5 }, () => take(isolate(), [actor]))));
    expect(anew.taken).toBe(3);
  });
});
