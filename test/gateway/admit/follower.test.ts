/** When an isolate asks the feed of changes, and which leases it can keep by the answers. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FeedAnswer, FeedQuestion } from "../../../src/domain/feed.ts";
import type { Question } from "../../../src/domain/lease.ts";
import { Follower } from "../../../src/gateway/admit/follower.ts";
import type { Identity } from "../../../src/gateway/admit/identify.ts";
import { Leases } from "../../../src/gateway/admit/lease.ts";
import { WatchedClock } from "../../../src/gateway/admit/watched-clock.ts";
import { aKey } from "../../domain/fixtures.ts";
import { gateway } from "../plane.ts";

const TTL_MS = 2_000;
const KEEP_MS = 600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const now = () => Date.now();
const ignore = () => {};

/** Of a D1 in which nothing changes. */
const answerTo = ({ after }: FeedQuestion, ageMs = 0): FeedAnswer => ({
  position: { number: 5, mark: "m5" },
  ...(after && { after: after.number }),
  ...{ changes: [], generation: 0, ageMs },
});

type Feed = (question: FeedQuestion) => Promise<FeedAnswer | undefined>;

/** An isolate in which requests come all the time. */
function following(ask: Feed, ttlMs = TTL_MS) {
  const askedAt: number[] = [];
  const source = {
    number: 0,
    ask: (_: number, question: FeedQuestion) => {
      askedAt.push(now());
      return ask(question);
    },
  };
  const follower = new Follower(source, ttlMs, new WatchedClock(now), ignore);
  const isFresh = () => follower.chain?.isFresh(now(), ttlMs, 0) ?? false;
  /** Returns at how many moments nothing was known. */
  const use = async (ms: number) => {
    let gaps = 0;
    for (let passed = 0; passed < ms; passed += 10) {
      follower.see(now(), ignore);
      await pass(10);
      if (!isFresh()) gaps += 1;
    }
    return gaps;
  };
  return { use, askedAt };
}

test.each([
  ["one second, and the questions wait for the next look", 1_000, 400, 0],
  ["one second, and an older feed answers from an earlier look", 1_000, 150, 200],
  ["two seconds", 2_000, 400, 0],
  ["ten seconds", 10_000, 400, 200],
])("With a ttl of %s, each answer comes while the one before is fresh", async (_, ttlMs, takesMs, ageMs) => {
  const { use } = following(async (question) => {
    await pause(takesMs);
    return answerTo(question, ageMs);
  }, ttlMs);
  await use(takesMs + 100);
  expect(await use(20_000)).toBe(0);
});

test("One question that fails does not keep the isolate from the feed", async () => {
  let fails = false;
  const { use, askedAt } = following(async (question) => {
    if (fails) throw new Error("lost");
    return answerTo(question);
  });
  await use(1_000);
  fails = true;
  askedAt.length = 0;
  while (askedAt.length === 0) await use(10);
  fails = false;
  expect(await use(5_000)).toBe(0);
});

test("A feed that cannot answer is left alone for three seconds, once nothing that it said is fresh", async () => {
  const { use, askedAt } = following(async () => undefined);
  await use(9_500);
  expect(askedAt.map((at) => at - (askedAt[0] as number))).toEqual([0, 3_000, 6_000, 9_000]);
});

test("What is asked for after a pause, while the feed is asked too, can be kept", async () => {
  const asked: Question[] = [];
  let feed: Feed = async (question) => answerTo(question);
  const leases = new Leases(
    async (question) => {
      asked.push(question);
      const record = aKey({ id: question.keyId, environment: question.environment });
      const keepMs = question.keeps === undefined ? {} : { keepMs: KEEP_MS };
      return {
        kind: "lease",
        lease: { id: "l", record, tokens: null, ttlMs: TTL_MS, denial: null, policies: [], number: 5, ...keepMs },
      };
    },
    gateway,
    now,
    { number: 0, ask: (_, question) => feed(question) },
  );
  const use = async (keyId: string) => {
    const identity: Identity = { keyId, hash: "h", environment: "sandbox", foundIn: "memory" };
    return leases.held(identity, ignore) ?? (await leases.hold(identity, ignore));
  };
  for (let n = 0; n < 3; n++) await use("other");
  await pass(3_000);
  const { promise, resolve } = Promise.withResolvers<void>();
  feed = async (question) => {
    await promise;
    return answerTo(question);
  };
  for (const keyId of ["first", "second", "third"]) await use(keyId);
  resolve();
  feed = async (question) => answerTo(question);
  await pass(1_500);
  for (let n = 0; n < 3; n++) await use("other");
  await pass(1_000);
  asked.length = 0;
  await use("third");
  expect(asked).toEqual([]);
  await use("second");
  expect(asked.map(({ keyId }) => keyId)).toEqual(["second"]);
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
