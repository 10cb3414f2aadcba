/** What a feed of changes answers from D1, and which leases can be kept by it. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Courier } from "../../src/authority/courier.ts";
import { authorityName, feedName } from "../../src/authority/name.ts";
import type { FeedAnswer } from "../../src/domain/feed.ts";
import type { Mark } from "../../src/domain/record-changes.ts";
import {
  addSecret,
  instrument,
  migrate,
  newId,
  newSecret,
  numberNewSecrets,
  type OnIo,
  type SeededKey,
  seedKey,
} from "../helpers/workerd.ts";
import { askLease, authorityOf, instrumentAuthority, tell } from "./ask.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const PLENTY = { rates: [{ name: "minute", limit: 6_000, window: 60 }] };

const { DB: db, COURIER } = env;
const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const nameOf = ({ environment, id }: SeededKey) => authorityName(environment, id);
const run = (sql: string, ...values: unknown[]) =>
  db
    .prepare(sql)
    .bind(...values)
    .run();
const disable = ({ id }: SeededKey) => run("UPDATE api_keys SET disabled_at = 1 WHERE id = ?", id);
const courier = (name: string) => COURIER.get(COURIER.idFromName(name)) as unknown as DurableObjectStub<Courier>;

async function newest(): Promise<number> {
  return (await db.prepare("SELECT max(number) AS number FROM record_changes").first<number>("number")) as number;
}

let feed: DurableObjectStub<Courier>;

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  feed = courier(newId("feed"));
});
afterEach(() => {
  vi.useRealTimers();
});

/** From D1 as it is now. */
async function asked(after?: Mark): Promise<FeedAnswer> {
  wait(250);
  return (await feed.changesSince({ after })) as FeedAnswer;
}

const changed = async (after: Mark) => (await asked(after)).changes.map(({ subject }) => subject);

/** What the feed does with its bindings from now on. */
const instrumentFeed = (onIo: OnIo, bindings: object = {}) =>
  runInDurableObject(feed, (instance) => {
    (instance as unknown as { env: object }).env = { ...env, DB: instrument(db, onIo), ...bindings };
  });

describe("A lease can be kept", () => {
  test.each([
    ["of a key without limits", undefined, null],
    ["of a key with many more tokens than are asked for", PLENTY, 4],
  ])("%s, by an isolate that follows a feed", async (_, limits, tokens) => {
    const key = await seedKey(limits && { limits });
    const number = await newest();
    expect(await askLease(key, { keeps: 4 })).toMatchObject({ keepMs: 600_000, tokens, number });
    const other = await askLease(key);
    expect([other.keepMs, other.number]).toEqual([undefined, undefined]);
  });

  test.each([
    ["where tokens are scarce", { limits: { rates: [{ name: "minute", limit: 60, window: 60 }] } }],
    [
      "of a quota, which would lose what is not reported",
      { limits: { quotas: [{ name: "day", limit: 1e6, per: "day" }] } },
    ],
    ["of a key that does not work", { disabledAt: 1 }],
  ] as const)("not %s", async (_, seed) => {
    const key = await seedKey(seed as Parameters<typeof seedKey>[0]);
    expect((await askLease(key, { keeps: 4 })).keepMs).toBeUndefined();
  });

  test("not while the authority has not read D1 since a restore that the isolate knows of", async () => {
    const key = await seedKey();
    await askLease(key);
    // In use, it waits for some time before it reads D1 again.
    expect((await askLease(key, { keeps: 4, generation: 9_000_000 })).keepMs).toBeUndefined();
  });

  test("not if the authority's record is older than a change that the isolate has heard of, and D1 is down", async () => {
    const key = await seedKey();
    await askLease(key);
    await disable(key);
    await instrumentAuthority(key, () => {
      throw new Error("down");
    });
    const lease = await askLease(key, { keeps: 4, number: await newest() });
    expect([lease.keepMs, lease.record.disabledAt]).toEqual([undefined, null]);
  });
});

describe("An authority that is asked with the number of a newer change", () => {
  test("reads D1 before it lends, once for all who ask at the same time", async () => {
    const key = await seedKey();
    await askLease(key);
    await disable(key);
    const number = await newest();
    const calls: string[] = [];
    await instrumentAuthority(key, (name, go) => {
      calls.push(name);
      return go();
    });
    const leases = await Promise.all(Array.from({ length: 5 }, () => askLease(key, { number })));
    expect(leases.map(({ record }) => record.disabledAt)).toEqual([1, 1, 1, 1, 1]);
    await askLease(key, { number });
    expect(calls).toEqual(["first"]);
  });

  test("does not wait for a D1 that is down again and again", async () => {
    const key = await seedKey();
    await askLease(key);
    await disable(key);
    const number = await newest();
    let calls = 0;
    await instrumentAuthority(key, () => {
      calls += 1;
      throw new Error("down");
    });
    for (let n = 0; n < 5; n++) await askLease(key, { number });
    expect(calls).toBe(1);
    await instrumentAuthority(key, (_, go) => go());
    wait(2_000);
    expect((await askLease(key, { number })).record.disabledAt).toBe(1);
  });
});

