/** Changes made in D1 by hand, and restores of D1: found by one object, with no read of D1 for each key. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Courier } from "../../src/authority/courier.ts";
import type { KeyRecord } from "../../src/domain/key.ts";
import {
  instrument,
  migrate,
  newId,
  numberNewSecrets,
  type OnIo,
  type SeededKey,
  seedKey,
} from "../helpers/workerd.ts";
import { ask, askLease, authorityOf, instrumentAuthority, tell } from "./ask.ts";

const { DB: db, COURIER } = env;
/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;

let object: DurableObjectStub<Courier>;

beforeAll(migrate);
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  // A new object begins with the oldest change, and would tell thousands of keys of other tests.
  await run("DELETE FROM record_changes");
  object = COURIER.get(COURIER.idFromName(newId("reconciler"))) as unknown as DurableObjectStub<Courier>;
  await object.watchRecords();
  await ringOut();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const run = (sql: string, ...values: unknown[]) =>
  db
    .prepare(sql)
    .bind(...values)
    .run();
const alarm = () => runDurableObjectAlarm(object);
const alarmAt = () => runInDurableObject(object, (_, { storage }) => storage.getAlarm());
const record = async (key: SeededKey): Promise<KeyRecord> => (await askLease(key)).record;

/** Until nothing is left to tell. Returns the number of rounds. */
async function ringOut(): Promise<number> {
  for (let rounds = 1; ; rounds++) {
    await alarm();
    const at = await alarmAt();
    if (at === null || at - Date.now() >= 1_000) return rounds;
  }
}

/** What the object does with its bindings from now on. `onTell`: an authority is only told if it returns nothing. */
function instrumentObject(onD1: OnIo, onTell: (id: string) => unknown = () => {}): Promise<void> {
  return runInDurableObject(object, (instance) => {
    const AUTHORITY = {
      idFromName: (name: string) => name,
      get: (name: string) => ({
        recordChanged: async (environment: string, id: string, plans: object, number: number) => {
          if (onTell(id) !== undefined) return;
          const real = env.AUTHORITY.get(env.AUTHORITY.idFromName(name));
          await real.recordChanged(environment, id, plans as never, number);
        },
      }),
    };
    (instance as unknown as { env: object }).env = { ...env, DB: instrument(env.DB, onD1), AUTHORITY };
  });
}

const pass: OnIo = (_, go) => go();

async function d1CallsOf(key: SeededKey): Promise<string[]> {
  const calls: string[] = [];
  await instrumentAuthority(key, (name, go) => {
    calls.push(name);
    return go();
  });
  return calls;
}

