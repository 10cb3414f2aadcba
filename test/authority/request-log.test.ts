import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Courier } from "../../src/authority/courier.ts";
import { BLOCK_BYTES } from "../../src/authority/hour-blocks.ts";
import { REQUEST_INDEX, requestLogName } from "../../src/authority/name.ts";
import type { KeptRequest, RequestFilter } from "../../src/domain/kept-request.ts";
import { FIRST_KEPT, LAST_KEPT, MAX_GROUPS } from "../../src/domain/request-log.ts";
import { hoursOf, keptRequest } from "../helpers/requests.ts";
import { newId } from "../helpers/workerd.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const courier = (name: string): DurableObjectStub<Courier> => env.COURIER.get(env.COURIER.idFromName(name)) as never;
let place: { organizationId: string; environment: string };
let log: DurableObjectStub<Courier>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  place = { organizationId: newId("org"), environment: "sandbox" };
  log = courier(requestLogName(place));
});
afterEach(() => {
  vi.useRealTimers();
});

const record = (requests: readonly KeptRequest[], id: string = crypto.randomUUID()) =>
  log.recordRequests({ id, hours: hoursOf(place, requests) });
const list = async (filter: RequestFilter = {}, limit = 1_000) => [...(await log.listRequests(filter, { limit }))];
const ids = (requests: readonly { id: string }[]) => requests.map(({ id }) => id);
const rowsOf = (object: DurableObjectStub<Courier>) =>
  runInDurableObject(object, (_, { storage }) =>
    [...storage.kv.list<unknown>()].map(([name, value]) => ({
      name,
      bytes: value instanceof Uint8Array ? value.byteLength : 0,
    })),
  );
const alarmAt = (object: DurableObjectStub<Courier>) =>
  runInDurableObject(object, (_, { storage }) => storage.getAlarm());

describe("a request log", () => {
  test("finds a request by its id, and says how many were like it", async () => {
    const [one, other] = [
      keptRequest({ at: NOON }),
      keptRequest({ at: NOON + 1, reason: "key_disabled", status: 401 }),
    ];
    await record([one, other, keptRequest({ at: NOON + 2 })]);
    expect(await log.findRequest(one.id)).toEqual({ ...one, alike: 2 });
    expect(await log.findRequest(other.id)).toEqual({ ...other, alike: 1 });
    expect(await log.findRequest(keptRequest({ at: NOON }).id)).toBeUndefined();
    expect(await log.findRequest("req_1")).toBeUndefined();
  });

  test("counts a batch once, however often it comes", async () => {
    const requests = [keptRequest({ at: NOON }), keptRequest({ at: NOON + 1 })];
    for (let time = 0; time < 3; time++) await record(requests, "batch_1");
    await record([keptRequest({ at: NOON + 2 })], "batch_2");
    expect((await list()).map(({ alike }) => alike)).toEqual([3, 3, 3]);
  });

  test("lists the newest first, over hours, page by page, each once", async () => {
    const requests = Array.from({ length: 90 }, (_, n) => keptRequest({ at: NOON - (n % 3) * HOUR + (n >> 1) }));
    for (let at = 0; at < 90; at += 10) await record(requests.slice(at, at + 10));
    const all = await list();
    expect(all.map(({ at }) => at)).toEqual(requests.map(({ at }) => at).sort((a, b) => b - a));
    const pages: string[] = [];
    let after: { at: number; id: string } | undefined;
    do {
      const page = await log.listRequests({}, { limit: 7, after });
      pages.push(...ids(page.slice(0, 7)));
      after = page.length > 7 ? page[6] : undefined;
    } while (after);
    expect(pages).toEqual(ids(all));
  });

  test.each<[string, RequestFilter, number]>([
    ["a key", { keyIds: ["key_2"] }, 2],
    ["several keys", { keyIds: ["key_1", "key_2"] }, 4],
    ["no key", { keyIds: [] }, 0],
    ["a code", { reason: "rate_exceeded" }, 2],
    ["a status", { status: 200 }, 1],
    ["a route", { route: "/folders/*" }, 1],
    ["no route", { route: "" }, 1],
    ["a time", { from: NOON + 1, to: NOON + 3 }, 2],
    ["a key and a code", { keyIds: ["key_2"], reason: "rate_exceeded" }, 1],
  ])("lists those of %s", async (_, filter, count) => {
    await record([
      keptRequest({ at: NOON, keyId: "key_1", reason: "rate_exceeded", status: 429 }),
      keptRequest({ at: NOON + 1, keyId: "key_2", reason: "rate_exceeded", status: 429 }),
      keptRequest({ at: NOON + 2, keyId: "key_1", reason: null, status: 200, route: "/folders/*" }),
      keptRequest({ at: NOON + 3, keyId: "key_2", route: "" }),
      keptRequest({ at: NOON + 4, keyId: null }),
    ]);
    expect(await list(filter)).toHaveLength(count);
  });

  test("knows which keys it has requests of", async () => {
    await record([
      keptRequest({ at: NOON, keyId: "key_1" }),
      keptRequest({ at: NOON - HOUR, keyId: "key_2" }),
      keptRequest({ at: NOON, keyId: null }),
    ]);
    expect([...(await log.keysOfRequests())].sort()).toEqual(["key_1", "key_2"]);
  });
});