describe("Kept tokens", () => {
  const livesOf = (key: SeededKey) =>
    runInDurableObject(authorityOf(key), (_, { storage }) => {
      const { ledger } = storage.kv.get("account") as { ledger: { open: { endsAt: number }[] } };
      return ledger.open.map(({ endsAt }) => endsAt - Date.now());
    });

  test("end with their rights, a lease's life after the authority knows of the change", async () => {
    const key = await seedKey({ limits: PLENTY });
    expect((await askLease(key, { keeps: 100 })).tokens).toBeGreaterThan(40);
    expect(Math.min(...(await livesOf(key)))).toBeGreaterThan(600_000);
    await run("UPDATE api_keys SET allowed_addresses = '[\"192.0.2.0/24\"]' WHERE id = ?", key.id);
    await tell(key);
    expect(await livesOf(key)).toEqual([2_500]);
  });

  test("stay when the key gets one more secret, of which no isolate hears", async () => {
    const key = await seedKey({ limits: PLENTY });
    await askLease(key, { keeps: 100 });
    const before = await livesOf(key);
    const secretHash = await addSecret(key.id, newSecret());
    const { record } = await askLease(key, { secretHash, waiting: 0, wanted: 0 });
    expect(record.secrets).toHaveLength(2);
    expect(await livesOf(key)).toEqual(before);
  });

  test("end when a secret of the key gets an end while another one is added", async () => {
    const key = await seedKey({ limits: PLENTY });
    await askLease(key, { keeps: 100 });
    await addSecret(key.id, newSecret());
    await run("UPDATE api_key_secrets SET expires_at = ? WHERE hash = ?", NOON + 1, key.hash);
    await tell(key);
    expect(await livesOf(key)).toEqual([2_500]);
  });
});

describe("The feed names", () => {
  test("whose records have changed, whoever changed them", async () => {
    const key = await seedKey();
    const { position } = await asked();
    expect(await changed(position)).toEqual([]);
    await disable(key);
    await run("UPDATE members SET role = 'admin' WHERE id = ?", key.memberId);
    await run("UPDATE organizations SET plan = 'free' WHERE id = ?", key.organizationId);
    await run("DELETE FROM api_key_scopes WHERE key_id = ?", key.id);
    expect(await changed(position)).toEqual([
      nameOf(key),
      `member:${key.memberId}`,
      `organization:${key.organizationId}`,
    ]);
    const { position: later } = await asked(position);
    expect(await changed(later)).toEqual([]);
  });

  test("nobody after a new key, or after a new secret", async () => {
    const key = await seedKey();
    const { position } = await asked();
    await seedKey();
    await run(
      "INSERT INTO api_key_secrets (hash, key_id, pepper_id, hint, created_at) VALUES (?, ?, 'p1', 'abcd', 1)",
      newId("hash"),
      key.id,
    );
    expect(await changed(position)).toEqual([]);
  });

  test("to who begins, what an authority perhaps does not know: what was not told, and the outbox", async () => {
    const [told, untold, pending] = [await seedKey(), await seedKey(), await seedKey()];
    const reconciler = courier("reconciler");
    await disable(told);
    await reconciler.watchRecords();
    await runInDurableObject(reconciler, (instance) => instance.alarm());
    await disable(untold);
    await run(
      "INSERT INTO outbox (change_id, key_id, environment, created_at) VALUES ('c', ?, ?, 1)",
      pending.id,
      pending.environment,
    );
    const { changes, after } = await asked();
    expect(after).toBeUndefined();
    expect(changes).toContainEqual({ subject: nameOf(untold), number: await newest() });
    expect(changes).toContainEqual({ subject: nameOf(pending), number: await newest() });
    expect(changes.map(({ subject }) => subject)).not.toContain(nameOf(told));
    await run("DELETE FROM outbox");
  });
});