describe("An edit by hand is in force after one look", () => {
  const EDITS: [string, (key: SeededKey) => Promise<unknown>, Partial<Record<string, unknown>>][] = [
    ["a key disabled", ({ id }) => run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", id), { disabledAt: 5 }],
    ["a key's end", ({ id }) => run("UPDATE api_keys SET expires_at = 5 WHERE id = ?", id), { expiresAt: 5 }],
    ["a scope deleted", ({ id }) => run("DELETE FROM api_key_scopes WHERE key_id = ?", id), { scopes: [] }],
    [
      "a scope added",
      ({ id }) => run("INSERT INTO api_key_scopes VALUES (?, 'z:z')", id),
      { scopes: ["admin", "z:z"] },
    ],
    [
      "a workspace deleted",
      ({ workspaceIds: [id] }) => run("DELETE FROM workspaces WHERE id = ?", id),
      { workspaces: [] },
    ],
    ["a secret deleted", ({ id }) => run("DELETE FROM api_key_secrets WHERE key_id = ?", id), { secrets: [] }],
    [
      "an organization suspended",
      ({ organizationId: id }) => run("UPDATE organizations SET status = 'suspended' WHERE id = ?", id),
      { organization: expect.objectContaining({ status: "suspended" }) },
    ],
    [
      "an organization's plan",
      ({ organizationId: id }) => run("UPDATE organizations SET plan = 'free' WHERE id = ?", id),
      { plan: "free" },
    ],
    [
      "a member removed",
      ({ memberId }) => run("UPDATE members SET removed_at = 5 WHERE id = ?", memberId),
      { member: expect.objectContaining({ removed: true }) },
    ],
    [
      "a member's workspaces",
      ({ memberId }) => run("DELETE FROM member_workspaces WHERE member_id = ?", memberId),
      { member: expect.objectContaining({ workspaces: [] }) },
    ],
  ];

  test.each(EDITS)("%s, also while the authority sleeps", async (_, edit, changed) => {
    const [key, slept] = [await seedKey({ reach: "workspace" }), await seedKey({ reach: "workspace" })];
    for (const one of [key, slept]) expect(await record(one)).not.toMatchObject(changed);
    await edit(key);
    await edit(slept);
    await evictDurableObject(authorityOf(slept));
    await alarm();
    for (const one of [key, slept]) expect(await record(one)).toMatchObject(changed);
  });

  test("and a key that was deleted is unknown", async () => {
    const key = await seedKey();
    await askLease(key);
    await run("DELETE FROM api_keys WHERE id = ?", key.id);
    await alarm();
    expect(await ask(key)).toEqual({ kind: "no_such_key" });
  });

  test("and one that was moved to the other environment is unknown in the first", async () => {
    const key = await seedKey();
    await askLease(key);
    await run("UPDATE api_keys SET environment = 'production' WHERE id = ?", key.id);
    await alarm();
    expect(await ask(key)).toEqual({ kind: "no_such_key" });
    expect((await ask({ ...key, environment: "production" })).kind).toBe("lease");
  });

  test("and what was changed before the object first looked is found too", async () => {
    const key = await seedKey();
    await askLease(key);
    await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    object = COURIER.get(COURIER.idFromName(newId("reconciler"))) as unknown as DurableObjectStub<Courier>;
    await object.watchRecords();
    await ringOut();
    expect((await record(key)).disabledAt).toBe(5);
  });
});

describe("D1 is not read again", () => {
  test("for a key in use that nobody changed, however long it is used, and however often its object slept", async () => {
    const key = await seedKey();
    await askLease(key);
    const calls = await d1CallsOf(key);
    for (const pause of [MINUTE, 60 * MINUTE, YEAR]) {
      await askLease(key);
      await object.watchRecords();
      await alarm();
      wait(pause);
    }
    expect(calls).toEqual([]);
    await evictDurableObject(authorityOf(key));
    const afterwards = await d1CallsOf(key);
    await askLease(key);
    expect(afterwards).toEqual([]);
  });

  test("for a change that the authority was told of by whoever made it", async () => {
    const key = await seedKey();
    await askLease(key);
    const calls = await d1CallsOf(key);
    await run("UPDATE api_keys SET disabled_at = 5, version = 'v2' WHERE id = ?", key.id);
    await run("DELETE FROM api_key_scopes WHERE key_id = ?", key.id);
    await tell(key);
    expect(calls).toEqual(["first"]);
    await ringOut();
    expect(calls).toEqual(["first"]);
  });

  test("for a key that was changed but never used, and its authority stores nothing", async () => {
    const key = await seedKey();
    const calls = await d1CallsOf(key);
    await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    await run("UPDATE organizations SET plan = 'free' WHERE id = ?", key.organizationId);
    const told: string[] = [];
    await instrumentObject(pass, (id) => void told.push(id));
    await ringOut();
    expect(told).toEqual([key.id, key.id]);
    expect(calls).toEqual([]);
    const stored = await runInDurableObject(authorityOf(key), (_, { storage }) => [...storage.kv.list()]);
    expect(stored).toEqual([]);
    expect(await runInDurableObject(authorityOf(key), (_, { storage }) => storage.getAlarm())).toBeNull();
  });

  test("more than once for many changes of one key, and nobody is told of new keys and secrets", async () => {
    const key = await seedKey({ scopes: ["a:a", "b:b", "c:c"] });
    await askLease(key);
    const calls = await d1CallsOf(key);
    const told: string[] = [];
    await instrumentObject(pass, (id) => void told.push(id));
    await seedKey();
    await run("DELETE FROM api_key_scopes WHERE key_id = ?", key.id);
    await run("UPDATE api_keys SET version = 'v2', permission = 'read-only' WHERE id = ?", key.id);
    await ringOut();
    expect([told, calls]).toEqual([[key.id], ["first"]]);
    expect(await record(key)).toMatchObject({ scopes: [], permission: "read-only" });
  });

  test("a look costs one call of D1 while nothing changes, and what was told is deleted, but for the newest 1,000", async () => {
    const key = await seedKey();
    await numberNewSecrets(1200);
    await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    await ringOut();
    const calls: string[] = [];
    await instrumentObject((name, go) => {
      calls.push(name);
      return go();
    });
    await alarm();
    await alarm();
    expect(calls).toEqual(["batch", "batch"]);
    expect(await db.prepare("SELECT count(*) AS rows FROM record_changes").first()).toEqual({ rows: 1_000 });
  });
});

describe("Thousands of new keys", () => {
  const rows = () => db.prepare("SELECT count(*) AS rows FROM record_changes").first<number>("rows");

  test("are passed over in one look, and no change among them is", async () => {
    const [before, among, after] = [await seedKey(), await seedKey(), await seedKey()];
    for (const key of [before, among, after]) {
      await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
      await numberNewSecrets(2_000);
    }
    const told: string[] = [];
    await instrumentObject(pass, (id) => told.push(id));
    await alarm();
    expect(told).toEqual([before.id, among.id, after.id]);
    const newest = await db.prepare("SELECT max(number) AS number FROM record_changes").first("number");
    expect((await object.changesTold()).number).toBe(newest);
  });

  test("are deleted 10,000 at a time, also if the object stops in between, and the newest 1,000 stay", async () => {
    await ringOut();
    const left = (await rows()) ?? 0;
    await numberNewSecrets(25_000);
    await alarm();
    expect(await rows()).toBe(left + 15_000);
    await evictDurableObject(object);
    await alarm();
    expect(await rows()).toBe(left + 5_000);
    await ringOut();
    expect(await rows()).toBe(1_000);
  });
});

describe("Nothing is skipped", () => {
  test("if D1 fails at any step, or the object stops there: it is told again", async () => {
    for (let failing = 0; failing < 5; failing++) {
      for (const isEvicted of [false, true]) {
        const key = await seedKey();
        await askLease(key);
        await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
        await run("UPDATE organizations SET status = 'suspended' WHERE id = ?", key.organizationId);
        vi.spyOn(console, "error").mockImplementation(() => {});
        let calls = 0;
        await instrumentObject((_, go) => {
          calls += 1;
          if (calls > failing) throw new Error("D1 is down");
          return go();
        });
        await alarm();
        if (isEvicted) await evictDurableObject(object);
        else await instrumentObject(pass);
        expect(await alarmAt()).not.toBeNull();
        await ringOut();
        expect(await record(key)).toMatchObject({ disabledAt: 5, organization: { status: "suspended" } });
      }
    }
  });

  test("if D1 gives an authority an answer from before the change just after it was told", async () => {
    const key = await seedKey();
    const { promise: read, resolve: answer } = Promise.withResolvers<void>();
    let reads = 0;
    await instrumentAuthority(key, async (_, go) => {
      reads += 1;
      const found = await (go() as Promise<unknown>);
      if (reads === 1) await read;
      return found;
    });
    const asked = askLease(key);
    await vi.waitUntil(() => reads === 1, { timeout: 10_000 });
    await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    await alarm();
    answer();
    await asked;
    expect((await record(key)).disabledAt).toBe(5);
  });

  test("if an authority cannot be told: the others are, in the same round, and the courier tells it later", async () => {
    const [broken, fine] = [await seedKey(), await seedKey()];
    for (const key of [broken, fine]) {
      await askLease(key);
      await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    }
    await instrumentObject(pass, (id) => {
      if (id === broken.id) throw new Error("the object is broken");
    });
    await ringOut();
    expect([(await record(broken)).disabledAt, (await record(fine)).disabledAt]).toEqual([null, 5]);
    // Before the row of the change can go.
    const pending = await db.prepare("SELECT key_id FROM outbox").first("key_id");
    expect(pending).toBe(broken.id);
    expect(await runDurableObjectAlarm(COURIER.get(COURIER.idFromName("courier")))).toBe(true);
    expect((await record(broken)).disabledAt).toBe(5);
    expect(await db.prepare("SELECT count(*) AS rows FROM outbox").first()).toEqual({ rows: 0 });
  });
});

test("A key that was moved to another environment by hand is told later in both, if neither can be told now", async () => {
  const [moved, fine] = [await seedKey(), await seedKey()];
  await run("UPDATE api_keys SET environment = 'production' WHERE id = ?", moved.id);
  await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", fine.id);
  await instrumentObject(pass, () => {
    throw new Error("no object can be reached");
  });
  await ringOut();
  const { results } = await db.prepare("SELECT key_id, environment FROM outbox ORDER BY environment").all();
  expect(results).toEqual(
    expect.arrayContaining([
      { key_id: moved.id, environment: "production" },
      { key_id: moved.id, environment: "sandbox" },
      { key_id: fine.id, environment: "sandbox" },
    ]),
  );
  await run("DELETE FROM outbox");
});

describe("An organization with thousands of keys", () => {
  async function fill(organization: SeededKey, keys: number): Promise<void> {
    await run(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
       INSERT INTO api_keys (id, organization_id, member_id, environment, reach, permission, name, created_at, expires_at, last_used_at, version)
       SELECT ?1 || '_' || i, ?1, ?2, 'sandbox', 'organization', 'full-access', 'k', 1, 9999999999999, nullif(i % 1000, 1), 'v' FROM n`,
      ...[organization.organizationId, organization.memberId, keys],
    );
  }

  test.each(["organization", "member"] as const)(
    "(%s) is told in pages, those used last first, and no other change waits for it",
    async (kind) => {
      const large = await seedKey();
      await fill(large, 2_000);
      const key = await seedKey();
      await askLease(key);
      const told: string[] = [];
      const count = (id: string) => (told.push(id) && id === key.id ? undefined : "counted");
      await instrumentObject(pass, count);
      if (kind === "organization")
        await run("UPDATE organizations SET plan = 'free' WHERE id = ?", large.organizationId);
      else await run("UPDATE members SET role = 'admin' WHERE id = ?", large.memberId);
      await alarm();
      expect(told).toHaveLength(400);
      expect(told.every((id) => Number(id.split("_").at(-1)) % 1_000 >= 800)).toBe(true);
      await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
      await alarm();
      expect((await record(key)).disabledAt).toBe(5);
      expect(told).toHaveLength(800);
      await evictDurableObject(object);
      await instrumentObject(pass, count);
      const rounds = await ringOut();
      expect(rounds).toBeLessThanOrEqual(6);
      expect(new Set(told).size).toBe(2_000 + 1 + 1);
    },
    60_000,
  );

  test("keeps its row in D1 until all are told, and says so to the feeds", async () => {
    const large = await seedKey();
    await fill(large, 900);
    await instrumentObject(pass, () => "counted");
    await ringOut();
    await run("UPDATE organizations SET plan = 'free' WHERE id = ?", large.organizationId);
    const number = await db.prepare("SELECT max(number) AS number FROM record_changes").first<number>("number");
    await numberNewSecrets(1500);
    const row = () => db.prepare("SELECT kind FROM record_changes WHERE number = ?").bind(number).first("kind");
    await alarm();
    await alarm();
    expect([await row(), (await object.changesTold()).number]).toEqual(["organization", (number as number) - 1]);
    await ringOut();
    expect([await row(), (await object.changesTold()).number]).toEqual([null, (number as number) + 1_500]);
  });

  test("that changes once more meanwhile is told from the beginning, as if for the first time", async () => {
    const large = await seedKey();
    await fill(large, 500);
    await instrumentObject(pass, () => "counted");
    await run("UPDATE organizations SET plan = 'free' WHERE id = ?", large.organizationId);
    await alarm();
    await run("UPDATE organizations SET plan = NULL WHERE id = ?", large.organizationId);
    const told: string[] = [];
    await instrumentObject(pass, (id) => told.push(id));
    await ringOut();
    expect(new Set(told).size).toBe(501);
  });
});

describe("A restore of D1 is noticed", () => {
  /** As D1 does it: all tables are as they were. */
  async function snapshot(key: SeededKey): Promise<() => Promise<void>> {
    const rows = await db.prepare("SELECT * FROM record_changes").all<{ number: number; mark: string; kind: string }>();
    const before = await db
      .prepare("SELECT disabled_at, revoked_at, revoked_by, version FROM api_keys WHERE id = ?")
      .bind(key.id)
      .first<Record<string, string | number | null>>();
    return async () => {
      await run(
        "UPDATE api_keys SET disabled_at = ?, revoked_at = ?, revoked_by = ?, version = ? WHERE id = ?",
        ...[before?.disabled_at, before?.revoked_at, before?.revoked_by, before?.version, key.id],
      );
      await run("DELETE FROM record_changes");
      await run(
        `INSERT INTO record_changes (number, mark, kind, subject)
         SELECT value ->> 'number', value ->> 'mark', value ->> 'kind', value ->> 'subject' FROM json_each(?)`,
        JSON.stringify(rows.results),
      );
    };
  }

  /** What an isolate hears. */
  const generation = () => object.watchRecords();

  test("by what the object saw last, and every record is read again before it is lent", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const key = await seedKey();
    await ringOut();
    expect(await generation()).toBe(0);
    const restore = await snapshot(key);
    await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    await ringOut();
    expect((await record(key)).disabledAt).toBe(5);
    await restore();
    await ringOut();
    expect(await generation()).toBeGreaterThan(1_000_000);
    wait(2 * MINUTE);
    expect((await askLease(key, { generation: await generation() })).record.disabledAt).toBeNull();
    const calls = await d1CallsOf(key);
    await askLease(key, { generation: await generation() });
    expect(calls).toEqual([]);
    expect(await object.lastReconciled()).toEqual({ lookedAt: NOON, restoredAt: NOON });
  });

  test("if the change that was lost was made just before, and answered", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const key = await seedKey();
    await ringOut();
    const restore = await snapshot(key);
    await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    await object.noteRecordChange();
    await restore();
    await ringOut();
    expect(await generation()).toBeGreaterThan(1_000_000);
  });

  test("if others were made since, which got the same numbers, and even if they were noted", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const key = await seedKey();
    const restore = await snapshot(key);
    await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    await ringOut();
    await restore();
    for (const permission of ["read-only", "full-access", "read-only"]) {
      await run("UPDATE api_keys SET permission = ? WHERE id = ?", permission, key.id);
      await object.noteRecordChange();
    }
    await ringOut();
    expect(await generation()).toBeGreaterThan(1_000_000);
  });

  test("a second time, with a higher number, also if it loses the first one's", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const key = await seedKey();
    const restore = await snapshot(key);
    await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    await ringOut();
    const found: number[] = [];
    for (let time = 0; time < 3; time++) {
      await restore();
      await ringOut();
      found.push(await generation());
    }
    expect(found).toEqual([...new Set(found)].sort((one, other) => one - other));
    expect(await db.prepare("SELECT max(number) AS n FROM record_changes").first()).toEqual({ n: found.at(-1) });
  });

  test("once D1 can be written again, if it could not be when the object found it", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    vi.spyOn(console, "error").mockImplementation(() => {});
    const key = await seedKey();
    const restore = await snapshot(key);
    await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    await ringOut();
    await restore();
    await instrumentObject((name, go) => {
      if (name === "first") throw new Error("D1 is full");
      return go();
    });
    await ringOut();
    expect(await generation()).toBe(0);
    await instrumentObject(pass);
    await ringOut();
    expect(await generation()).toBeGreaterThan(1_000_000);
  });

  test("if all rows are gone", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    await seedKey();
    await ringOut();
    await run("DELETE FROM record_changes");
    await ringOut();
    expect(await generation()).toBeGreaterThan(1_000_000);
  });

  test("and a revoked key stays dead", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const key = await seedKey();
    const restore = await snapshot(key);
    await run("UPDATE api_keys SET revoked_at = 5, revoked_by = 'root' WHERE id = ?", key.id);
    await tell(key);
    await ringOut();
    await restore();
    await ringOut();
    wait(2 * MINUTE);
    expect((await askLease(key, { generation: await generation() })).record.revokedAt).toBe(5);
  });

  test("and no other thing is taken for one: changes, their removal, idle days", async () => {
    const key = await seedKey();
    for (let turn = 0; turn < 5; turn++) {
      await run("UPDATE api_keys SET disabled_at = ? WHERE id = ?", turn, key.id);
      await Promise.all([object.noteRecordChange(), ringOut(), object.noteRecordChange()]);
      wait(YEAR);
    }
    expect(await generation()).toBe(0);
  });
});

describe("The object looks", () => {
  test("every five seconds while it is called, and stops five minutes after the last call", async () => {
    expect(await alarmAt()).toBe(NOON + 5_000);
    for (let at = 0; at < 4; at++) {
      wait(5_000);
      await alarm();
      expect(await alarmAt()).toBe(Date.now() + 5_000);
    }
    wait(5 * MINUTE);
    await alarm();
    expect(await alarmAt()).toBeNull();
  });

  test("again if it is called while what would be the last look is under way", async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    let isAsked = false;
    await instrumentObject(async (_, go) => {
      isAsked = true;
      await answered;
      return go();
    });
    wait(6 * MINUTE);
    const look = alarm();
    await vi.waitUntil(() => isAsked, { timeout: 10_000 });
    wait(1_000);
    await object.watchRecords();
    answer();
    await look;
    expect(await alarmAt()).not.toBeNull();
  });

  test("at once after a pause, and no sooner than it would have where it is called often", async () => {
    wait(MINUTE);
    await runInDurableObject(object, (_, { storage }) => storage.deleteAlarm());
    await object.watchRecords();
    expect(await alarmAt()).toBe(Date.now());
    await alarm();
    wait(1_000);
    for (let at = 0; at < 3; at++) await object.watchRecords();
    expect(await alarmAt()).toBe(Date.now() + 4_000);
  });

  test("as soon as ever, if its clock has stepped back", async () => {
    wait(-60 * MINUTE);
    await object.watchRecords();
    expect(await alarmAt()).toBe(Date.now());
    await alarm();
    expect(await alarmAt()).toBe(Date.now() + 5_000);
  });

  test("again and again while D1 cannot be asked, and says so", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    await db.exec("ALTER TABLE record_changes RENAME TO elsewhere");
    wait(10 * MINUTE);
    await alarm();
    await db.exec("ALTER TABLE elsewhere RENAME TO record_changes");
    expect(said.mock.calls.flat().join()).toContain("D1 was not asked for changes");
    expect(await alarmAt()).toBe(Date.now() + 1_000);
    expect((await object.lastReconciled()).lookedAt).toBe(NOON);
  });
});
