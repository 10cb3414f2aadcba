import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Caller } from "../../src/control/control.ts";
import { readTraffic, sumTraffic, totalsReader } from "../../src/control/traffic/read.ts";
import type { Entry } from "../../src/domain/log-line.ts";
import type { Report } from "../../src/domain/report.ts";
import { type RouteTraffic, TrafficTally } from "../../src/domain/traffic.ts";
import type { TrafficQuestion } from "../../src/domain/traffic-sums.ts";
import { StorageFailure } from "../../src/store/boundary.ts";
import { codeOf, controlOf, GATEWAY, granted, root } from "../helpers/control.ts";
import { migrate, newId } from "../helpers/workerd.ts";
import { collectorAt, reportTo, settleCollector } from "./collect.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);

let collector = 100;

beforeAll(migrate);
beforeEach(() => {
  collector += 1;
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

/** `requests` of one route, of which each took as long. */
function trafficOf(requests: number, { route = "/a/*", ms = 10 } = {}): RouteTraffic[] {
  const tally = new TrafficTally();
  const entry = { environment: "sandbox", route, status: 200, origin: "a", origin_status: 200, gateway_ms: 1 };
  for (let n = 0; n < requests; n++) tally.note({ ...entry, origin_ms: ms } as Entry);
  return tally.all();
}

const report = (traffic: RouteTraffic[], more: Partial<Report> = {}) =>
  reportTo(collector, { sender: newId("iso"), number: 1, traffic, ...more });

const ofOne = () => ({
  ...controlOf(),
  readTraffic: (number: number, question: Parameters<ReturnType<typeof collectorAt>["traffic"]>[0]) =>
    number === 0 ? (collectorAt(collector).traffic(question) as never) : Promise.resolve([]),
  readTrafficTotals: (number: number) =>
    number === 0 ? (collectorAt(collector).trafficTotals() as never) : Promise.resolve([]),
});

async function totals(): Promise<[string, number][]> {
  const routes = granted(await totalsReader(ofOne())());
  return routes.map(({ route, outcomes }) => [route, outcomes.get(200) ?? 0]);
}

async function hours(): Promise<[number, number][]> {
  const question = { from: NOON - 400 * DAY, to: NOON + 400 * DAY, groups: ["hour"] } as const;
  const sums = granted(await sumTraffic(ofOne(), question));
  return sums.map(({ group, traffic }) => [(Number(group.hour) - NOON) / HOUR, traffic.outcomes.get(200) ?? 0]);
}

describe("the traffic that isolates report", () => {
  test("is known at once, by hour and since the beginning, and the same when it is added up", async () => {
    await report(trafficOf(3));
    await report(trafficOf(2, { route: "/b" }));
    const before = [await totals(), await hours()];
    await settleCollector(collector);
    expect([await totals(), await hours()]).toEqual(before);
    expect(before[0]?.sort()).toEqual([
      ["/a/*", 3],
      ["/b", 2],
    ]);
    expect(before[1]).toEqual([[0, 5]]);
  });

  test("counts once if its report comes twice, also after a restart", async () => {
    const twice = { sender: "iso_twice", number: 7 };
    await report(trafficOf(3), twice);
    await abortAllDurableObjects();
    await report(trafficOf(3), twice);
    await settleCollector(collector);
    await evictDurableObject(collectorAt(collector));
    await report(trafficOf(3), twice);
    expect(await totals()).toEqual([["/a/*", 3]]);
  });

  test("is in the hour in which it was reported, for 32 days, and in the totals for ever", async () => {
    await report(trafficOf(1));
    await settleCollector(collector);
    vi.setSystemTime(NOON + HOUR);
    await report(trafficOf(2));
    await settleCollector(collector);
    expect(await hours()).toEqual([
      [0, 1],
      [1, 2],
    ]);
    vi.setSystemTime(NOON + 32 * DAY + HOUR + 1);
    await report(trafficOf(4));
    await settleCollector(collector);
    expect(await hours()).toEqual([
      [1, 2],
      [32 * 24 + 1, 4],
    ]);
    expect(await totals()).toEqual([["/a/*", 7]]);
  });

  test("waits for no key whose organization is not known", async () => {
    const key = { keyId: "key_x", environment: "sandbox", organizationId: null, counts: [], scopes: [], usedMsAgo: 0 };
    await env.DB.prepare("ALTER TABLE api_keys RENAME TO api_keys_gone").run();
    try {
      await report(trafficOf(2), { keys: [key] });
      for (let round = 0; round < 3; round++) {
        vi.setSystemTime(Date.now() + 61_000);
        await runInDurableObject(collectorAt(collector), (object) => object.alarm());
      }
      expect(await totals()).toEqual([["/a/*", 2]]);
    } finally {
      await env.DB.prepare("ALTER TABLE api_keys_gone RENAME TO api_keys").run();
    }
  });

  test("is a few rows, whatever the number of reports", async () => {
    for (let n = 0; n < 5; n++) await report(trafficOf(1));
    await settleCollector(collector);
    const rows = await runInDurableObject(collectorAt(collector), (_, { storage }) =>
      [...storage.kv.list()].map(([name]) => name).sort(),
    );
    expect(rows).toEqual(["clock", "collector", "senders", "traffic", `traffic/${NOON}`, "traffic_hours"]);
  });
});

describe("a collector that the configuration no longer has", () => {
  test("is still asked, even if it has heard of no key, so that totals never fall", async () => {
    const number = 5;
    await reportTo(number, { sender: newId("iso"), number: 1, traffic: trafficOf(9, { route: "/only-public" }) });
    await settleCollector(number);
    const routes = granted(await totalsReader(ofFewer())());
    expect(countOf(routes)).toBe(9);
  });

  test("is asked while D1 is down too, and nobody is if D1 never said how many there are", async () => {
    const control = ofFewer();
    const read = totalsReader(control);
    await read();
    Object.assign(control, {
      db: { prepare: () => ({ first: () => Promise.reject(new StorageFailure("D1: down")) }) },
    });
    expect(countOf(granted(await read()))).toBe(9);
    await expect(totalsReader(control)()).rejects.toThrow("D1: down");
  });

  const ofFewer = () => ({ ...controlOf(), gateway: { ...GATEWAY, collectors: 1 } });
  const countOf = (routes: readonly RouteTraffic[]) =>
    routes.find(({ route }) => route === "/only-public")?.outcomes.get(200);
});

describe("whoever reads traffic", () => {
  const asked = { from: NOON, to: NOON + 1, groups: ["environment", "route"] } as const;
  const read = (wanted: Partial<TrafficQuestion> = {}, caller = root()) =>
    readTraffic(ofOne(), caller, { ...asked, ...wanted });

  test("gets that of whole hours, of the environment and the route that are asked for", async () => {
    await report([...trafficOf(3), ...trafficOf(2, { route: "/b" })]);
    vi.setSystemTime(NOON + HOUR);
    await report(trafficOf(4));
    const rows = async (wanted: Partial<TrafficQuestion>) =>
      granted(await read(wanted)).map(({ group, traffic }) => [...Object.values(group), traffic.outcomes.get(200)]);
    expect(await rows({ from: NOON + 1, to: NOON + 2 })).toEqual([
      ["sandbox", "/a/*", 3],
      ["sandbox", "/b", 2],
    ]);
    expect(await rows({ to: NOON + HOUR + 1, route: "/a/*", groups: ["hour"] })).toEqual([
      [NOON, 3],
      [NOON + HOUR, 4],
    ]);
    expect(await rows({ environment: "production" })).toEqual([]);
  });

  test("has the root token, and asks for hours that are kept", async () => {
    const member = { ...root(), standing: { kind: "member", scopes: new Set(["usage:read"]) } } as unknown as Caller;
    expect(codeOf(await read({}, member))).toBe("management_forbidden");
    expect(codeOf(await read({ from: NOON - 40 * DAY }))).toBe("validation_failed");
    expect(codeOf(await read({ to: NOON }))).toBe("validation_failed");
    expect(codeOf(await read({ environment: "nowhere" }))).toBe("validation_failed");
  });
});
