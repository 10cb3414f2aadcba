import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Answer, Question } from "../../../src/domain/lease.ts";
import type { Identity } from "../../../src/gateway/admit/identify.ts";
import { REPORT_AFTER_MS, UsageCounter, type Use } from "../../../src/gateway/admit/usage.ts";

const identity: Identity = { keyId: "key_1", hash: "h", environment: "sandbox", foundIn: "memory" };
const question: Question = {
  ...{ environment: "sandbox", keyId: "key_1", secretHash: "h" },
  ...{ waiting: 1, wanted: 1, reports: [] },
};
const forwarded: Use = { route: "/a", outcome: "forwarded", scope: "a:read" };
const refused: Use = { route: "/a", outcome: "scope_missing", scope: undefined };

afterEach(() => {
  vi.useRealTimers();
});

const answer: Answer = { kind: "no_such_key" };

/** One isolate's counter. Rounds last `reportAfterMs`; the timers that they take are waited for by `settle`. */
function counterOf({
  reportAfterMs = 1_000_000,
  fails = () => false,
}: {
  reportAfterMs?: number;
  fails?: () => boolean;
} = {}) {
  const clock = { now: 0 };
  const asked: Question[] = [];
  const reported: string[] = [];
  const timers: Promise<unknown>[] = [];
  const counter: UsageCounter = new UsageCounter(
    async ({ keyId }) => {
      reported.push(keyId);
      await ask({ ...question, keyId, waiting: 0, wanted: 0 });
    },
    () => clock.now,
    reportAfterMs,
  );
  const ask = counter.carriedBy(async (given) => {
    asked.push(given);
    if (fails()) throw new Error("down");
    return answer;
  });
  const count = (use = forwarded, keyId = identity.keyId) =>
    counter.count({ ...identity, keyId }, use, (timer) => timers.push(timer));
  return { clock, asked, reported, timers, ask, count, settle: () => Promise.all(timers) };
}

describe("what an isolate has counted", () => {
  test("goes with the next question, once", async () => {
    const { asked, ask, count } = counterOf();
    count();
    count(refused);
    count();
    await ask(question);
    await ask(question);
    expect(asked[0]?.usage).toEqual({
      id: expect.any(String),
      counts: [
        { route: "/a", outcome: "forwarded", requests: 2 },
        { route: "/a", outcome: "scope_missing", requests: 1 },
      ],
      scopes: ["a:read"],
    });
    expect(asked[1]).toEqual(question);
  });

  test("goes with questions of its own key alone", async () => {
    const { asked, ask, count } = counterOf();
    count(forwarded, "key_2");
    await ask(question);
    expect(asked[0]?.usage).toBeUndefined();
    await ask({ ...question, keyId: "key_2" });
    expect(asked[1]?.usage?.counts).toHaveLength(1);
  });

  test("is sent again under the same id where no answer came, and what was counted since goes under another", async () => {
    let down = true;
    const { asked, ask, count } = counterOf({ fails: () => down });
    count();
    await expect(ask(question)).rejects.toThrow("down");
    count(refused);
    down = false;
    await ask(question);
    await ask(question);
    const [lost, again, rest] = asked.map(({ usage }) => usage);
    expect(again).toEqual(lost);
    expect(rest?.id).not.toBe(lost?.id);
    expect(rest?.counts).toEqual([{ route: "/a", outcome: "scope_missing", requests: 1 }]);
  });
});

describe("what no question takes along", () => {
  test("is reported once its time has come", async () => {
    const { asked, count, settle } = counterOf({ reportAfterMs: 20 });
    count();
    expect(asked).toEqual([]);
    await settle();
    expect(asked).toMatchObject([{ keyId: "key_1", waiting: 0, wanted: 0, usage: { counts: [{ requests: 1 }] } }]);
  });

  test("is not reported where a question came first, and what was counted after that has its own time", async () => {
    const { clock, asked, reported, ask, count, settle, timers } = counterOf({ reportAfterMs: 20 });
    count();
    await ask(question);
    // Past the time in which it could join the round that has begun.
    clock.now += 2;
    count();
    expect(timers).toHaveLength(2);
    await timers[0];
    expect(reported).toEqual([]);
    await settle();
    expect(reported).toEqual(["key_1"]);
    expect(asked).toHaveLength(2);
  });

  test("of many keys takes one timer, and each key is told of by itself", async () => {
    const { reported, count, settle, timers } = counterOf({ reportAfterMs: 20 });
    for (const key of ["key_1", "key_2", "key_3", "key_1"]) count(forwarded, key);
    expect(timers).toHaveLength(1);
    await settle();
    expect(reported).toEqual(["key_1", "key_2", "key_3"]);
  });

  test("of more keys than one request may make calls takes another timer", () => {
    const { count, timers } = counterOf();
    for (let key = 0; key < 401; key++) count(forwarded, `key_${key}`);
    expect(timers).toHaveLength(2);
  });

  test("is told in full where a report from before was lost", async () => {
    let down = true;
    const { asked, ask, count, settle } = counterOf({ reportAfterMs: 20, fails: () => down });
    count();
    await expect(ask(question)).rejects.toThrow("down");
    count(refused);
    down = false;
    await settle();
    const outcomes = asked.slice(1).flatMap(({ usage }) => usage?.counts.map(({ outcome }) => outcome) ?? []);
    expect(outcomes).toEqual(["forwarded", "scope_missing"]);
  });

  test("waits for the key's next use where it cannot be told", async () => {
    let down = true;
    const { asked, count, settle, timers } = counterOf({ reportAfterMs: 20, fails: () => down });
    count();
    await settle();
    down = false;
    count(refused);
    expect(timers).toHaveLength(2);
    await settle();
    const ids = asked.map(({ usage }) => usage?.id);
    expect(asked).toHaveLength(3);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });
});

describe("an isolate that is killed", () => {
  test("has told all that it counted more than 10 s before, whatever was asked and used meanwhile", async () => {
    const step = fc.record({
      after: fc.integer({ min: 0, max: 4_000 }),
      key: fc.constantFrom("key_1", "key_2", "key_3"),
      does: fc.constantFrom("count", "count", "ask"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
        const told = new Map<string, number>();
        const counted: { key: string; nth: number; at: number }[] = [];
        const counter: UsageCounter = new UsageCounter((who) => ask(who.keyId), Date.now);
        const carried = counter.carriedBy(async ({ keyId, usage }) => {
          const requests = usage?.counts.reduce((sum, count) => sum + count.requests, 0) ?? 0;
          told.set(keyId, (told.get(keyId) ?? 0) + requests);
          return answer;
        });
        const ask = async (keyId: string) => {
          await carried({ ...question, keyId });
        };
        for (const { after, key, does } of steps) {
          await vi.advanceTimersByTimeAsync(after);
          if (does === "ask") await ask(key);
          else {
            counter.count({ ...identity, keyId: key }, forwarded, () => {});
            counted.push({ key, nth: counted.filter((count) => count.key === key).length + 1, at: Date.now() });
          }
          for (const { key, nth, at } of counted) {
            if (Date.now() - at >= REPORT_AFTER_MS) expect(told.get(key) ?? 0).toBeGreaterThanOrEqual(nth);
          }
        }
        await vi.advanceTimersByTimeAsync(REPORT_AFTER_MS);
        for (const key of ["key_1", "key_2", "key_3"]) {
          expect(told.get(key) ?? 0).toBe(counted.filter((count) => count.key === key).length);
        }
        vi.useRealTimers();
      }),
      { numRuns: 50 },
    );
  });
});
