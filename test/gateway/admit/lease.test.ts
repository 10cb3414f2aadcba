import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Credential } from "../../../src/decide/credentials.ts";
import type { Holding } from "../../../src/domain/holding.ts";
import type { KeyRecord } from "../../../src/domain/key.ts";
import type { Answer, Denial, Lease, Question } from "../../../src/domain/lease.ts";
import { isRefusal } from "../../../src/errors.ts";
import { spend } from "../../../src/gateway/admit/api-keys.ts";
import type { Identity } from "../../../src/gateway/admit/identify.ts";
import { Leases } from "../../../src/gateway/admit/lease.ts";
import { findRecord, type Keys } from "../../../src/gateway/admit/record.ts";
import { askAuthority } from "../../authority/ask.ts";
import { aKey } from "../../domain/fixtures.ts";
import { migrate, seedKey } from "../../helpers/workerd.ts";
import { gateway } from "../plane.ts";

beforeAll(migrate);
afterEach(() => {
  vi.useRealTimers();
});

const identity: Identity = { keyId: "key_1", hash: "h", environment: "sandbox", foundIn: "memory" };
const ignore = () => {};
const CREDENTIAL: Credential = { secret: "s", environment: "sandbox" };
const VISIT = { client: "198.51.100.7", waitUntil: ignore };
const PLAN_UNKNOWN: Answer = { kind: "plan_unknown", plan: "gold" };
const PLAN_UNKNOWN_REFUSAL = { code: "plan_unknown", plan: "gold" };
let made = 0;

function leaseOf(tokens: number | null, ttlMs = 2_000, denial: Denial | null = null, record = aKey()): Answer {
  made += 1;
  const lease: Lease = { id: `lease_${made}`, record, tokens, ttlMs, denial, policies: [] };
  return { kind: "lease", lease };
}

/** One isolate whose authority answers as told. */
function isolate(answer: (question: Question) => Answer | Promise<Answer>) {
  const clock = { now: 1_000_000 };
  const questions: Question[] = [];
  const leases = new Leases(
    async (question) => {
      questions.push(question);
      return answer(question);
    },
    gateway,
    () => clock.now,
  );
  return { clock, questions, leases, hold: (who = identity) => leases.hold(who, ignore) };
}

function holdingOf(held: Holding | { code: string }): Holding {
  if (isRefusal(held)) throw new Error(`refused: ${held.code}`);
  return held as Holding;
}

describe("a lease in an isolate", () => {
  test("serves one request after the other until its tokens are used up, with one question", async () => {
    const { clock, questions, hold } = isolate(() => leaseOf(3));
    for (let i = 0; i < 3; i++) expect(holdingOf(await hold()).spend(clock.now)).toBe(true);
    expect(questions).toHaveLength(1);
    await hold();
    expect(questions).toHaveLength(2);
  });

  test("lives from before the question was sent, however long the answer took", async () => {
    const slow = isolate(async () => {
      slow.clock.now += 1_500;
      return leaseOf(null);
    });
    const holding = holdingOf(await slow.hold());
    expect(holding.spend(slow.clock.now + 499)).toBe(true);
    expect(holding.spend(slow.clock.now + 500)).toBe(false);
  });

  test("is asked for anew once it is over", async () => {
    const { clock, questions, hold } = isolate(() => leaseOf(null));
    await hold();
    clock.now += 1_999;
    await hold();
    expect(questions).toHaveLength(1);
    clock.now += 1;
    await hold();
    expect(questions).toHaveLength(2);
  });

  test("is dropped when the clock steps back, by however little", async () => {
    const { clock, questions, hold } = isolate(() => leaseOf(null));
    await hold();
    clock.now -= 1;
    await hold();
    expect(questions).toHaveLength(2);
    clock.now += 1_500;
    await hold();
    expect(questions).toHaveLength(2);
    // Still after the lease was asked for, so that only a look at the clock in between can tell.
    clock.now -= 1_000;
    await hold();
    expect(questions).toHaveLength(3);
  });

  test("that denies is believed for as long as it lives, and tells how much of its time is left", async () => {
    const denial: Denial = { policy: "r", kind: "rate", retryAfterMs: 5_000 };
    const { clock, questions, hold } = isolate(() => leaseOf(0, 2_000, denial));
    await hold();
    clock.now += 1_200;
    expect(holdingOf(await hold()).denial(clock.now)).toEqual({ ...denial, retryAfterMs: 3_800 });
    expect(questions).toHaveLength(1);
    clock.now += 800;
    await hold();
    expect(questions).toHaveLength(2);
  });

  test("that denies is not believed once it is over, even if the answer came that late", async () => {
    const denial: Denial = { policy: "r", kind: "rate", retryAfterMs: 5_000 };
    const slow = isolate(async () => {
      slow.clock.now += 2_000;
      return leaseOf(0, 2_000, denial);
    });
    const holding = holdingOf(await slow.hold());
    expect(spend(holding, slow.clock.now)).toBe("none left");
  });

  test("is of one key in one environment", async () => {
    const { questions, hold } = isolate(() => leaseOf(null));
    await hold();
    await hold({ ...identity, keyId: "key_2" });
    await hold({ ...identity, environment: "production" });
    expect(questions.map(({ environment, keyId }) => [environment, keyId])).toEqual([
      ["sandbox", "key_1"],
      ["sandbox", "key_2"],
      ["production", "key_1"],
    ]);
  });
});

