import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { FoundRequest, KeptRequest, Place, RequestFilter, RequestPage } from "../../src/domain/kept-request.ts";
import { FIRST_KEPT, LAST_KEPT } from "../../src/domain/request-log.ts";
import { hoursOf, keptRequest } from "../helpers/requests.ts";
import { migrate, newId } from "../helpers/workerd.ts";
import { collectorAlarm, collectorAt, reportTo, settleCollector } from "./collect.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let number = 100;
let place: Place;

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  // Each test has a collector of its own.
  number += 1;
  place = { organizationId: newId("org"), environment: "sandbox" };
});
afterEach(() => {
  vi.useRealTimers();
});

const record = (requests: readonly KeptRequest[], of: Place | null = place, sender: string = crypto.randomUUID()) =>
  reportTo(number, { sender, number: 1, requests: hoursOf(of, requests) });
const find = (id: string) => collectorAt(number).findRequest(id) as Promise<FoundRequest | undefined>;
const page = async (filter: RequestFilter, wanted: RequestPage, of: Place | null = place) => [
  ...((await collectorAt(number).listRequests(of, filter, wanted)) as readonly FoundRequest[]),
];
const list = (filter: RequestFilter = {}, limit = 1_000) => page(filter, { limit });
const ids = (requests: readonly { id: string }[]) => requests.map(({ id }) => id);
const rowsOf = (prefix: string) =>
  runInDurableObject(collectorAt(number), (_, { storage }) =>
    [...storage.kv.list<unknown>({ prefix })].map(([name, value]) => ({
      name,
      size: typeof value === "string" ? value.length : value instanceof Uint8Array ? value.byteLength : 0,
    })),
  );

/** Reports are worked off, and what they had is added to its hours. */
async function settle(): Promise<void> {
  await settleCollector(number);
  vi.setSystemTime(Date.now() + 10 * MINUTE);
  await runDurableObjectAlarm(collectorAt(number));
  expect(await rowsOf("journal/")).toEqual([]);
  expect(await rowsOf("relay/")).toEqual([]);
}

