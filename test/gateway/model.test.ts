/** The model of costs beside the real lease, authority and D1, for one key in two isolates. */

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { takeCounts } from "../../bench/workers/counting.ts";
import { authorityName } from "../../src/authority/name.ts";
import { simulateKey } from "../../src/cli/model/key.ts";
import { seeded } from "../../src/cli/model/random.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { reportAfterMs } from "../../src/domain/pace.ts";
import { isRefusal } from "../../src/errors.ts";
import type { Identity } from "../../src/gateway/admit/identify.ts";
import { Leases } from "../../src/gateway/admit/lease.ts";
import { askAuthority, countWrites, instrumentAuthority } from "../authority/ask.ts";
import { migrate, seedKey } from "../helpers/workerd.ts";
import { gateway } from "./plane.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const SECONDS = 240;
const ISOLATES = 2;

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Counts {
  readonly requests: number;
  readonly admitted: number;
  readonly questions: number;
  readonly objectRows: number;
  readonly alarmSets: number;
  readonly d1Reads: number;
}

/** Real clients, isolates and objects, by a clock that this test moves. */
async function runForReal(perSecond: number, limits: Limits): Promise<Counts> {
  const key = await seedKey({ limits });
  const identity: Identity = { keyId: key.id, hash: key.hash, environment: key.environment, foundIn: "memory" };
  const stub = env.AUTHORITY.get(env.AUTHORITY.idFromName(authorityName(key.environment, key.id)));
  const counts = { requests: 0, admitted: 0, questions: 0, d1Reads: 0 };
  const random = seeded(7);
  const pending: Promise<unknown>[] = [];
  const isolates = Array.from(
    { length: ISOLATES },
    () =>
      new Leases(
        (question) => {
          counts.questions += 1;
          return askAuthority(question);
        },
        gateway,
        () => Date.now(),
      ),
  );
  await instrumentAuthority(key, (_, go) => {
    counts.d1Reads += 1;
    return go();
  });
  await countWrites(stub);

  async function ringUntil(at: number): Promise<void> {
    for (;;) {
      const alarm = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
      if (alarm === null || alarm > at) return;
      vi.setSystemTime(alarm);
      await runDurableObjectAlarm(stub);
    }
  }

  async function request(isolate: Leases): Promise<void> {
    counts.requests += 1;
    for (;;) {
      const keep = (each: Promise<unknown>) => void pending.push(each);
      const holding =
        isolate.held(identity, keep) ?? (await isolate.queue(identity, () => isolate.hold(identity, keep)));
      if (isRefusal(holding)) throw new Error(holding.code);
      if (holding.spend(Date.now())) counts.admitted += 1;
      else if (holding.denial(Date.now()) === null) continue;
      break;
    }
    await Promise.all(pending.splice(0));
  }

  /** When what is left of each isolate's leases goes back next, and whether once more if one lives. */
  const rounds = new Map<Leases, { at: number; isLast: boolean }>();
  async function giveBackUntil(now: number): Promise<void> {
    for (const [isolate, { at, isLast }] of [...rounds]) {
      if (at > now) continue;
      vi.setSystemTime(at);
      const live = await isolate.giveBackNow([identity]);
      rounds.delete(isolate);
      if (live.length > 0 && !isLast) rounds.set(isolate, { at: at + gateway.leaseTtlMs, isLast: true });
    }
  }

  for (let at = NOON; ; ) {
    at += Math.round((-Math.log(1 - random()) * 1_000) / perSecond);
    if (at > NOON + SECONDS * 1_000) break;
    await ringUntil(at);
    await giveBackUntil(at);
    vi.setSystemTime(at);
    const isolate = isolates[Math.floor(random() * ISOLATES)] as Leases;
    if (!rounds.has(isolate)) rounds.set(isolate, { at: at + reportAfterMs(1), isLast: false });
    await request(isolate);
  }
  const { objectRow: objectRows, alarmSet: alarmSets } = takeCounts();
  return { ...counts, objectRows, alarmSets };
}

function simulate(perSecond: number, limits: Limits): Counts {
  return simulateKey(
    {
      ...{ perSecond, limits, ttlMs: gateway.leaseTtlMs, isolates: ISOLATES, isolateLifeMs: Number.POSITIVE_INFINITY },
      ...{
        roundTripMs: () => 0,
        reportAfterMs: reportAfterMs(1),
        follows: false,
        forgetsAfterMs: Number.POSITIVE_INFINITY,
        kvMs: 0,
        d1Ms: 0,
      },
      ...{ random: seeded(7), chances: seeded(11) },
    },
    0,
    SECONDS,
  );
}

const rate = (limit: number, window: number): Limits => ({
  rates: [{ name: "rate", limit, window, burst: limit }],
  quotas: [],
});

describe("the model counts what really happens", () => {
  test.each([
    ["plenty", 3, rate(1_000, 10)],
    ["leases that are renewed before they end", 20, rate(10_000, 10)],
    ["a limit that is just reached", 3, rate(30, 10)],
    ["a limit that refuses half of the requests", 4, rate(20, 10)],
  ])("with %s", async (_, perSecond, limits) => {
    const real = await runForReal(perSecond, limits);
    const model = simulate(perSecond, limits);
    expect(model.requests).toBe(real.requests);
    for (const name of ["questions", "admitted", "objectRows"] as const) {
      const ratio = model[name] / real[name];
      expect(ratio, `${name}: ${JSON.stringify([model, real])}`).toBeGreaterThan(0.95);
      expect(ratio, `${name}: ${JSON.stringify([model, real])}`).toBeLessThan(1.05);
    }
    expect([model.d1Reads, model.alarmSets]).toEqual([real.d1Reads, real.alarmSets]);
  });
});