test("an isolate remembers thousands of keys, and fewer if their lists are long", async () => {
  const list = Array.from({ length: 500 }, (_, n) => `ws_${n}_${"x".repeat(55)}`);
  for (const [workspaces, isRemembered] of [
    [[], true],
    [list, false],
  ] as const) {
    const { questions, hold } = isolate(() => leaseOf(10, 2_000, null, aKey({ workspaces })));
    for (let n = 0; n < 1_500; n++) await hold({ ...identity, keyId: `key_${n}` });
    await hold({ ...identity, keyId: "key_0" });
    expect(questions).toHaveLength(isRemembered ? 1_500 : 1_501);
  }
});

describe("the question to an authority", () => {
  test("is one for all who wait, and says how many they are", async () => {
    const { clock, questions, leases, hold } = isolate(({ waiting }) => leaseOf(waiting));
    const spend = async () => {
      while (!holdingOf(await hold()).spend(clock.now));
    };
    await Promise.all(Array.from({ length: 40 }, () => leases.queue(identity, spend)));
    expect(questions.map(({ waiting }) => waiting)).toEqual([40]);
  });

  test("reports what the last lease left unspent, so that it cannot be spent here any more", async () => {
    const { clock, questions, hold } = isolate(() => leaseOf(5));
    const holding = holdingOf(await hold());
    holding.spend(clock.now);
    clock.now += 2_000;
    await hold();
    expect(questions[1]?.reports).toEqual([{ leaseId: holding.lease.id, unspent: 4, idleMs: 2_000 }]);
    expect(holding.spend(clock.now - 2_000)).toBe(false);
  });

  test.each([
    ["that cannot be reached", () => Promise.reject(new Error("down")), { code: "authority_unavailable" }],
    ["that does not know the limits", () => PLAN_UNKNOWN, PLAN_UNKNOWN_REFUSAL],
  ])("repeats a report until an authority has heard it, after one %s", async (_, fail, refusal) => {
    let fails = false;
    const { clock, questions, leases, hold } = isolate(() => (fails ? fail() : leaseOf(1)));
    await hold();
    clock.now += 2_000;
    fails = true;
    expect(await hold()).toEqual(refusal);
    await leases.giveBackNow([identity]);
    fails = false;
    await hold();
    expect(questions[3]?.reports).toEqual(questions[1]?.reports);
    expect(questions[3]?.reports).toHaveLength(1);
    clock.now += 2_000;
    await hold();
    expect(questions[4]?.reports).toHaveLength(1);
    expect(questions[4]?.reports).not.toEqual(questions[3]?.reports);
  });

  test("wants twice as many tokens where the last were used up early", async () => {
    const { clock, questions, hold } = isolate(({ wanted }) => leaseOf(wanted));
    for (let i = 0; i < 15; i++) holdingOf(await hold()).spend(clock.now);
    expect(questions.map(({ wanted }) => wanted)).toEqual([1, 2, 4, 8]);
  });

  test("wants twice as many also where the next request comes late in the life of the last, and not after it", async () => {
    const { clock, questions, hold } = isolate(({ wanted }) => leaseOf(wanted));
    const use = async () => holdingOf(await hold()).spend(clock.now);
    await use();
    clock.now += 1_900;
    await use();
    await use();
    clock.now += 2_000;
    await use();
    expect(questions.map(({ wanted }) => wanted)).toEqual([1, 2, 2]);
  });
});