describe.each<[string, () => Promise<void>]>([
  ["just reported", async () => {}],
  ["worked off", () => settleCollector(number)],
  ["added to their hours", settle],
])("Requests that were %s", (_, bring) => {
  test("are found by their ids, which says how many were like them", async () => {
    const [one, other] = [
      keptRequest({ at: NOON }),
      keptRequest({ at: NOON + 1, reason: "key_disabled", status: 401 }),
    ];
    await record([one, other, keptRequest({ at: NOON + 2 })]);
    await bring();
    expect(await find(one.id)).toEqual({ ...one, alike: 2 });
    expect(await find(other.id)).toEqual({ ...other, alike: 1 });
    expect(await find(keptRequest({ at: NOON }).id)).toBeUndefined();
    expect(await find("req_1")).toBeUndefined();
  });

  test("are counted once if their report comes again, and together with those of later reports", async () => {
    const requests = [keptRequest({ at: NOON }), keptRequest({ at: NOON + 1 })];
    for (let time = 0; time < 3; time++) await record(requests, place, "isolate_1");
    await bring();
    await record(requests, place, "isolate_1");
    await record([keptRequest({ at: NOON + 2 })]);
    expect((await list()).map(({ alike }) => alike)).toEqual([3, 3, 3]);
  });

  test("are listed, the newest first, over hours, page by page, each once", async () => {
    const requests = Array.from({ length: 90 }, (_, n) => keptRequest({ at: NOON - (n % 3) * HOUR + (n >> 1) }));
    for (let at = 0; at < 90; at += 30) await record(requests.slice(at, at + 30));
    await bring();
    const all = await list();
    expect(all.map(({ at }) => at)).toEqual(requests.map(({ at }) => at).sort((a, b) => b - a));
    const pages: string[] = [];
    let after: { at: number; id: string } | undefined;
    do {
      const some = await page({}, { limit: 7, after });
      pages.push(...ids(some.slice(0, 7)));
      after = some.length > 7 ? some[6] : undefined;
    } while (after);
    expect(pages).toEqual(ids(all));
  });

  test("are listed by key, code, status, route and time", async () => {
    await record([
      keptRequest({ at: NOON, keyId: "key_1", reason: "rate_exceeded", status: 429 }),
      keptRequest({ at: NOON + 1, keyId: "key_2", reason: "rate_exceeded", status: 429 }),
      keptRequest({ at: NOON + 2, keyId: "key_1", reason: null, status: 200, route: "/folders/*" }),
      keptRequest({ at: NOON + 3, keyId: "key_2", route: "" }),
      keptRequest({ at: NOON + 4, keyId: null }),
    ]);
    await bring();
    const filters: [RequestFilter, number][] = [
      [{ keyIds: ["key_2"] }, 2],
      [{ keyIds: ["key_1", "key_2"] }, 4],
      [{ keyIds: [] }, 0],
      [{ reason: "rate_exceeded" }, 2],
      [{ status: 200 }, 1],
      [{ route: "/folders/*" }, 1],
      [{ route: "" }, 1],
      [{ from: NOON + 1, to: NOON + 3 }, 2],
      [{ keyIds: ["key_2"], reason: "rate_exceeded" }, 1],
    ];
    for (const [filter, count] of filters)
      expect([filter, await list(filter)]).toMatchObject([filter, { length: count }]);
  });

  test("stay apart by organization and environment, and so do those of no known organization", async () => {
    const others = [null, { ...place, environment: "production" }, { ...place, organizationId: newId("org") }];
    const all = [place, ...others].map((of): [Place | null, KeptRequest] => [
      of,
      keptRequest({ at: NOON, ...(of ?? { organizationId: null, environment: null }) }),
    ]);
    for (const [of, request] of all) await record([request], of);
    await bring();
    for (const [of, request] of all) {
      expect(await page({}, { limit: 10 }, of)).toEqual([{ ...request, alike: 1 }]);
      expect(await find(request.id)).toEqual({ ...request, alike: 1 });
    }
  });

  test("say which keys they are of", async () => {
    await record([
      keptRequest({ at: NOON, keyId: "key_1" }),
      keptRequest({ at: NOON - HOUR, keyId: "key_2" }),
      keptRequest({ at: NOON, keyId: null }),
    ]);
    await bring();
    expect([...((await collectorAt(number).keysOfRequests(place)) as readonly string[])].sort()).toEqual([
      "key_1",
      "key_2",
    ]);
  });

  test("are none of the future or of a time that is over", async () => {
    const others = [keptRequest({ at: NOON + 3 * HOUR }), keptRequest({ at: NOON - 30 * HOUR })];
    await record(others);
    await bring();
    expect(await list()).toEqual([]);
    for (const { id } of others) expect(await find(id)).toBeUndefined();
  });
});

