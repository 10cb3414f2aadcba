import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { KeyUse } from "../../src/domain/report.ts";
import { readOrganizationsOf } from "../../src/store/usage.ts";
import { migrate, newId, type SeededKey, seedKey } from "../helpers/workerd.ts";
import {
  collectorAlarm,
  collectorAt,
  instrumentCollector,
  readLastUseOf,
  readUsageOf,
  reportTo,
  settleCollector,
  useOf,
} from "./collect.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const MIDNIGHT = NOON - 12 * HOUR;

let collector = 0;

beforeAll(migrate);
beforeEach(() => {
  collector += 1;
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const report = (...keys: KeyUse[]) => reportTo(collector, { sender: newId("iso"), number: 1, keys });
const settle = () => settleCollector(collector);
const forwarded = (requests: number) => ({ counts: [{ route: "/a/*", outcome: "forwarded", requests }] });

const inStorage = <T>(look: (storage: DurableObjectStorage) => T) =>
  runInDurableObject(collectorAt(collector), (_, { storage }) => look(storage));
const stored = (prefix: string) =>
  inStorage(({ kv }) => [...kv.list({ prefix })].map(([name]) => name.slice(prefix.length)));

async function daysOf({ id }: Pick<SeededKey, "id">) {
  const { results } = await env.DB.prepare(
    "SELECT * FROM usage_days WHERE key_id = ? AND collector = ? ORDER BY day, route, outcome",
  )
    .bind(id, collector)
    .all<{ day: number; route: string; outcome: string; requests: number }>();
  return results.map(({ day, route, outcome, requests }) => [(day - MIDNIGHT) / DAY, route, outcome, requests]);
}

async function lastUseOf({ id }: SeededKey) {
  const row = await env.DB.prepare("SELECT last_used_at FROM api_keys WHERE id = ?")
    .bind(id)
    .first<{ last_used_at: number | null }>();
  return row?.last_used_at == null ? null : row.last_used_at - NOON;
}

async function scopesOf({ id }: SeededKey) {
  const { results } = await env.DB.prepare(
    "SELECT scope, last_used_at FROM api_key_scope_uses WHERE key_id = ? ORDER BY 1",
  )
    .bind(id)
    .all<{ scope: string; last_used_at: number }>();
  return Object.fromEntries(results.map(({ scope, last_used_at }) => [scope, (last_used_at - MIDNIGHT) / DAY]));
}

/** By the hour, as the collector knows it. */
async function hoursOf({ id, organizationId }: SeededKey) {
  const span = { from: MIDNIGHT - 40 * DAY, to: MIDNIGHT + 40 * DAY };
  const spans = { hours: [span], days: undefined };
  const answer = await readUsageOf(collector, { organizationId, keyIds: [id], spans, groups: ["hour"] });
  if (answer === "too much") throw new Error(answer);
  return answer.sums.map(({ group, requests }) => [(Number(group.hour) - NOON) / HOUR, requests]);
}

/** How often D1 was called in its alarms, by the name of the call. */
async function countingD1(): Promise<string[]> {
  const calls: string[] = [];
  await instrumentCollector(collector, (name, go) => {
    calls.push(name);
    return go();
  });
  return calls;
}

async function withoutDays(work: () => Promise<void>): Promise<void> {
  await env.DB.prepare("ALTER TABLE usage_days RENAME TO usage_days_gone").run();
  try {
    await work();
  } finally {
    await env.DB.prepare("ALTER TABLE usage_days_gone RENAME TO usage_days").run();
  }
}

describe("a report", () => {
  test("is stored when it is answered, in one row, and known at once", async () => {
    const key = await seedKey();
    await report(useOf(key, forwarded(3)));
    expect(await stored("journal/")).toHaveLength(1);
    expect(await hoursOf(key)).toEqual([[0, 3]]);
    expect(await readLastUseOf(collector, key.organizationId, key.id)).toBe(NOON);
    expect(await daysOf(key)).toEqual([]);
  });

  test("is in D1 some seconds later, by day, route and outcome, with the scopes and the last use", async () => {
    const key = await seedKey();
    await report(useOf(key, { ...forwarded(2), usedMsAgo: 700 }));
    const counts = [{ route: "", outcome: "no_such_route", requests: 3 }];
    await report(useOf(key, { counts, scopes: [], usedMsAgo: null }));
    expect(await collectorAlarm(collector)).toBe(NOON + 5_000);
    await settle();
    expect(await daysOf(key)).toEqual([
      [0, "", "no_such_route", 3],
      [0, "/a/*", "forwarded", 2],
    ]);
    expect(await lastUseOf(key)).toBe(-700);
    expect(await scopesOf(key)).toEqual({ "a:read": 0 });
    expect(await stored("journal/")).toEqual([]);
    expect(await hoursOf(key)).toEqual([[0, 5]]);
  });

  test("counts once, however often it comes: at once, after a restart, after it was added up, and after both", async () => {
    const key = await seedKey();
    const same = { sender: "isolate", number: 4, keys: [useOf(key, forwarded(5))] };
    await reportTo(collector, same);
    await reportTo(collector, same);
    await evictDurableObject(collectorAt(collector));
    await reportTo(collector, same);
    await settle();
    await reportTo(collector, same);
    await evictDurableObject(collectorAt(collector));
    wait(HOUR);
    await reportTo(collector, same);
    await reportTo(collector, { ...same, number: 3 });
    await settle();
    expect(await hoursOf(key)).toEqual([[0, 5]]);
    await reportTo(collector, { ...same, number: 5 });
    await settle();
    expect(await hoursOf(key)).toEqual([
      [0, 5],
      [1, 5],
    ]);
  });

  test.each([
    ["aborted", () => abortAllDurableObjects()],
    ["evicted", () => evictDurableObject(collectorAt(collector))],
  ])("is all there where the collector is %s before and after each step", async (_, restart) => {
    const key = await seedKey();
    for (const minutes of [10, 40, 10, 10]) {
      await report(useOf(key, forwarded(1)));
      await restart();
      await report(useOf(key, forwarded(2)));
      await restart();
      await settle();
      await restart();
      wait(minutes * MINUTE);
    }
    wait(HOUR);
    await settle();
    expect(await hoursOf(key)).toEqual([
      [0, 9],
      [1, 3],
    ]);
    expect(await daysOf(key)).toEqual([[0, "/a/*", "forwarded", 12]]);
  });

  test("with sections that this version does not know is heard all the same", async () => {
    const key = await seedKey();
    const later = { sender: newId("iso"), number: 1, keys: [useOf(key, forwarded(2))], surprises: [1, 2, 3] };
    await reportTo(collector, later);
    await reportTo(collector, { sender: newId("iso"), number: 1 });
    await settle();
    expect(await hoursOf(key)).toEqual([[0, 2]]);
  });

  test("belongs to the hour and the day in which it arrives, also where the clock steps back", async () => {
    const key = await seedKey();
    await report(useOf(key, forwarded(1)));
    wait(HOUR);
    await report(useOf(key, forwarded(2)));
    await settle();
    wait(-2 * HOUR);
    await evictDurableObject(collectorAt(collector));
    await report(useOf(key, forwarded(4)));
    wait(HOUR);
    await report(useOf(key, forwarded(8)));
    await settle();
    expect(await hoursOf(key)).toEqual([
      [-1, 4],
      [0, 9],
      [1, 2],
    ]);
  });

  test("of a key of which the isolate knew no organization counts for the one that D1 says", async () => {
    const key = await seedKey();
    await report(useOf(key, { ...forwarded(2), organizationId: null }), useOf({ ...key, id: newId("key") }));
    await report(useOf({ ...key, id: "key_gone" }, { organizationId: null }));
    await settle();
    expect(await hoursOf(key)).toEqual([[0, 2]]);
    expect(await stored("journal/")).toEqual([]);
  });

  test("waits where D1 does not say the organization, alone, and counts for the hour in which it came", async () => {
    const [key, known] = [await seedKey(), await seedKey()];
    await report(useOf(key, { ...forwarded(2), organizationId: null }), useOf(known, forwarded(3)));
    await instrumentCollector(collector, () => Promise.reject(new Error("down")));
    await runDurableObjectAlarm(collectorAt(collector));
    expect(await stored("journal/")).toHaveLength(1);
    expect(await hoursOf(known)).toEqual([[0, 3]]);
    await evictDurableObject(collectorAt(collector));
    wait(2 * HOUR);
    await settle();
    expect(await hoursOf(key)).toEqual([[0, 2]]);
    expect(await hoursOf(known)).toEqual([[0, 3]]);
    expect(await daysOf(key)).toEqual([[0, "/a/*", "forwarded", 2]]);
  });

  test("is asked for with no more ids at once than D1 takes", async () => {
    const key = await seedKey();
    const ids = [...Array.from({ length: 60_000 }, () => newId("key")), key.id];
    let largest = 0;
    const prepare = (sql: string) => ({
      bind: (text: string) => {
        largest = Math.max(largest, text.length);
        return env.DB.prepare(sql).bind(text);
      },
    });
    const found = await readOrganizationsOf({ prepare } as unknown as D1Database, ids);
    expect([...found]).toEqual([[key.id, key.organizationId]]);
    // https://developers.cloudflare.com/d1/platform/limits/: of a string. Not held on a developer's machine.
    expect(largest).toBeLessThan(2_000_000);
  });

  test("lets no other wait behind it while D1 is down, however many there are, and rests until the next minute", async () => {
    const [key, known] = [await seedKey(), await seedKey()];
    const sender = (n: number) => `iso_${String(n).padStart(3, "0")}`;
    const isUnknown = (n: number) => n < 250;
    for (let n = 0; n < 260; n++) {
      const use = isUnknown(n) ? useOf(key, { organizationId: null }) : useOf(known);
      await reportTo(collector, { sender: sender(n), number: 1, keys: [use] });
    }
    await instrumentCollector(collector, () => Promise.reject(new Error("down")));
    for (let alarms = 1; alarms <= 3; alarms++) {
      await runDurableObjectAlarm(collectorAt(collector));
      expect((await collectorAlarm(collector)) === Date.now()).toBe(alarms < 3);
    }
    expect(await stored("journal/")).toHaveLength(250);
    expect(await hoursOf(known)).toEqual([[0, 10]]);
    await evictDurableObject(collectorAt(collector));
    await settle();
    expect(await stored("journal/")).toEqual([]);
    expect(await hoursOf(key)).toEqual([[0, 250]]);
  });
});

/** As the reconciler does once it has found a restore of D1. */
function noteRestore(generation: number): Promise<void> {
  const reconciler = env.COURIER.get(env.COURIER.idFromName("reconciler"));
  return runInDurableObject(reconciler, (_, { storage: { kv } }) =>
    kv.put("reconciler", { ...kv.get<object>("reconciler"), generation }),
  );
}

describe("D1", () => {
  test("is told of a key's first use within the minute, then once an hour, and once more when the day ended", async () => {
    const key = await seedKey();
    const calls = await countingD1();
    for (let minute = 0; minute < 12 * 60; minute++) {
      await report(useOf(key));
      await settle();
      wait(MINUTE);
    }
    expect(calls.filter((name) => name === "batch")).toHaveLength(12);
    expect((await daysOf(key))[0]?.at(-1)).toBe(661);
    await settle();
    expect(await daysOf(key)).toEqual([[0, "/a/*", "forwarded", 720]]);
    expect(await lastUseOf(key)).toBe(12 * HOUR - MINUTE);
    expect(calls.filter((name) => name === "batch")).toHaveLength(13);
  }, 120_000);

  test("is told what was used after its last telling, also if nothing follows", async () => {
    const key = await seedKey();
    await report(useOf(key, forwarded(1)));
    await settle();
    wait(MINUTE);
    await report(useOf(key, forwarded(2)));
    await settle();
    expect(await daysOf(key)).toEqual([[0, "/a/*", "forwarded", 1]]);
    expect(await collectorAlarm(collector)).toBe(NOON + HOUR);
    wait(HOUR - MINUTE);
    await settle();
    expect(await daysOf(key)).toEqual([[0, "/a/*", "forwarded", 3]]);
    expect(await lastUseOf(key)).toBe(MINUTE);
  });

  test("is told of the end of a day at its end", async () => {
    const key = await seedKey();
    vi.setSystemTime(MIDNIGHT + DAY - 10 * MINUTE);
    await report(useOf(key, forwarded(1)));
    await settle();
    wait(MINUTE);
    await report(useOf(key, forwarded(2)));
    await settle();
    expect(await collectorAlarm(collector)).toBe(MIDNIGHT + DAY);
    wait(9 * MINUTE);
    await settle();
    expect(await daysOf(key)).toEqual([[0, "/a/*", "forwarded", 3]]);
  });

  test("that wrote and did not say so is told the same again", async () => {
    const key = await seedKey();
    await report(useOf(key, forwarded(5)));
    await instrumentCollector(collector, async (_, go) => {
      await go();
      throw new Error("no answer");
    });
    await runDurableObjectAlarm(collectorAt(collector));
    expect(await daysOf(key)).toEqual([[0, "/a/*", "forwarded", 5]]);
    await evictDurableObject(collectorAt(collector));
    await report(useOf(key, forwarded(2)));
    wait(MINUTE);
    await settle();
    expect(await daysOf(key)).toEqual([[0, "/a/*", "forwarded", 7]]);
  });

  test("that cannot be written is told later: each minute it is tried again, and nothing is lost", async () => {
    const key = await seedKey();
    await withoutDays(async () => {
      for (const day of [0, 1, 2]) {
        await report(useOf(key, forwarded(10 ** day)));
        await runDurableObjectAlarm(collectorAt(collector));
        expect(await collectorAlarm(collector)).toBe(NOON + day * DAY + MINUTE);
        await evictDurableObject(collectorAt(collector));
        wait(DAY);
      }
    });
    await settle();
    expect(await daysOf(key)).toEqual([
      [0, "/a/*", "forwarded", 1],
      [1, "/a/*", "forwarded", 10],
      [2, "/a/*", "forwarded", 100],
    ]);
  });

  test("that was restored is told again all that the collector has", async () => {
    const key = await seedKey();
    for (const day of [0, 1, 2]) {
      await report(useOf(key, forwarded(10 ** day)));
      await settle();
      wait(day < 2 ? DAY : MINUTE);
    }
    await env.DB.batch([
      env.DB.prepare("DELETE FROM usage_days WHERE key_id = ?").bind(key.id),
      env.DB.prepare("DELETE FROM api_key_scope_uses WHERE key_id = ?").bind(key.id),
      env.DB.prepare("UPDATE api_keys SET last_used_at = NULL WHERE id = ?").bind(key.id),
    ]);
    await settle();
    expect(await daysOf(key)).toEqual([]);
    const { generation } = await report(useOf(key, forwarded(1_000)));
    await noteRestore(Number(generation) + 1);
    wait(MINUTE);
    expect(await report()).toMatchObject({ generation: Number(generation) + 1 });
    wait(MINUTE);
    await settle();
    expect(await daysOf(key)).toEqual([
      [0, "/a/*", "forwarded", 1],
      [1, "/a/*", "forwarded", 10],
      [2, "/a/*", "forwarded", 1_100],
    ]);
    expect(await scopesOf(key)).toEqual({ "a:read": 2 });
    expect(await lastUseOf(key)).toBe(2 * DAY + MINUTE);
  });

  test("is not told of the use of scopes and keys that moves back", async () => {
    const key = await seedKey();
    await report(useOf(key));
    await settle();
    wait(-2 * DAY);
    await evictDurableObject(collectorAt(collector));
    await report(useOf(key));
    await settle();
    expect(await scopesOf(key)).toEqual({ "a:read": 0 });
    expect(await lastUseOf(key)).toBe(0);
  });
});

describe("many keys", () => {
  const keysOf = (count: number, prefix = newId("key")) =>
    Array.from({ length: count }, (_, at) => useOf({ id: `${prefix}${at}`, organizationId: "org_many" }));

  test("take few rows: a thousand in six reports are six rows, and some more to add them up", async () => {
    const keys = keysOf(1_000);
    const writes: string[] = [];
    await runInDurableObject(collectorAt(collector), (_, { storage }) => {
      for (const verb of ["put", "delete"] as const) {
        const original = storage.kv[verb];
        vi.spyOn(storage.kv, verb).mockImplementation(((name: string, value: unknown) => {
          writes.push(name.split("/")[0] as string);
          return Reflect.apply(original, storage.kv, [name, value]);
        }) as never);
      }
    });
    for (let isolate = 0; isolate < 6; isolate++) await report(...keys);
    await settle();
    expect(writes.filter((name) => name === "journal")).toHaveLength(12);
    expect(writes.length).toBeLessThan(40);
  });

  test("are one batch for D1, or one after the other where they are too many for that", async () => {
    const calls = await countingD1();
    for (let part = 0; part < 4; part++) await report(...keysOf(1_000));
    await runDurableObjectAlarm(collectorAt(collector));
    expect(calls).toEqual(["batch"]);
    const rows = () =>
      env.DB.prepare("SELECT count(*) AS n FROM usage_days WHERE collector = ?")
        .bind(collector)
        .first<{ n: number }>()
        .then((row) => row?.n ?? 0);
    expect(await rows()).toBeLessThan(4_000);
    expect(await collectorAlarm(collector)).toBe(NOON + 5_000);
    for (let round = 0; round < 4; round++) {
      wait(5_000);
      await runDurableObjectAlarm(collectorAt(collector));
    }
    expect(await rows()).toBe(4_000);
    expect(calls.length).toBeLessThan(5);
  });

  test("are stored in parts of limited size, and the keys of one organization are found in few", async () => {
    const others = Array.from({ length: 3_000 }, (_, at) =>
      useOf({ id: newId("key"), organizationId: `org_${String(at % 300).padStart(3, "0")}` }),
    );
    const key = await seedKey();
    await report(...others.slice(0, 1_500));
    await report(...others.slice(1_500), useOf(key, forwarded(7)));
    await settle();
    const sizes = await inStorage(({ kv }) =>
      [...kv.list<string>({ prefix: "day/" })].flatMap(([, text]) => (typeof text === "string" ? [text.length] : [])),
    );
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64_000);
    expect(await hoursOf(key)).toEqual([[0, 7]]);
    const spans = { hours: [], days: { from: MIDNIGHT, to: MIDNIGHT + DAY } };
    const answer = await readUsageOf(collector, { organizationId: "org_007", spans, groups: ["key"] });
    expect(answer).toMatchObject({ liveFrom: MIDNIGHT });
    expect(answer !== "too much" && answer.sums).toHaveLength(10);
    wait(HOUR);
    await report(...others.slice(0, 1_500), useOf(key, forwarded(1)));
    await settle();
    expect(await hoursOf(key)).toEqual([
      [0, 7],
      [1, 1],
    ]);
  });

  test("of one organization that are more than one answer can read are refused, but not by the key", async () => {
    const key = await seedKey();
    await report(useOf(key, forwarded(7)));
    await settle();
    const part = "x".repeat(1_000_000);
    await inStorage(({ kv }) => {
      const name = (n: number) => `${key.organizationId}/z${n}`;
      const [first, ...others] = Array.from({ length: 51 }, (_, n) => ({
        first: name(n),
        id: n + 1,
        size: 0,
        dueAt: null,
      }));
      kv.put(`hour/${NOON}`, [...(kv.get<object[]>(`hour/${NOON}`) ?? []), first, ...others]);
      for (let n = 1; n <= 51; n++) kv.put(`hour/${NOON}/${n}`, part);
    });
    const question = { organizationId: key.organizationId, groups: ["key"] as const };
    const hours = { from: NOON, to: NOON + HOUR };
    expect(await readUsageOf(collector, { ...question, spans: { hours: [hours], days: undefined } })).toBe("too much");
    const days = { from: MIDNIGHT, to: MIDNIGHT + DAY };
    expect(await readUsageOf(collector, { ...question, spans: { hours: [], days } })).toMatchObject({
      sums: [{ requests: 7 }],
    });
    expect(await hoursOf(key)).toEqual([[0, 7]]);
  });

  test("do not wait for the minute where they are very many", async () => {
    const keys = keysOf(2_000);
    for (let isolate = 0; isolate < 9; isolate++) await report(...keys);
    expect(await collectorAlarm(collector)).toBe(NOON + 5_000);
    await report(...keys);
    expect(await collectorAlarm(collector)).toBe(NOON);
  });
});

describe("what is old", () => {
  const useEachHour = async (key: SeededKey, hours: number) => {
    for (let hour = 0; hour < hours; hour++) {
      await report(useOf(key));
      await settle();
      wait(HOUR);
    }
  };

  test("is deleted: hours after 32 days, days after 35, and then nothing rings any more", async () => {
    const key = await seedKey();
    await report(useOf(key));
    await settle();
    wait(HOUR);
    await report(useOf(key));
    await settle();
    const names = () => Promise.all([stored("hour/"), stored("day/")]);
    vi.setSystemTime(NOON + 32 * DAY);
    await runDurableObjectAlarm(collectorAt(collector));
    expect((await names()).map((list) => list.length)).toEqual([4, 2]);
    wait(HOUR);
    await runDurableObjectAlarm(collectorAt(collector));
    expect((await names()).map((list) => list.length)).toEqual([2, 2]);
    wait(HOUR);
    await runDurableObjectAlarm(collectorAt(collector));
    expect((await names()).map((list) => list.length)).toEqual([0, 2]);
    wait(4 * DAY);
    await runDurableObjectAlarm(collectorAt(collector));
    expect((await names()).map((list) => list.length)).toEqual([0, 0]);
    expect(await collectorAlarm(collector)).toBeNull();
    expect(await daysOf(key)).toHaveLength(1);
  });

  test("is deleted as fast as it comes: one hour in each hour, whenever in it the alarm rings", async () => {
    const key = await seedKey();
    await useEachHour(key, 6);
    vi.setSystemTime(NOON + 40 * DAY);
    for (let hour = 0; hour < 6; hour++) {
      vi.setSystemTime(NOON + 40 * DAY + hour * HOUR + (5 - hour) * MINUTE);
      await runDurableObjectAlarm(collectorAt(collector));
    }
    expect(await stored("hour/")).toEqual([]);
  });

  test("is nearly all there after the clock was years ahead for a while", async () => {
    const key = await seedKey();
    await useEachHour(key, 4);
    wait(3 * 365 * DAY);
    for (let minute = 0; minute < 10; minute++) {
      await runDurableObjectAlarm(collectorAt(collector));
      wait(MINUTE);
    }
    vi.setSystemTime(NOON + 4 * HOUR);
    await evictDurableObject(collectorAt(collector));
    expect((await hoursOf(key)).map(([hour]) => hour)).toEqual([1, 2, 3]);
  });
});

describe("days of which D1 does not have everything", () => {
  const liveFrom = async () => {
    const spans = { hours: [], days: undefined };
    const answer = await readUsageOf(collector, { organizationId: "org", spans, groups: [] });
    return answer === "too much" ? answer : (answer.liveFrom - MIDNIGHT) / DAY;
  };

  test("are named by the collector: today, and those before that D1 could not be told of", async () => {
    const key = await seedKey();
    expect(await liveFrom()).toBe(0);
    await report(useOf(key));
    await settle();
    wait(DAY);
    expect(await liveFrom()).toBe(1);
    await withoutDays(async () => {
      await report(useOf(key));
      await runDurableObjectAlarm(collectorAt(collector));
      wait(3 * DAY);
      expect(await liveFrom()).toBe(1);
    });
    await settle();
    expect(await liveFrom()).toBe(4);
    await report(useOf(key));
    wait(DAY);
    expect(await liveFrom()).toBe(4);
  });
});

describe("More reports than there is memory for", () => {
  test("are added up a few megabytes at a time, each once", async () => {
    const key = await seedKey();
    const long = (n: number) => ({ route: `/${n}/${"a".repeat(1_000)}`, outcome: "forwarded", requests: 1 });
    for (let n = 0; n < 30; n++) {
      const uses = Array.from({ length: 500 }, (_, id) =>
        useOf({ ...key, id: `key_${n}_${id}` }, { counts: [long(id % 10)] }),
      );
      await report(...uses, useOf(key, forwarded(1)));
    }
    const left: number[] = [];
    do {
      await runDurableObjectAlarm(collectorAt(collector));
      left.push((await stored("journal/")).length);
      const isAtOnce = (await collectorAlarm(collector)) === Date.now();
      expect(isAtOnce).toBe(left.at(-1) !== 0);
    } while (left.at(-1) !== 0 && left.length < 30);
    // Of 16 MB, no batch has more than 8.
    expect(left.length).toBeGreaterThan(2);
    expect(left.at(-1)).toBe(0);
    expect(await hoursOf(key)).toEqual([[0, 30]]);
  });
});