test("a secret that a record lacks is asked for, though a question with another secret is under way", async () => {
  const other: Identity = { ...identity, hash: "new" };
  const answers: PromiseWithResolvers<Answer>[] = [];
  const { questions, leases, hold } = isolate(() => {
    const answer = Promise.withResolvers<Answer>();
    answers.push(answer);
    return answer.promise;
  });
  const record = aKey({ secrets: [{ hash: "new", expiresAt: null }] });
  const [first, looked] = [hold(), leases.look(identity, ignore)];
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  leases.drop(other);
  const [second, anew] = [hold(other), leases.look(other, ignore)];
  await vi.waitFor(() => expect(questions.map(({ secretHash }) => secretHash)).toEqual(["h", "h", "new", "new"]));
  for (const answer of answers.slice(2)) answer.resolve(leaseOf(5, 2_000, null, record));
  expect(holdingOf(await second).lease.record).toEqual(record);
  expect(await anew).toEqual(record);
  // What the older question brings goes back, even if both were asked in the same millisecond.
  for (const answer of answers.slice(0, 2)) answer.resolve(leaseOf(7));
  expect(holdingOf(await first).lease.record).toEqual(record);
  await looked;
  expect(holdingOf(await hold(other)).left).toBe(5);
  leases.drop({ ...identity, hash: "third" });
  void hold(other);
  await vi.waitFor(() => expect(questions.at(-1)?.reports).toMatchObject([{ unspent: 7 }, { unspent: 5 }]));
});

test.each(["hold", "look"] as const)(
  "a secret that a record lacks costs one question, however many requests show it at once: %s",
  async (how) => {
    const renewed = aKey({ secrets: [{ hash: "new", expiresAt: null }] });
    const { questions, leases, hold } = isolate(({ secretHash, waiting }) =>
      leaseOf(Math.max(1, waiting), 2_000, null, secretHash === "new" ? renewed : aKey()),
    );
    await hold();
    const first: Identity = { ...identity, hash: "new" };
    const found: Promise<Identity> = Promise.resolve(first);
    const keys = { leases, identifier: { identifyAnew: () => found } } as unknown as Keys;
    const findOne = () =>
      leases.queue<unknown>(first, () =>
        how === "hold"
          ? findRecord<Holding>(CREDENTIAL, first, keys, VISIT, {
              read: (identity) => leases.hold(identity, ignore),
              recordIn: ({ lease }) => lease.record,
            })
          : findRecord<KeyRecord>(CREDENTIAL, first, keys, VISIT, {
              read: (identity) => leases.look(identity, ignore),
              recordIn: (record) => record,
            }),
      );
    const all = await Promise.all(Array.from({ length: 10 }, findOne));
    expect(all.filter((one) => isRefusal(one as object))).toEqual([]);
    expect(questions.map(({ secretHash }) => secretHash)).toEqual(["h", "new"]);
    await findOne();
    expect(questions).toHaveLength(how === "hold" ? 2 : 3);
  },
);

