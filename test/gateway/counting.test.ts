/** The counters of the bench, before the real bindings. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { counting, countingObject, takeCounts } from "../../bench/workers/counting.ts";
import { authorityOf } from "../authority/ask.ts";
import { migrate, seedKey } from "../helpers/workerd.ts";

const NOTHING = {
  ...{ objectRequest: 0, objectRow: 0, alarmSet: 0 },
  ...{ d1Call: 0, d1Batch: 0, d1RowRead: 0, d1RowWritten: 0, kvRead: 0, kvWrite: 0 },
};

const { DB, KV, AUTHORITY } = counting(env);

beforeAll(migrate);
beforeEach(() => void takeCounts());

test("each call of KV is a read or a write", async () => {
  await KV.put("name", "value");
  expect(await KV.get("name")).toBe("value");
  expect(await KV.getWithMetadata("none")).toMatchObject({ value: null });
  await KV.delete("name");
  expect(takeCounts()).toEqual({ ...NOTHING, kvRead: 2, kvWrite: 2 });
});

test("a statement of D1 counts its rows, whatever it is asked for", async () => {
  await DB.prepare("CREATE TABLE numbers (n INTEGER)").run();
  takeCounts();
  await DB.prepare("INSERT INTO numbers VALUES (?1), (?2)").bind(1, 2).run();
  expect(takeCounts()).toEqual({ ...NOTHING, d1Call: 1, d1RowWritten: 2 });
  const statement = DB.withSession("first-primary").prepare("SELECT n FROM numbers");
  expect(await statement.first("n")).toBe(1);
  expect(await statement.first()).toEqual({ n: 1 });
  expect((await statement.all()).results).toHaveLength(2);
  expect(await DB.prepare("SELECT n FROM numbers WHERE n > 2").first()).toBeNull();
  expect(takeCounts()).toEqual({ ...NOTHING, d1Call: 4, d1RowRead: 8 });
});

test("a batch of D1 is one call, and counts the rows of all its statements", async () => {
  await DB.batch([DB.prepare("INSERT INTO numbers VALUES (3)"), DB.prepare("SELECT n FROM numbers")]);
  expect(takeCounts()).toEqual({ ...NOTHING, d1Call: 1, d1Batch: 1, d1RowRead: 3, d1RowWritten: 1 });
});

test("a call of an object counts, and what the object reads in D1 does not count again", async () => {
  const key = await seedKey();
  const stub = AUTHORITY.get(AUTHORITY.idFromName("counted")) as unknown as ReturnType<typeof authorityOf>;
  takeCounts();
  await stub.limitsOf(key.environment, key.id);
  expect(takeCounts()).toEqual({ ...NOTHING, objectRequest: 1 });
});

test("a row that an object writes counts, and so does an alarm that it sets and one that rings", async () => {
  const key = await seedKey();
  class Ringing {
    alarm(): void {}
  }
  const counts = await runInDurableObject(authorityOf(key), async (_, state) => {
    const object = new (countingObject(Ringing as new (...given: unknown[]) => Ringing))(state, env);
    takeCounts();
    const { storage } = state;
    storage.kv.put("name", 1);
    storage.kv.get("name");
    storage.kv.delete("name");
    storage.sql.exec("CREATE TABLE lines (n INTEGER)");
    const created = takeCounts();
    storage.sql.exec("INSERT INTO lines VALUES (1), (2), (3) RETURNING n").toArray();
    storage.sql.exec("SELECT n FROM lines").toArray();
    await storage.setAlarm(Date.now() + 60_000);
    object.alarm();
    return { created, after: takeCounts() };
  });
  expect(counts.created.objectRow).toBeGreaterThanOrEqual(2);
  expect(counts.after).toEqual({ ...NOTHING, objectRow: 3, alarmSet: 1, objectRequest: 1 });
});
