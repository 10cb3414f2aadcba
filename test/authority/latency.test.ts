import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Caller } from "../../src/control/control.ts";
import { readLatency, type WantedLatency } from "../../src/control/traffic/latency.ts";
import { newLatency, noteLatency, type ShortLatency, shortened } from "../../src/domain/latency.ts";
import type { Entry } from "../../src/domain/log-line.ts";
import { decode, encode, nameOfEnvironment } from "../../src/domain/tallies.ts";
import { StorageFailure } from "../../src/store/boundary.ts";
import { readMember } from "../../src/store/members.ts";
import { as, codeOf, controlOf, granted, root } from "../helpers/control.ts";
import { migrate, newId, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { collectorAt, readUsageOf, reportTo, settleCollector, useOf } from "./collect.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const COLLECTORS = 2;

let first = 200;
let key: SeededKey;

beforeAll(migrate);
beforeEach(async () => {
  first += COLLECTORS;
  key = await seedKey();
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Of requests that took so long in the gateway and at the origin; `null`: no origin was asked. */
function latencyOf(...requests: [gateway: number, origin: number | null][]): ShortLatency {
  const latency = newLatency();
  for (const [gateway_ms, origin_ms] of requests)
    noteLatency(latency, { gateway_ms, ...(origin_ms !== null && { origin_ms }) } as Entry);
  return shortened(latency);
}

const report = (
  latency: ShortLatency,
  { collector = 0, environment = "sandbox", of = key, sender = newId("iso") } = {},
) =>
  reportTo(first + collector, {
    ...{ sender, number: 1, keys: [useOf(of, { environment })] },
    latencies: [{ organizationId: of.organizationId, environment, latency }],
  });

/** The collectors of this test are those of the gateway. */
function control() {
  const usual = controlOf();
  const ofTest = (number: number) => (number < COLLECTORS ? collectorAt(first + number) : collectorAt(first - 100));
  return {
    ...usual,
    gateway: { ...usual.gateway, collectors: COLLECTORS },
    now: () => Date.now(),
    readLatency: (number: number, question: Parameters<ReturnType<typeof collectorAt>["latency"]>[0]) =>
      ofTest(number).latency(question) as never,
  };
}

const read = (wanted: Partial<WantedLatency> = {}, caller: Caller = root()) =>
  readLatency(control(), caller, {
    ...{ organizationId: key.organizationId, from: NOON - DAY, to: Date.now() + 1, groupBy: ["environment"] },
    ...wanted,
  });

/** Groups, and the counts and sums of both histograms. */
const sums = async (...asked: Parameters<typeof read>) =>
  granted(await read(...asked)).map(({ group, latency: { gatewayMs, originMs } }) => [
    ...Object.values(group),
    ...[gatewayMs, originMs].flatMap(({ counts, sum }) => [counts.reduce((all, count) => all + count), sum]),
  ]);

const settle = async () => {
  for (let number = 0; number < COLLECTORS; number++) await settleCollector(first + number);
};

describe("the latency of an organization", () => {
  test("is the sum of what all collectors heard, by environment, at once and after it is added up", async () => {
    await report(latencyOf([1, 20], [3, null]));
    await report(latencyOf([2, 30]), { collector: 1 });
    await report(latencyOf([7, 70]), { environment: "production" });
    const expected = [
      ["production", 1, 7, 1, 70],
      ["sandbox", 3, 6, 2, 50],
    ];
    expect(await sums()).toEqual(expected);
    await settle();
    expect(await sums()).toEqual(expected);
    await report(latencyOf([4, 1]));
    expect(await sums({ environment: "sandbox" })).toEqual([["sandbox", 4, 10, 3, 51]]);
    expect(await sums({ groupBy: [] })).toEqual([[5, 17, 4, 121]]);
  });

  test("counts once if its report comes twice", async () => {
    for (let n = 0; n < 2; n++) await report(latencyOf([1, 20]), { sender: "iso_twice" });
    await settle();
    await report(latencyOf([1, 20]), { sender: "iso_twice" });
    expect(await sums()).toEqual([["sandbox", 1, 1, 1, 20]]);
  });

  test("is that of no other organization", async () => {
    const other = await seedKey();
    await report(latencyOf([1, 20]));
    await report(latencyOf([9, 900]), { of: other });
    await settle();
    expect(await sums()).toEqual([["sandbox", 1, 1, 1, 20]]);
    expect(await sums({ organizationId: (await seedKey()).organizationId })).toEqual([]);
  });

  test("is known by hours and by days, for 31 days", async () => {
    await report(latencyOf([1, 1]));
    await settle();
    vi.setSystemTime(NOON + HOUR);
    await report(latencyOf([2, 2]));
    await settle();
    vi.setSystemTime(NOON + 30 * DAY);
    await report(latencyOf([4, 4]));
    const span = { from: NOON - DAY };
    expect(await sums({ ...span, groupBy: ["hour"] })).toEqual([
      [NOON, 1, 1, 1, 1],
      [NOON + HOUR, 1, 2, 1, 2],
      [NOON + 30 * DAY, 1, 4, 1, 4],
    ]);
    const midnight = NOON - 12 * HOUR;
    expect(await sums({ ...span, groupBy: ["day"] })).toEqual([
      [midnight, 2, 3, 2, 3],
      [midnight + 30 * DAY, 1, 4, 1, 4],
    ]);
    expect(await sums({ from: NOON + HOUR })).toEqual([["sandbox", 2, 6, 2, 6]]);
    vi.setSystemTime(NOON + 33 * DAY);
    expect(await codeOf(await read(span))).toBe("validation_failed");
  });

  test("is written to no row of D1, and shown in no usage", async () => {
    await report(latencyOf([1, 20]));
    await settle();
    const spans = { hours: [{ from: 0, to: NOON * 2 }], days: undefined };
    const usage = await readUsageOf(first, { organizationId: key.organizationId, groups: ["key"], spans });
    expect(usage).toMatchObject({ sums: [{ group: { key: key.id }, requests: 1 }] });
    const { results } = await env.DB.prepare("SELECT key_id FROM usage_days WHERE organization_id = ?")
      .bind(key.organizationId)
      .all();
    expect(results).toEqual([{ key_id: key.id }]);
  });

  test("is for those who manage all keys of the organization", async () => {
    const member = await readMember(env.DB, key.memberId);
    if (!member) throw new Error("no such member");
    const memberAs = (role: string) => as({ ...member, role });
    expect(codeOf(await read({}, memberAs("owner")))).toBe("granted");
    expect(codeOf(await read({}, memberAs("admin")))).toBe("management_forbidden");
    expect(codeOf(await read({}, memberAs("member")))).toBe("scope_missing");
    expect(codeOf(await read({ organizationId: (await seedKey()).organizationId }, memberAs("owner")))).toBe(
      "not_found",
    );
  });

  test("is not shown if a collector cannot be asked, such as one of an older version", async () => {
    const down = { ...control(), readLatency: () => Promise.reject(new StorageFailure("COURIER: down")) };
    const wanted = { organizationId: key.organizationId, from: NOON - DAY, to: NOON, groupBy: [] };
    expect(codeOf(await readLatency(down, root(), wanted))).toBe("usage_unavailable");
  });

  test("is left as it is by reports of older isolates, and read from what an older collector wrote", async () => {
    await report(latencyOf([1, 20]));
    await reportTo(first, { sender: newId("iso"), number: 1, keys: [useOf(key)] });
    await settle();
    expect(await sums()).toEqual([["sandbox", 1, 1, 1, 20]]);
    // An older collector writes what it knows of each name, and no latency.
    const name = nameOfEnvironment(key.organizationId, "sandbox");
    const nothing = { environment: "sandbox", requests: new Map(), answered: new Map(), scopes: new Set<string>() };
    const text = encode(new Map([[name, { ...nothing, usedAt: 0, writtenAt: 0, isChanged: false }]]));
    expect(decode(text).get(name)?.latency).toBeUndefined();
  });
});