describe("a restore of D1", () => {
  test("is in each question from when the isolate has heard of it on, the latest alone", async () => {
    const { clock, questions, leases, hold } = isolate(() => leaseOf(1));
    const askAfter = async (generation?: number) => {
      leases.hear({ generation });
      clock.now += 2_000;
      await hold();
      await leases.lookAnew(identity, ignore);
      return questions.slice(-2).map((question) => question.generation);
    };
    expect(await askAfter()).toEqual([undefined, undefined]);
    expect(await askAfter(1_000_008)).toEqual([1_000_008, 1_000_008]);
    // From a collector that runs older code, or has not heard of it yet.
    expect(await askAfter()).toEqual([1_000_008, 1_000_008]);
    expect(await askAfter(0)).toEqual([1_000_008, 1_000_008]);
    expect(await askAfter(2_000_009)).toEqual([2_000_009, 2_000_009]);
  });
});

describe("a key on a plan", () => {
  const plans = { free: { rates: [{ name: "minute", limit: 3, window: 60, burst: 3 }], quotas: [] } };
  const isolateOn = (plan: string | null) => {
    const [told, clock] = [[] as unknown[], { now: 1_000_000 }];
    const record = aKey({ plan, expiresAt: 2_000_000 });
    const leases = new Leases(
      async (question) => {
        told.push(question.plans && JSON.parse(question.plans));
        return { kind: "lease", lease: { id: "a", record, tokens: 1, ttlMs: 2_000, denial: null, policies: [] } };
      },
      { ...gateway, plans },
      () => clock.now,
    );
    return { told, clock, leases };
  };

  test.each([
    ["free", plans],
    ["gold", undefined],
    [null, undefined],
  ])("is asked about with the limits of all plans, and then of its own alone: %s", async (plan, own) => {
    const { told, clock, leases } = isolateOn(plan);
    await leases.hold(identity, ignore);
    clock.now += 3_000;
    await leases.look(identity, ignore);
    await leases.hold(identity, ignore);
    expect(told).toEqual([plans, own, own]);
  });

  test("that only its authority knows is not served without the authority: nobody here could count it", async () => {
    const [known, unknown] = [isolateOn("free"), isolateOn("gold")];
    for (const { leases } of [known, unknown]) await leases.hold(identity, ignore);
    expect(known.leases.holdWithoutAuthority(identity)?.lease.policies).toMatchObject([{ limit: 3 }]);
    expect(unknown.leases.holdWithoutAuthority(identity)).toBeUndefined();
  });
});

describe("faults of an authority", () => {
  test("are answered with authority_unavailable, and the next request asks again", async () => {
    let down = true;
    const { questions, hold } = isolate(() => {
      if (down) throw new Error("down");
      return leaseOf(null);
    });
    expect(await hold()).toEqual({ code: "authority_unavailable" });
    down = false;
    expect(isRefusal(await hold())).toBe(false);
    expect(questions).toHaveLength(2);
  });

  test("are told after as long as a lease lives where there is no answer, and it is left alone for a second then", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { clock, questions, hold } = isolate(() => new Promise(() => {}));
    const held = hold();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await held).toEqual({ code: "authority_unavailable" });
    clock.now += 999;
    expect(await hold()).toEqual({ code: "authority_unavailable" });
    clock.now += 1;
    const again = hold();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await again).toEqual({ code: "authority_unavailable" });
    // The first question is still under way, and serves the second too.
    expect(questions).toHaveLength(1);
  });

  test("that come after a newer lease change nothing of it, and what they brought goes back", async () => {
    const late = Promise.withResolvers<Answer>();
    const { clock, questions, leases, hold } = isolate(() => (questions.length === 1 ? late.promise : leaseOf(9)));
    const first = hold();
    await undefined;
    await undefined;
    expect(questions).toHaveLength(1);
    clock.now += 15_000;
    const newer = holdingOf(await hold());
    expect(newer.spend(clock.now)).toBe(true);
    const old = leaseOf(5);
    late.resolve(old);
    await first;
    expect(leases.held(identity)).toBe(newer);
    clock.now += 2_000;
    await hold();
    const unspent = questions[2]?.reports.map(({ leaseId, unspent }) => [leaseId, unspent]);
    const oldId = old.kind === "lease" ? old.lease.id : "";
    expect(unspent).toEqual([
      [oldId, 5],
      [newer.lease.id, 8],
    ]);
  });

  test("fill no limit again, however often it answers in between", async () => {
    const limits = { rates: [{ name: "minute", limit: 3, window: 60 }], quotas: [] };
    const record = aKey({ limits, expiresAt: 2_000_000 });
    const { clock, leases, hold } = isolate(() => leaseOf(1, 2_000, null, record));
    const spentWithoutAuthority = () =>
      Array.from({ length: 10 }).filter(() => leases.holdWithoutAuthority(identity)?.spend(clock.now)).length;
    await leases.queue(identity, async () => {
      await hold();
      expect(spentWithoutAuthority()).toBe(3);
      clock.now += 3_000;
      await hold();
      expect(spentWithoutAuthority()).toBe(0);
    });
  });

  test("never end in a refusal of the key", async () => {
    const refusals = isolate(({ keyId }) =>
      keyId === "key_1" ? { kind: "no_such_key" } : { kind: "plan_unknown", plan: "gold" },
    );
    expect(await refusals.hold()).toEqual({ code: "key_unknown" });
    expect(await refusals.hold({ ...identity, keyId: "key_2" })).toEqual({ code: "plan_unknown", plan: "gold" });
  });
});