describe("The storage of requests", () => {
  test("is one row for an hour of few requests, whatever the number of reports", async () => {
    for (let n = 0; n < 20; n++) await record([keptRequest({ at: NOON + n })]);
    await settle();
    for (let n = 0; n < 20; n++) await record([keptRequest({ at: NOON + n })]);
    await settle();
    expect(await rowsOf("kept/")).toHaveLength(2);
    expect(await list()).toHaveLength(40);
  });

  test("does not grow with a flood, which displaces no request of another key", async () => {
    const flood = (n: number) =>
      keptRequest({ at: NOON + n, keyId: "key_flood", reason: "rate_exceeded", status: 429 });
    const others = [5, 900, 2_000].map((n) => keptRequest({ at: NOON + n, reason: "rate_exceeded", status: 429 }));
    await record(others);
    let most = 0;
    for (let round = 0; round < 5; round++) {
      for (let report = 0; report < 4; report++) {
        await record(Array.from({ length: 200 }, (_, n) => flood((round * 4 + report) * 200 + n)));
      }
      await settle();
      const size = (await rowsOf("")).reduce((sum, row) => sum + row.size, 0);
      if (round === 0) most = size;
      else expect(size).toBeLessThan(most + 1_000);
    }
    const kept = await list({ reason: "rate_exceeded" });
    expect(kept.length).toBeLessThanOrEqual(FIRST_KEPT + LAST_KEPT);
    expect(kept[0]?.alike).toBe(4_003);
    for (const { id } of others) expect(await find(id)).toBeDefined();
  });

  test("is in rows that are small enough, though very many requests of one place failed in different ways", async () => {
    const path = `/${"x".repeat(900)}`;
    const sent = Array.from({ length: 100 }, (_, route) =>
      Array.from({ length: 40 }, (_, n) =>
        keptRequest({ at: NOON + n, route: `/route-${route}/*`, reason: "scope_missing", status: 403, path }),
      ),
    );
    for (let at = 0; at < sent.length; at += 10) await record(sent.slice(at, at + 10).flat(), null);
    await settleCollector(number);
    expect(await rowsOf("journal/")).toEqual([]);
    const rows = await rowsOf("relay/");
    expect(rows.length).toBeGreaterThan(2);
    for (const { size } of rows) expect(size).toBeLessThan(2_000_000);
    expect(await page({}, { limit: 5_000 }, null)).toHaveLength(4_000);
  });

  test("waits in rows for ten minutes, so that an hour is not written again and again", async () => {
    await record([keptRequest({ at: NOON })]);
    await settleCollector(number);
    expect([await rowsOf("kept/"), await rowsOf("relay/")]).toMatchObject([[], { length: 1 }]);
    vi.setSystemTime(NOON + 5 * MINUTE);
    await record([keptRequest({ at: NOON })]);
    await settleCollector(number);
    expect([await rowsOf("kept/"), await rowsOf("relay/")]).toMatchObject([[], { length: 2 }]);
    vi.setSystemTime(NOON + 11 * MINUTE);
    await record([keptRequest({ at: NOON })]);
    await settleCollector(number);
    expect([await rowsOf("kept/"), await rowsOf("relay/")]).toMatchObject([{ length: 2 }, []]);
  });

  const hours = async (count: number) => {
    for (let hour = 0; hour < count; hour++) {
      vi.setSystemTime(Date.now() + HOUR);
      await runDurableObjectAlarm(collectorAt(number));
    }
  };

  test("is freed hour by hour, and entirely when nothing comes any more", async () => {
    await record([keptRequest({ at: NOON })]);
    await settle();
    await hours(25);
    const [old, young] = [keptRequest({ at: Date.now() - 20 * HOUR }), keptRequest({ at: Date.now() })];
    await record([old, young]);
    await settle();
    expect(ids(await list())).toEqual([young.id, old.id]);
    await hours(5);
    expect(ids(await list())).toEqual([young.id]);
    expect(await rowsOf("kept/")).toHaveLength(2);
    await hours(21);
    expect(await rowsOf("kept/")).toEqual([]);
    expect(await collectorAlarm(number)).toBeNull();
  });

  test.each<[string, number]>([
    ["ahead", 400 * 24 * HOUR],
    ["behind", -5 * HOUR],
  ])("loses nothing by a clock that is far %s for most of a day", async (_, jump) => {
    const [early, late] = [keptRequest({ at: NOON }), keptRequest({ at: NOON + 24 * HOUR })];
    await record([early]);
    await settle();
    await hours(24);
    const before = Date.now();
    await record([late]);
    // It still waits to be added to its hour.
    await settleCollector(number);
    vi.setSystemTime(before + jump);
    await settleCollector(number);
    await hours(20);
    vi.setSystemTime(before);
    await settleCollector(number);
    expect(await find(late.id)).toMatchObject({ id: late.id });
    expect(await rowsOf("kept/")).not.toEqual([]);
  });

  test("survives a restart at any moment", async () => {
    const requests = [keptRequest({ at: NOON }), keptRequest({ at: NOON + 1 }), keptRequest({ at: NOON + 2 })];
    await record(requests.slice(0, 1));
    await settle();
    await record(requests.slice(1, 2));
    await settleCollector(number);
    await record(requests.slice(2));
    await evictDurableObject(collectorAt(number));
    expect((await list()).map(({ id, alike }) => [id, alike])).toEqual(requests.toReversed().map(({ id }) => [id, 3]));
  });
});

test("A collector says how many requests the next report can have: the more reports, the fewer", async () => {
  const answers = [];
  for (let n = 0; n < 40; n++) answers.push((await record([keptRequest({ at: NOON })])).requests);
  expect(answers[0]).toBe(30_000);
  expect(answers.at(-1)).toBe(750);
});
