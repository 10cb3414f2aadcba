import { afterEach, describe, expect, test, vi } from "vitest";
import type { Gateway } from "../../../src/config/compile.ts";
import type { FeedAnswer } from "../../../src/domain/feed.ts";
import type { Answer, Question } from "../../../src/domain/lease.ts";
import type { Identity } from "../../../src/gateway/admit/identify.ts";
import { Leases } from "../../../src/gateway/admit/lease.ts";
import { aKey } from "../../domain/fixtures.ts";
import { gateway } from "../plane.ts";

const identity: Identity = { keyId: "key_1", hash: "h", environment: "sandbox", foundIn: "memory" };
const KEEP_MS = 600_000;

afterEach(() => {
  vi.useRealTimers();
});

/** One isolate that follows the feed, with a lease of ten tokens that it keeps. */
async function following(of: Gateway = gateway) {
  const clock = { now: 1_000_000 };
  const questions: Question[] = [];
  const pending: Promise<unknown>[] = [];
  const feed = { isSilent: false, changes: [] as FeedAnswer["changes"] };
  const keep = (work: Promise<unknown>) => void pending.push(work);
  const ask = async (question: Question): Promise<Answer> => {
    questions.push(question);
    const lease = {
      id: `lease_${questions.length}`,
      record: aKey({ id: question.keyId, environment: "sandbox" }),
      tokens: 10,
      ttlMs: KEEP_MS,
    };
    const kept =
      question.keeps === undefined ? { ttlMs: 2_000 } : { rightsMs: of.leaseTtlMs, keepMs: KEEP_MS, number: 7 };
    return { kind: "lease", lease: { ...lease, ...kept, denial: null, policies: [] } };
  };
  const askFeed = async (_: number, { after }: { after: unknown }): Promise<FeedAnswer> => {
    if (feed.isSilent) throw new Error("silent");
    const answer = { position: { number: 7, mark: "m" }, changes: feed.changes, generation: 0, ageMs: 0 };
    return after === undefined ? answer : { ...answer, after: 7 };
  };
  const leases = new Leases(ask, of, () => clock.now, { number: 0, ask: askFeed });
  /** Requests of another key, so that the feed is asked. */
  const hearFeed = async () => {
    for (let n = 0; n < 3; n++) leases.held({ ...identity, keyId: "key_2" }, keep);
    await Promise.all(pending.splice(0));
  };
  await hearFeed();
  await leases.hold(identity, keep);
  expect(questions[0]?.keeps).toBeGreaterThan(0);
  return { clock, questions, feed, leases, hearFeed, held: () => leases.held(identity) };
}

describe("a lease that is kept", () => {
  test("is used again after the feed was silent, and does not go back meanwhile", async () => {
    const { clock, questions, feed, leases, hearFeed, held } = await following();
    feed.isSilent = true;
    clock.now += 5_000;
    expect(held()).toBeUndefined();
    await leases.giveBackNow([identity]);
    feed.isSilent = false;
    await hearFeed();
    expect(held()?.left).toBe(10);
    expect(questions).toHaveLength(1);
  });

  test("goes back once its key has changed", async () => {
    const { clock, questions, feed, leases, hearFeed, held } = await following();
    feed.changes = [{ subject: "sandbox/key_1", number: 8 }];
    clock.now += 5_000;
    await hearFeed();
    expect(held()).toBeUndefined();
    await leases.giveBackNow([identity]);
    expect(questions[1]?.reports).toMatchObject([{ leaseId: "lease_1", unspent: 10 }]);
  });

  test("goes back once its life is over", async () => {
    const { clock, questions, leases, hearFeed } = await following();
    clock.now += KEEP_MS;
    await hearFeed();
    await leases.giveBackNow([identity]);
    expect(questions[1]?.reports).toMatchObject([{ leaseId: "lease_1", unspent: 10 }]);
  });
});

test("what is kept goes back if no request comes for some seconds, and stays if one does", async () => {
  for (const isInUse of [true, false]) {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const { clock, questions, leases, hearFeed } = await following();
    const round = leases.giveBack([identity]);
    for (let second = 0; second < 10; second += 1) {
      clock.now += 1_000;
      if (isInUse) await hearFeed();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await round;
    const unspent = questions.slice(1).flatMap(({ reports }) => reports.map((report) => report.unspent));
    expect(unspent).toEqual(isInUse ? [] : [10]);
  }
});

test.each([
  { leaseTtlMs: 500, ms: 8_500 },
  { leaseTtlMs: 2_000, ms: 8_500 },
  { leaseTtlMs: 10_000, ms: 11_000 },
])("all goes back $ms ms after a round of reports, with a ttl of $leaseTtlMs ms", async ({ leaseTtlMs, ms }) => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const { clock, questions, leases } = await following({ ...gateway, leaseTtlMs });
  const round = leases.giveBack([identity]);
  for (let passed = 0; passed < ms; passed += 500) {
    expect(questions).toHaveLength(1);
    clock.now += 500;
    await vi.advanceTimersByTimeAsync(500);
  }
  await round;
  expect(questions.slice(1)).toMatchObject([{ reports: [{ unspent: 10 }] }]);
});

test("what is left of the leases of a key that is no longer remembered is not looked for", async () => {
  const { questions, leases } = await following();
  const strangers = Array.from({ length: 60_000 }, (_, n) => ({ ...identity, keyId: `key_${n + 10}` }));
  await leases.giveBackNow(strangers);
  expect(leases.held(identity)?.left).toBe(10);
  expect(questions).toHaveLength(1);
});

describe("of many keys that leave tokens over", () => {
  const MANY = Array.from({ length: 600 }, (_, n): Identity => ({ ...identity, keyId: `key_${n}` }));

  async function used(refusesReports: (keyId: string, nth: number) => boolean) {
    const clock = { now: 1_000_000 };
    const reported: string[] = [];
    const leases = new Leases(
      async ({ keyId, reports }) => {
        if (reports.length > 0) {
          reported.push(keyId);
          if (refusesReports(keyId, reported.length)) throw new Error("not reached");
        }
        const lease = { id: `lease_${keyId}`, record: aKey({ id: keyId, environment: "sandbox" }), tokens: 10 };
        return { kind: "lease", lease: { ...lease, ttlMs: 2_000, denial: null, policies: [] } };
      },
      gateway,
      () => clock.now,
    );
    for (const key of MANY) await leases.hold(key, () => {});
    clock.now += 5_000;
    return { leases, reported };
  }

  test("some give them back at once, and each of the others later, once", async () => {
    const { leases, reported } = await used(() => false);
    await leases.giveBackNow(MANY);
    const first = reported.length;
    expect(first).toBeLessThan(300);
    // Those that are left over are named again.
    for (let round = 0; round < 2; round++) await leases.giveBackNow(MANY);
    expect(reported.toSorted()).toEqual(MANY.map(({ keyId }) => keyId).toSorted());
  });

  test("those whose authority was not reached are told in the next round, though nobody names them", async () => {
    const { leases, reported } = await used((keyId, nth) => keyId === "key_7" && nth <= 20);
    await leases.giveBackNow(MANY.slice(0, 20));
    await leases.giveBackNow([]);
    expect(reported.filter((keyId) => keyId === "key_7")).toHaveLength(2);
  });
});