describe("many isolates over one authority", () => {
  test("admit as many requests as the burst and not one more, however they ask", async () => {
    const limits = { rates: [{ name: "r", limit: 60, window: 3_600, burst: 60 }] };
    const key = await seedKey({ limits });
    const who: Identity = { keyId: key.id, hash: key.hash, environment: "sandbox", foundIn: "memory" };
    let admitted = 0;
    const clientOf = (leases: Leases) => async () => {
      const holding = holdingOf(await leases.queue(who, () => leases.hold(who, ignore)));
      if (holding.spend(Date.now())) admitted += 1;
    };
    const isolates = Array.from({ length: 6 }, () => new Leases(askAuthority, gateway, () => Date.now()));
    for (let round = 0; round < 8; round++) {
      await Promise.all(isolates.flatMap((leases) => Array.from({ length: 5 }, () => clientOf(leases)())));
    }
    expect(admitted).toBeLessThanOrEqual(60);
    // What is not spent is at most what the isolates keep for their next requests.
    expect(admitted).toBeGreaterThan(30);
  });
});

describe("an isolate that waits for its turn", () => {
  const denial: Denial = { policy: "r", kind: "rate", retryAfterMs: 300 };
  const inTurn = (tokens: number): Answer => {
    const answer = leaseOf(tokens, tokens === 0 ? 300 : 2_000, denial);
    return answer.kind === "lease" ? { ...answer, lease: { ...answer.lease, rightsMs: 2_000 } } : answer;
  };

  /** Its first answer took 100 ms, and refused it. `next`: the tokens of the next ones. */
  async function refused(...next: number[]) {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let answer = (): Answer | Promise<Answer> => inTurn(next[world.questions.length - 2] ?? 0);
    const world = isolate(() => {
      if (world.questions.length > 1) return answer();
      world.clock.now += 100;
      return inTurn(0);
    });
    await world.hold();
    const answerWith = (other: typeof answer) => {
      answer = other;
    };
    const pending: Promise<unknown>[] = [];
    const use = () => {
      const held = world.leases.held(identity, (work) => void pending.push(work));
      return held ? spend(held, world.clock.now) : "waits";
    };
    const pass = async (ms: number) => {
      world.clock.now += ms;
      await vi.advanceTimersByTimeAsync(ms);
    };
    return { ...world, use, pass, answerWith };
  }
  const DENIED = { code: "rate_exceeded" };

  test("refuses from memory until then, and asks just then, so that the next request does not wait", async () => {
    const { questions, use, pass } = await refused(1);
    expect(use()).toMatchObject({ ...DENIED, retryAfterMs: 300 });
    await pass(299);
    expect(use()).toMatchObject({ ...DENIED, retryAfterMs: 1 });
    expect(questions).toHaveLength(1);
    await pass(1);
    expect(questions[1]).toMatchObject({ waiting: 0, wanted: 1 });
    expect(use()).toBe("spent");
    expect(use()).toMatchObject(DENIED);
  });

  test("waits for the answer if its turn has come, however far away the authority is", async () => {
    const world = await refused();
    const { promise, resolve } = Promise.withResolvers<Answer>();
    world.answerWith(() => promise);
    world.use();
    await world.pass(300);
    const waits = world.hold();
    await world.pass(1_000);
    resolve(inTurn(1));
    expect(holdingOf(await waits).left).toBe(1);
    expect(world.questions).toHaveLength(2);
  });

  test("asks for nothing if no request comes", async () => {
    const { questions, pass } = await refused();
    await pass(5_000);
    expect(questions).toHaveLength(1);
  });

  test("asks four times in vain, and then leaves it to the next request", async () => {
    const { questions, use, pass } = await refused(0, 0, 0, 0, 0);
    expect(use()).toMatchObject(DENIED);
    for (let n = 0; n < 7; n++) await pass(300);
    expect(questions).toHaveLength(5);
    expect(use()).toBe("waits");
  });

  test("has its next turn asked for when it takes its last token", async () => {
    const { questions, use, pass } = await refused(1, 1);
    use();
    await pass(300);
    expect([use(), questions.length]).toEqual(["spent", 2]);
    await pass(300);
    expect([questions.length, use()]).toEqual([3, "spent"]);
  });

  test("asks anew as soon as its key is dropped", async () => {
    const { questions, use, pass, leases, hold } = await refused(1);
    use();
    leases.drop(identity);
    expect(holdingOf(await hold()).left).toBe(1);
    await pass(1_000);
    expect(questions).toHaveLength(2);
  });
});