describe("While thousands of keys are created", () => {
  test("there is a feed, also if the reconciler has told nobody since, and it names what else was changed", async () => {
    const key = await seedKey();
    await numberNewSecrets(20_000);
    const { position } = await asked();
    await numberNewSecrets(20_000);
    await disable(key);
    await numberNewSecrets(20_000);
    expect(await asked(position)).toMatchObject({ after: position.number, changes: [{ subject: nameOf(key) }] });
    feed = courier(newId("feed"));
    expect((await asked()).changes).toContainEqual({ subject: nameOf(key), number: (await newest()) - 20_000 });
  });

  test("a feed begins while the rows of those that were told are not deleted yet", async () => {
    const key = await seedKey();
    await run(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
      INSERT INTO record_changes (kind, environment, subject) SELECT 'api_key', 'sandbox', 'key_' || i FROM n`);
    const seen = await db.prepare("SELECT number, mark FROM record_changes ORDER BY number DESC LIMIT 1").first<Mark>();
    const get = () => ({ changesTold: async () => ({ number: seen?.number, generation: 0, seen }) });
    await instrumentFeed((_, go) => go(), { COURIER: { idFromName: (name: string) => name, get } });
    await disable(key);
    expect((await asked()).changes).toEqual([{ subject: nameOf(key), number: await newest() }]);
    await run("DELETE FROM record_changes WHERE subject LIKE 'key_%' AND length(subject) < 9");
  });

  test("a new feed finds the row that the reconciler saw last among them", async () => {
    await numberNewSecrets(3_000);
    const seen = await db.prepare("SELECT number, mark FROM record_changes ORDER BY number DESC LIMIT 1").first<Mark>();
    await numberNewSecrets(3_000);
    const tell = (mark: Mark | null) => ({
      changesTold: async () => ({ number: (seen?.number ?? 0) - 2_000, generation: 0, seen: mark }),
    });
    const from = async (mark: Mark | null) => {
      feed = courier(newId("feed"));
      await instrumentFeed((_, go) => go(), { COURIER: { idFromName: (name: string) => name, get: () => tell(mark) } });
      wait(3_000);
      return feed.changesSince({ after: undefined });
    };
    expect(await from(seen)).toBeDefined();
    expect(await from(seen && { ...seen, mark: "another" })).toBeUndefined();
  });
});

describe("An isolate follows on", () => {
  test("after the object has restarted, and at another feed", async () => {
    const key = await seedKey();
    const { position } = await asked();
    await disable(key);
    await evictDurableObject(feed);
    expect(await asked(position)).toMatchObject({ after: position.number, changes: [{ subject: nameOf(key) }] });
    feed = courier(feedName(7));
    expect(await asked(position)).toMatchObject({ after: position.number, changes: [{ subject: nameOf(key) }] });
  });

  test("not from a row that D1 no longer has, as after a restore", async () => {
    const key = await seedKey();
    await disable(key);
    const { position } = await asked();
    expect((await asked(position)).after).toBe(position.number);
    await run("UPDATE record_changes SET mark = 'another' WHERE number = ?", position.number);
    expect((await asked(position)).after).toBeUndefined();
    expect((await asked({ ...position, mark: "another" })).after).toBe(position.number);
  });
});

test("An answer rests on D1 as it was after the question arrived, also while the object's clock stands still", async () => {
  const key = await seedKey();
  const { position } = await asked();
  await disable(key);
  expect(await feed.changesSince({ after: position })).toMatchObject({ ageMs: 0, changes: [{ subject: nameOf(key) }] });
});

describe("There is no feed", () => {
  test("for three seconds after D1 could not say what has changed", async () => {
    await instrumentFeed(() => Promise.reject(new Error("D1_ERROR: no such table: record_changes: SQLITE_ERROR")));
    expect(await feed.changesSince({ after: undefined })).toBeUndefined();
    await instrumentFeed((_, go) => go());
    wait(2_999);
    expect(await feed.changesSince({ after: undefined })).toBeUndefined();
    wait(1);
    expect(await feed.changesSince({ after: undefined })).toBeDefined();
  });

  test("if D1 does not number changes yet", async () => {
    await instrumentFeed(() => Promise.reject(new Error("D1_ERROR: no such table: record_changes: SQLITE_ERROR")));
    expect(await feed.changesSince({ after: undefined })).toBeUndefined();
  });

  test("if the reconciler runs code that does not say what it has told", async () => {
    const get = () => ({ changesTold: () => Promise.reject(new TypeError("no such method")) });
    await instrumentFeed((_, go) => go(), { COURIER: { idFromName: (name: string) => name, get } });
    expect(await feed.changesSince({ after: undefined })).toBeUndefined();
  });

  test("while a row is missing that an authority perhaps does not know, as after code that deletes earlier", async () => {
    const told = { number: 1, generation: 0 };
    await disable(await seedKey());
    await disable(await seedKey());
    await run("DELETE FROM record_changes WHERE number < ?", await newest());
    const get = () => ({ changesTold: async () => told });
    await instrumentFeed((_, go) => go(), { COURIER: { idFromName: (name: string) => name, get } });
    expect(await feed.changesSince({ after: undefined })).toBeUndefined();
  });
});
