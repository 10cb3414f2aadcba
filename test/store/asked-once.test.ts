import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { askedOnce } from "../../src/store/asked-once.ts";
import { guard, StorageFailure } from "../../src/store/boundary.ts";
import { counting, failing, instrument } from "../helpers/workerd.ts";

const SQL = "SELECT ?1 AS one, ?2 AS other";

test("the same statement with the same values is sent once, whoever asks, and however", async () => {
  const { binding, calls } = counting(env.DB);
  const { db } = askedOnce(guard("D1", binding, () => {}));
  const row = { one: 1, other: "a" };
  const asked = await Promise.all([
    db.prepare(SQL).bind(1, "a").first(),
    db.prepare(SQL).bind(1, "a").first("other"),
    db.prepare(SQL).bind(1, "a").all(),
    db.withSession("first-primary").prepare(SQL).bind(1, "a").first(),
  ]);
  expect(asked).toEqual([row, "a", expect.objectContaining({ results: [row] }), row]);
  expect(await db.prepare(SQL).bind(1, "a").first("one")).toBe(1);
  expect(calls).toEqual(["all"]);
});

test("other values, other statements and writes are sent each time", async () => {
  const { binding, calls } = counting(env.DB);
  const { db } = askedOnce(guard("D1", binding, () => {}));
  expect(await db.prepare(SQL).bind(1, "a").first("one")).toBe(1);
  expect(await db.prepare(SQL).bind("1", "a").first("one")).toBe("1");
  expect(await db.prepare("SELECT 1 WHERE FALSE").first()).toBeNull();
  await db.prepare("CREATE TABLE IF NOT EXISTS t (n)").run();
  for (let round = 0; round < 2; round++) await db.prepare("INSERT INTO t VALUES (1)").run();
  const [rows] = await db.batch([db.prepare("SELECT count(*) AS rows FROM t"), db.prepare("DROP TABLE t")]);
  expect(rows?.results).toEqual([{ rows: 2 }]);
  expect(calls).toEqual(["all", "all", "all", "run", "run", "run", "batch"]);
});

test("after the end it remembers nothing", async () => {
  const { binding, calls } = counting(env.DB);
  const { db, end } = askedOnce(binding);
  const ask = () => db.prepare(SQL).bind(1, 2).first();
  await ask();
  end();
  await ask();
  await ask();
  expect(calls).toEqual(["all", "all", "all"]);
});

test("a fault is a fault of storage for everyone who asked", async () => {
  const { db } = askedOnce(guard("D1", instrument(env.DB, failing), () => {}));
  const asked = await Promise.allSettled([1, 2].map(() => db.prepare(SQL).bind(1, 2).first()));
  for (const one of asked) expect(one).toMatchObject({ status: "rejected", reason: expect.any(StorageFailure) });
});