describe("a steady key", () => {
  const RENEWED = { renewed: true };
  const leased = (tokens: number, changes: Partial<Lease> = {}): Answer => {
    const answer = leaseOf(tokens);
    return answer.kind === "lease" ? { ...answer, lease: { ...answer.lease, ...changes } } : answer;
  };

  /** One isolate with a lease of 40 tokens that is used every 91 ms; `next` answers all questions after the first. */
  async function steady(next: (nth: number) => Answer | Promise<Answer>) {
    let asked = 0;
    const world = isolate(() => {
      asked += 1;
      return asked === 1 ? leased(40) : next(asked);
    });
    const pending: Promise<unknown>[] = [];
    /** Whether it got a token without waiting. */
    const use = () => world.leases.held(identity, (work) => void pending.push(work))?.spend(world.clock.now) ?? false;
    await world.hold();
    const first = world.leases.held(identity) as Holding;
    for (; world.clock.now < 1_001_820; world.clock.now += 91) expect(use()).toBe(true);
    expect(world.questions).toHaveLength(1);
    expect(use()).toBe(true);
    await undefined;
    await undefined;
    return { ...world, first, pending, use };
  }

  test("asks for the next lease before the end of the present one, once, and never waits", async () => {
    const gate = Promise.withResolvers<Answer>();
    const { clock, questions, first, pending, use, leases } = await steady(() => gate.promise);
    const renews = { leaseId: first.lease.id, unspent: 19, idleMs: 0 };
    expect(questions[1]).toMatchObject({ waiting: 0, wanted: 28, renews, reports: [] });
    clock.now += 40;
    expect([use(), use()]).toEqual([true, true]);
    gate.resolve(leased(27, RENEWED));
    await Promise.all(pending);
    const next = leases.held(identity) as Holding;
    // Two of its tokens were spent from the old lease, which has none any more.
    expect([next.left, first.left, first.spend(clock.now)]).toEqual([25, 0, false]);
    clock.now = 1_003_819;
    expect(next.isLive(clock.now)).toBe(true);
    // From before the question.
    expect(next.isLive(clock.now + 1)).toBe(false);
    expect(questions).toHaveLength(2);
  });

  test("has the new record at once", async () => {
    const record = aKey({ version: "new", expiresAt: 2_000_000 });
    const { pending, leases } = await steady(() => leased(27, { ...RENEWED, record }));
    await Promise.all(pending);
    expect(leases.held(identity)?.lease.record.version).toBe("new");
  });

  test("loses the tokens of a key that has ended", async () => {
    const { pending, leases, first, clock } = await steady(() => leaseOf(null));
    await Promise.all(pending);
    expect([first.spend(clock.now), leases.held(identity)?.lease.tokens]).toEqual([false, null]);
  });

  test("spends what it has while a renewal fails, and asks at the end as ever", async () => {
    const { clock, questions, first, pending, use, hold } = await steady((nth) => {
      if (nth === 2) throw new Error("down");
      return leased(5);
    });
    await Promise.all(pending);
    clock.now += 179;
    expect(use()).toBe(true);
    expect(questions).toHaveLength(2);
    clock.now += 1;
    expect(use()).toBe(false);
    expect(holdingOf(await hold()).left).toBe(5);
    expect(questions[2]).toMatchObject({ reports: [{ leaseId: first.lease.id, unspent: 18 }] });
  });

  test("does not wait long for a slow renewal, and gives its tokens back when it comes after all", async () => {
    const gate = Promise.withResolvers<Answer>();
    const { clock, questions, pending, leases, hold } = await steady((nth) => (nth === 2 ? gate.promise : leased(5)));
    clock.now += 200;
    const other = holdingOf(await hold());
    gate.resolve(leased(27, RENEWED));
    await Promise.all(pending);
    expect(leases.held(identity)).toBe(other);
    clock.now += 2_000;
    await hold();
    expect(questions[3]?.reports).toMatchObject([{ unspent: 27 }, { leaseId: other.lease.id, unspent: 5 }]);
  });

  test("who finds no token while a renewal is under way gets one of the next lease", async () => {
    const gate = Promise.withResolvers<Answer>();
    const { clock, questions, hold } = await steady(() => gate.promise);
    clock.now += 180;
    const waiting = hold();
    gate.resolve(leased(27, RENEWED));
    expect(holdingOf(await waiting).left).toBe(27);
    expect(questions).toHaveLength(2);
  });

  test("waits for a renewal as long as the last answer took, and again as long, where that was long", async () => {
    const gate = Promise.withResolvers<Answer>();
    const world = isolate(() => {
      if (world.questions.length > 1) return gate.promise;
      world.clock.now += 250;
      return leased(40);
    });
    const { clock, questions, leases, hold } = world;
    const first = holdingOf(await hold());
    for (; questions.length < 2; clock.now += 50) {
      leases.held(identity, ignore)?.spend(clock.now);
      await undefined;
      await undefined;
    }
    first.end(clock.now);
    clock.now += 400;
    const waiting = hold();
    gate.resolve(leased(27, RENEWED));
    expect([holdingOf(await waiting).left, questions.length]).toEqual([27, 2]);
  });

  test("keeps its tokens if an older authority has no more for now", async () => {
    const denial: Denial = { policy: "r", kind: "rate", retryAfterMs: 5_000 };
    const { pending, leases, first } = await steady(() => leaseOf(0, 2_000, denial));
    await Promise.all(pending);
    expect(leases.held(identity)).toBe(first);
  });

  test("reports the old lease if an older authority has lent without it", async () => {
    const { clock, questions, first, pending, leases, hold } = await steady(() => leased(9));
    await Promise.all(pending);
    expect([first.left, leases.held(identity)?.left]).toEqual([0, 9]);
    clock.now += 2_000;
    await hold();
    expect(questions[2]?.reports).toMatchObject([{ leaseId: first.lease.id, unspent: 19 }, { unspent: 9 }]);
  });

  test("forgets a renewal when its lease is dropped", async () => {
    const gate = Promise.withResolvers<Answer>();
    const { pending, leases, hold } = await steady((nth) => (nth === 2 ? gate.promise : leased(5)));
    leases.drop(identity);
    const anew = holdingOf(await hold());
    gate.resolve(leased(27, RENEWED));
    await Promise.all(pending);
    expect(leases.held(identity)).toBe(anew);
  });
});