describe("the storage of a request log", () => {
  test("is one row for an hour of few requests, whatever the number of batches", async () => {
    for (let n = 0; n < 20; n++) await record([keptRequest({ at: NOON + n })]);
    const blocks = (await rowsOf(log)).filter(({ bytes }) => bytes > 0);
    expect(blocks).toHaveLength(1);
  });

  test("does not grow with a flood, which displaces no request of another key", async () => {
    const flood = (n: number) =>
      keptRequest({ at: NOON + n, keyId: "key_flood", reason: "rate_exceeded", status: 429 });
    const others = [5, 900, 2_000].map((n) => keptRequest({ at: NOON + n, reason: "rate_exceeded", status: 429 }));
    await record(others);
    let most = 0;
    for (let batch = 0; batch < 20; batch++) {
      await record(Array.from({ length: 200 }, (_, n) => flood(batch * 200 + n)));
      const bytes = (await rowsOf(log)).reduce((sum, row) => sum + row.bytes, 0);
      if (batch === 1) most = bytes;
      else if (batch > 1) expect(bytes).toBeLessThan(most + 1_000);
    }
    const kept = await list({ reason: "rate_exceeded" });
    expect(kept.length).toBeLessThanOrEqual(FIRST_KEPT + LAST_KEPT);
    expect(kept[0]?.alike).toBe(4_003);
    for (const { id } of others) expect(await log.findRequest(id)).toBeDefined();
  });

  test("is in blocks of at most 1 MB, each written only if it changes", async () => {
    const long = "x".repeat(2_000);
    const requests = Array.from({ length: MAX_GROUPS }, (_, n) =>
      Array.from({ length: 3 }, (_, m) => keptRequest({ at: NOON + m, route: `/${n}/${long}` })),
    ).flat();
    await record(requests);
    const blocks = (await rowsOf(log)).filter(({ bytes }) => bytes > 0);
    expect(blocks.length).toBeGreaterThan(2);
    for (const { bytes } of blocks) expect(bytes).toBeLessThanOrEqual(BLOCK_BYTES);
    for (const { id } of requests.filter((_, n) => n % 100 === 0)) expect(await log.findRequest(id)).toBeDefined();
    const again = requests.at(-1) as KeptRequest;
    await record([again]);
    expect((await rowsOf(log)).length).toBe(blocks.length + 1);
  });

  test("is freed hour by hour, and entirely when nothing comes any more", async () => {
    const [old, young] = [keptRequest({ at: NOON - 20 * HOUR }), keptRequest({ at: NOON })];
    await record([old]);
    await record([young]);
    expect(ids(await list())).toEqual([young.id, old.id]);
    vi.setSystemTime((await alarmAt(log)) as number);
    expect(Date.now()).toBe(NOON + 5 * HOUR);
    await runDurableObjectAlarm(log);
    expect(ids(await list())).toEqual([young.id]);
    vi.setSystemTime((await alarmAt(log)) as number);
    expect(Date.now()).toBe(NOON + 25 * HOUR);
    await runDurableObjectAlarm(log);
    expect(await rowsOf(log)).toEqual([]);
    expect(await alarmAt(log)).toBeNull();
  });

  test("takes no request of the future or of a time that is over", async () => {
    await record([keptRequest({ at: NOON + 3 * HOUR }), keptRequest({ at: NOON - 30 * HOUR })]);
    expect(await rowsOf(log)).toEqual([]);
  });
});

describe("the index", () => {
  const index = courier(REQUEST_INDEX);

  test("knows the place of each request", async () => {
    const other = { organizationId: newId("org"), environment: "production" };
    const [own, foreign, nobodys] = [place, other, null].map(() => keptRequest({ at: NOON }));
    await index.indexRequests([
      ...hoursOf(place, [own as KeptRequest, keptRequest({ at: NOON })]),
      ...hoursOf(other, [foreign as KeptRequest]),
      ...hoursOf(null, [nobodys as KeptRequest]),
    ]);
    await index.indexRequests(hoursOf(place, [keptRequest({ at: NOON }), keptRequest({ at: NOON - HOUR })]));
    expect(await index.placesOfRequest(own?.id as string)).toEqual([place]);
    expect(await index.placesOfRequest(foreign?.id as string)).toEqual([other]);
    expect(await index.placesOfRequest(nobodys?.id as string)).toEqual([null]);
    expect(await index.placesOfRequest(keptRequest({ at: NOON }).id)).toEqual([]);
    expect(await index.placesOfRequest("req_")).toEqual([]);
  });

  test("is freed when its requests are", async () => {
    const at = courier(newId("index"));
    await at.indexRequests(hoursOf(place, [keptRequest({ at: NOON })]));
    vi.setSystemTime((await alarmAt(at)) as number);
    await runDurableObjectAlarm(at);
    expect(await rowsOf(at)).toEqual([]);
  });
});
