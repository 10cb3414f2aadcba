/** What ended stays ended when D1 is restored to an earlier time. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { captureLog } from "../helpers/log-lines.ts";
import { failing, hanging, instrument, migrate, newId, type OnIo } from "../helpers/workerd.ts";
import { auditOf, call, makeKey, makeMember, setUp } from "../management/call.ts";
import { authorityOf } from "./ask.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

const object = env.COURIER.get(env.COURIER.idFromName("tombstones"));
const courier = env.COURIER.get(env.COURIER.idFromName("courier"));

const lines: string[] = [];

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  lines.length = 0;
  captureLog((line) => lines.push(line));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const run = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();
const alarmAt = () => runInDurableObject(object, (_, { storage }) => storage.getAlarm());
/** The next minute, or what it is by the object's own alarm. */
async function nextMinute(): Promise<void> {
  const at = (await alarmAt()) as number;
  expect(at - Date.now()).toBeLessThanOrEqual(MINUTE);
  vi.setSystemTime(at);
  await runDurableObjectAlarm(object);
}
async function hours(count: number): Promise<void> {
  for (let hour = 0; hour < count; hour++) {
    wait(60 * MINUTE);
    await runDurableObjectAlarm(object);
  }
}
const withIo = (stub: DurableObjectStub, changed: object) =>
  runInDurableObject(stub, (instance) => {
    (instance as unknown as { env: object }).env = { ...env, ...changed };
  });

const restoreKeys = (...ids: string[]) =>
  run(
    "UPDATE api_keys SET revoked_at = NULL, revoked_by = NULL, revoked_reason = NULL WHERE id IN (SELECT value FROM json_each(?))",
    JSON.stringify(ids),
  );
const revocationOf = (id: string) =>
  env.DB.prepare("SELECT revoked_at, revoked_by, revoked_reason FROM api_keys WHERE id = ?").bind(id).first();
const revoke = (id: string, reason = "leaked") => call("POST", `/v1/api-keys/${id}/revoke`, { reason });
const show = async (id: string) => (await call("GET", `/v1/api-keys/${id}`)).body;

describe("a revoked key that D1 has lost in a restore", () => {
  test("is revoked there again within a minute, as it was, with an audit event that says so", async () => {
    const { keyBody, organization } = await setUp();
    const { id } = await makeKey(keyBody);
    await revoke(id);
    const revokedAt = Date.now();
    // At once, before any alarm.
    await restoreKeys(id);
    const restored = await show(id);
    expect(restored.status).toBe("active");
    await nextMinute();
    expect(await revocationOf(id)).toEqual({ revoked_at: revokedAt, revoked_by: "root", revoked_reason: "leaked" });
    const warning = lines.map((line) => JSON.parse(line)).find(({ level }) => level === "warn");
    expect(warning).toMatchObject({ kind: "message", ids: [id] });
    expect((await auditOf(id)).at(-1)).toMatchObject({
      organization_id: organization.id,
      actor: "keygate",
      action: "api_key.revoked_again",
      details: {
        cause: "The database had lost this change, for example in a restore to an earlier time.",
        ended_at: "2040-05-31T12:00:00Z",
        by: "root",
        reason: "leaked",
      },
    });
    expect((await call("GET", `/v1/api-keys/${id}`)).headers.get("ETag")).not.toBe(restored.version);
  });

  test("is revoked for the whole management API", async () => {
    const { keyBody, organization, member } = await setUp({ key_quota: 1 });
    const { id, secret } = await makeKey(keyBody);
    await revoke(id);
    await restoreKeys(id);
    await nextMinute();
    expect((await show(id)).status).toBe("revoked");
    const list = (status: string) => call("GET", `/v1/api-keys?organization_id=${organization.id}&status=${status}`);
    expect((await list("revoked")).body.data).toMatchObject([{ id }]);
    expect((await list("active")).body.data).toEqual([]);
    for (const verb of ["rotate", "enable", "disable"]) {
      const body = verb === "rotate" ? { grace_seconds: 0 } : undefined;
      expect((await call("POST", `/v1/api-keys/${id}/${verb}`, body)).status).toBe(409);
    }
    expect((await call("PATCH", `/v1/api-keys/${id}`, { name: "Alive" })).status).toBe(409);
    const question = { key: secret, method: "GET", url: "https://sandbox.example.com/v1/signatures/1" };
    expect((await call("POST", "/v1/explain", question)).body.decision.code).toBe("key_revoked");
    // Its place in the quota is free.
    expect((await call("POST", "/v1/api-keys", { ...keyBody, member_id: member.id })).status).toBe(201);
  });

  test.each<[string, (key: { id: string; workspace: string }) => Promise<unknown>]>([
    ["by its revocation", ({ id }) => revoke(id)],
    ["by the deletion of its last workspace", ({ workspace }) => call("DELETE", `/v1/workspaces/${workspace}`)],
  ])("is revoked again if it ended %s", async (_, end) => {
    const { keyBody, workspace } = await setUp();
    const { id } = await makeKey({ ...keyBody, reach: "workspace", workspace_ids: [workspace.id] });
    await end({ id, workspace: workspace.id });
    const before = await revocationOf(id);
    await restoreKeys(id);
    await nextMinute();
    expect(await revocationOf(id)).toEqual(before);
  });

  test("is revoked again though the object that remembers it was evicted meanwhile", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    await revoke(id);
    await evictDurableObject(object);
    await restoreKeys(id);
    await nextMinute();
    expect((await show(id)).status).toBe("revoked");
  });

  test("is revoked again after each of several restores, and up to 35 days later", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    await revoke(id);
    for (const days of [1, 20, 13.99]) {
      wait(days * DAY);
      await restoreKeys(id);
      await runDurableObjectAlarm(object);
      expect((await show(id)).status).toBe("revoked");
    }
    wait(0.02 * DAY);
    await hours(24);
    await restoreKeys(id);
    await hours(1);
    expect((await show(id)).status).toBe("active");
  });

  test("is told to its authority again, which may know nothing of a revocation by hand", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    await run(
      "UPDATE api_keys SET revoked_at = ?2, revoked_by = 'ada', revoked_reason = 'by hand' WHERE id = ?1",
      id,
      NOON,
    );
    await nextMinute();
    await restoreKeys(id);
    await nextMinute();
    expect(await revocationOf(id)).toEqual({ revoked_at: NOON, revoked_by: "ada", revoked_reason: "by hand" });
    await runDurableObjectAlarm(courier);
    const lent = await authorityOf({ environment: "sandbox", id }).ask({
      ...{ environment: "sandbox", keyId: id, secretHash: "", waiting: 1, wanted: 1, reports: [] },
    });
    expect(lent).toMatchObject({ kind: "lease", lease: { record: { revokedAt: NOON } } });
  });

  test("is revoked again beside many others whose reasons take the most room there is", async () => {
    const { keyBody } = await setUp({ key_quota: 500 });
    const longest = "\u0001".repeat(2_000);
    const first = await makeKey(keyBody);
    await run(
      `INSERT INTO api_keys (id, organization_id, environment, reach, permission, name, created_at, expires_at, revoked_at,
         revoked_by, revoked_reason, version)
       SELECT 'key_long' || value, organization_id, environment, reach, permission, name, created_at, expires_at, ?2, 'root', ?3,
         'ver_' || value FROM api_keys, json_each(?4) WHERE api_keys.id = ?1`,
      ...[first.id, NOON, longest, JSON.stringify(Array.from({ length: 250 }, (_, index) => index))],
    );
    await object.collectTombstones();
    const { id } = await makeKey(keyBody);
    await revoke(id);
    await restoreKeys(id, ...Array.from({ length: 250 }, (_, index) => `key_long${index}`));
    let largest = 0;
    const bytes = (value: unknown) => (typeof value === "string" ? new TextEncoder().encode(value).length : 0);
    const prepare = (sql: string) => {
      const bind = (...values: unknown[]) => {
        largest = Math.max(largest, ...values.map(bytes));
        return env.DB.prepare(sql).bind(...values);
      };
      return { bind };
    };
    await withIo(object, { DB: { prepare, batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements) } });
    await nextMinute();
    await withIo(object, {});
    // https://developers.cloudflare.com/d1/platform/limits/: of a string. Not held on a developer's machine.
    expect(largest).toBeLessThan(2_000_000);
    expect((await show(id)).status).toBe("revoked");
    expect(await revocationOf("key_long249")).toEqual({
      revoked_at: NOON,
      revoked_by: "root",
      revoked_reason: longest,
    });
    // Other tests need not wait until all of them have heard.
    await run("DELETE FROM outbox");
  });

  test("stays as it is if D1 does not have it: it was made after the time of the restore", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    await revoke(id);
    await run("DELETE FROM api_keys WHERE id = ?", id);
    await nextMinute();
    expect(await show(id)).toMatchObject({ code: "not_found" });
  });
});

describe("a revocation that could not be passed on when it was made", () => {
  test.each<[string, OnIo]>([
    ["did not answer", hanging],
    ["failed", failing],
  ])(
    "because the object %s, is passed on by the key's authority, also when D1 has lost it by then",
    async (_, onIo) => {
      const { keyBody } = await setUp();
      const { id } = await makeKey(keyBody);
      const authority = authorityOf({ environment: "sandbox", id });
      const stub = { rememberRevocation: () => onIo("rememberRevocation", () => undefined) };
      await withIo(authority, { COURIER: { idFromName: () => ({}), get: () => stub } });
      expect((await revoke(id)).status).toBe(200);
      const revokedAt = Date.now();
      await restoreKeys(id);
      await withIo(authority, {});
      const due = await runInDurableObject(authority, (__, { storage }) => storage.getAlarm());
      expect((due as number) - Date.now()).toBeLessThanOrEqual(MINUTE);
      vi.setSystemTime(due as number);
      await runDurableObjectAlarm(authority);
      await nextMinute();
      // Who did it and why is known to nobody any more.
      expect(await revocationOf(id)).toEqual({ revoked_at: revokedAt, revoked_by: "keygate", revoked_reason: null });
    },
  );

  test("because the object is older than this, is passed on within a minute of the key's next use", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    const authority = authorityOf({ environment: "sandbox", id });
    await revoke(id);
    await runInDurableObject(authority, (_, { storage }) => storage.kv.delete("passed_on"));
    await runInDurableObject(object, (_, { storage }) => storage.kv.delete(`ended/api_key/${id}`));
    await evictDurableObject(object);
    await restoreKeys(id);
    await authority.ask({ environment: "sandbox", keyId: id, secretHash: "", waiting: 1, wanted: 1, reports: [] });
    const due = await runInDurableObject(authority, (_, { storage }) => storage.getAlarm());
    expect((due as number) - Date.now()).toBeLessThanOrEqual(MINUTE);
    await runDurableObjectAlarm(authority);
    await nextMinute();
    expect((await show(id)).status).toBe("revoked");
  });
});

describe("while D1 cannot be asked for what ended of one kind", () => {
  test("the other kinds are ended again all the same", async () => {
    const { organization } = await setUp();
    await call("PATCH", `/v1/organizations/${organization.id}`, { status: "suspended" });
    await run("UPDATE organizations SET status = 'active' WHERE id = ?", organization.id);
    const prepare = (sql: string) => {
      if (sql.includes("FROM api_keys")) throw new Error("D1_ERROR: timeout");
      return env.DB.prepare(sql);
    };
    await withIo(object, { DB: { prepare, batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements) } });
    await nextMinute();
    await withIo(object, {});
    expect((await call("GET", `/v1/organizations/${organization.id}`)).body.status).toBe("suspended");
  });
});

describe("when the gateway is upgraded", () => {
  test("what had been revoked in the last 35 days is read from D1", async () => {
    const { keyBody } = await setUp();
    const [young, old] = [await makeKey(keyBody), await makeKey(keyBody)];
    for (const [key, days] of [
      [young, 34],
      [old, 36],
    ] as const) {
      await run("UPDATE api_keys SET revoked_at = ?2, revoked_by = 'root' WHERE id = ?1", key.id, NOON - days * DAY);
    }
    await runInDurableObject(object, (_, { storage }) => storage.deleteAll());
    await evictDurableObject(object);
    await object.startTombstones();
    await nextMinute();
    await restoreKeys(young.id, old.id);
    await nextMinute();
    expect([(await show(young.id)).status, (await show(old.id)).status]).toEqual(["revoked", "active"]);
  });
});

describe("a removed member whom D1 has lost", () => {
  test("is removed again, with an audit event, and so are the rights of the keys that act as them", async () => {
    const { organization, keyBody } = await setUp();
    const member = await makeMember(organization.id);
    const { id } = await makeKey({ ...keyBody, member_id: member.id });
    expect((await call("DELETE", `/v1/members/${member.id}`)).status).toBe(200);
    await run("UPDATE members SET removed_at = NULL WHERE id = ?", member.id);
    const authority = authorityOf({ environment: "sandbox", id });
    await authority.recordChanged("sandbox", id);
    await nextMinute();
    expect((await call("GET", `/v1/members/${member.id}`)).status).toBe(404);
    expect((await auditOf(member.id)).at(-1)).toMatchObject({
      actor: "keygate",
      action: "member.removed_again",
      details: { ended_at: "2040-05-31T12:00:00Z" },
    });
    await runDurableObjectAlarm(courier);
    const lent = await authority.ask({
      ...{ environment: "sandbox", keyId: id, secretHash: "", waiting: 1, wanted: 1, reports: [] },
    });
    expect(lent).toMatchObject({ lease: { record: { member: { removed: true } } } });
  });
});

describe("a suspended organization that D1 has lost", () => {
  const patch = (id: string, status: string) => call("PATCH", `/v1/organizations/${id}`, { status });
  const statusOf = async (id: string) => (await call("GET", `/v1/organizations/${id}`)).body.status;
  const restore = (id: string) => run("UPDATE organizations SET status = 'active' WHERE id = ?", id);

  test("is suspended again, with an audit event, for its keys too", async () => {
    const { organization, keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    await patch(organization.id, "suspended");
    await restore(organization.id);
    const authority = authorityOf({ environment: "sandbox", id });
    await authority.recordChanged("sandbox", id);
    await nextMinute();
    expect(await statusOf(organization.id)).toBe("suspended");
    expect((await auditOf(organization.id)).at(-1)).toMatchObject({ action: "organization.suspended_again" });
    await runDurableObjectAlarm(courier);
    const lent = await authority.ask({
      ...{ environment: "sandbox", keyId: id, secretHash: "", waiting: 1, wanted: 1, reports: [] },
    });
    expect(lent).toMatchObject({ lease: { record: { organization: { status: "suspended" } } } });
  });

  test("but not one that somebody made active since", async () => {
    const { organization } = await setUp();
    await patch(organization.id, "suspended");
    await nextMinute();
    wait(5 * MINUTE);
    await patch(organization.id, "active");
    for (let minute = 0; minute < 3; minute++) await nextMinute();
    expect(await statusOf(organization.id)).toBe("active");
    // From then on it is forgotten.
    await run("DELETE FROM audit_events WHERE target = ?", organization.id);
    await nextMinute();
    expect(await statusOf(organization.id)).toBe("active");
  });

  test("nor one that was made active within the minute in which it was suspended, by a clock that is behind", async () => {
    const { organization } = await setUp();
    await patch(organization.id, "suspended");
    wait(-30_000);
    await patch(organization.id, "active");
    wait(31_000);
    for (let minute = 0; minute < 2; minute++) await nextMinute();
    expect(await statusOf(organization.id)).toBe("active");
  });

  test("is suspended again after a suspension, an activation and a suspension", async () => {
    const { organization } = await setUp();
    for (const status of ["suspended", "active", "suspended"]) {
      await patch(organization.id, status);
      wait(10 * MINUTE);
      await runDurableObjectAlarm(object);
    }
    await restore(organization.id);
    await nextMinute();
    expect(await statusOf(organization.id)).toBe("suspended");
  });

  test("can be made active after the restore: that lasts", async () => {
    const { organization } = await setUp();
    await patch(organization.id, "suspended");
    await restore(organization.id);
    await nextMinute();
    expect(await statusOf(organization.id)).toBe("suspended");
    wait(2 * MINUTE);
    await patch(organization.id, "active");
    for (let minute = 0; minute < 2; minute++) await nextMinute();
    expect(await statusOf(organization.id)).toBe("active");
  });
});

describe("a clock that jumps", () => {
  beforeEach(async () => {
    await runInDurableObject(object, (_, { storage }) => storage.deleteAll());
    await evictDurableObject(object);
    await object.startTombstones();
  });
  afterEach(async () => {
    vi.setSystemTime(NOON);
    await object.startTombstones();
  });

  test("brings back no revoked key, also if it was far ahead for most of a day", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    await hours(30);
    await revoke(id);
    await nextMinute();
    const before = Date.now();
    vi.setSystemTime(before + 400 * DAY);
    await runDurableObjectAlarm(object);
    await hours(22);
    vi.setSystemTime(before + 2 * MINUTE);
    await object.startTombstones();
    await restoreKeys(id);
    await nextMinute();
    expect((await show(id)).status).toBe("revoked");
    await hours(30);
    await restoreKeys(id);
    await nextMinute();
    expect((await show(id)).status).toBe("revoked");
  });

  test("brings back no key that was revoked right after an alarm by that clock", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    await nextMinute();
    const before = Date.now();
    vi.setSystemTime(before + 400 * DAY);
    await runDurableObjectAlarm(object);
    vi.setSystemTime(before + MINUTE);
    await run("UPDATE api_keys SET revoked_at = ?2, revoked_by = 'ada' WHERE id = ?1", id, Date.now());
    wait(30 * MINUTE);
    await object.startTombstones();
    await nextMinute();
    await restoreKeys(id);
    await nextMinute();
    expect((await show(id)).status).toBe("revoked");
  });

  test("brings back no key whose authority told of its revocation by that clock", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    const revokedAt = Date.now();
    wait(400 * DAY);
    await object.rememberRevocation(id, revokedAt);
    vi.setSystemTime(revokedAt + MINUTE);
    await object.startTombstones();
    await nextMinute();
    expect((await show(id)).status).toBe("revoked");
  });
});

describe("the comparison", () => {
  async function callsOf(work: () => Promise<unknown>): Promise<string[]> {
    const calls: string[] = [];
    const onIo: OnIo = (name, go) => {
      calls.push(name);
      return go();
    };
    await withIo(object, { DB: instrument(env.DB, onIo) });
    await work();
    await withIo(object, {});
    return calls;
  }

  test("changes nothing where D1 has lost nothing", async () => {
    const { keyBody, organization } = await setUp();
    const { id } = await makeKey(keyBody);
    await revoke(id);
    const [before, events] = [await show(id), await auditOf(organization.id)];
    await nextMinute();
    expect([await show(id), await auditOf(organization.id)]).toEqual([before, events]);
  });

  test("goes on after D1 could not be read, and when an alarm failed", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    await revoke(id);
    await restoreKeys(id);
    await withIo(object, { DB: instrument(env.DB, failing) });
    await nextMinute();
    await withIo(object, {});
    await nextMinute();
    expect((await show(id)).status).toBe("revoked");
  });

  test("of 100,000 revocations takes some twenty queries, and finds the one that is lost", async () => {
    const organizationId = newId("org");
    await run(
      "INSERT INTO organizations (id, name, environments, created_at) VALUES (?, 'Acme', '[]', 1)",
      organizationId,
    );
    await run(
      `INSERT INTO api_keys (id, organization_id, environment, reach, permission, name, created_at, expires_at, version,
         revoked_at, revoked_by)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
       SELECT 'key_' || ?1 || i, ?1, 'sandbox', 'organization', 'full-access', 'K', 1, 9e15, 'v', ?2 + i, 'root' FROM n`,
      organizationId,
      NOON - DAY,
    );
    await runInDurableObject(object, (_, { storage }) => storage.deleteAll());
    await evictDurableObject(object);
    await object.startTombstones();
    await nextMinute();
    const lost = `key_${organizationId}77777`;
    await restoreKeys(lost);
    const begun = performance.now();
    const calls = await callsOf(nextMinute);
    console.info(`a comparison of 100,000 took ${Math.round(performance.now() - begun)} ms`);
    expect(calls.length).toBeLessThan(40);
    expect(await revocationOf(lost)).toMatchObject({ revoked_at: NOON - DAY + 77777, revoked_by: "root" });
  }, 120_000);

  test("of more than it can do in a minute continues in the next one, though the object left memory in between", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    await revoke(id);
    await restoreKeys(id);
    await runInDurableObject(object, (_, { storage }) => {
      // Their ids sort before all others.
      const others = Array.from({ length: 100_000 }, (__, n) => `key_!${n}`);
      for (const other of others)
        storage.kv.put(`ended/api_key/${other}`, { id: other, at: NOON, by: "root", reason: null });
    });
    await evictDurableObject(object);
    await nextMinute();
    expect((await show(id)).status).toBe("active");
    await evictDurableObject(object);
    await nextMinute();
    expect((await show(id)).status).toBe("revoked");
  }, 120_000);

  test("forgets what ended more than 35 days ago, whether it is compared in this minute or not", async () => {
    const names = () =>
      runInDurableObject(object, (_, { storage }) => [...storage.kv.list({ prefix: "ended/api_key/key_old" })].length);
    await runInDurableObject(object, (_, { storage }) => {
      for (let n = 0; n < 12_000; n++) {
        const id = `key_old${n}`;
        storage.kv.put(`ended/api_key/${id}`, { id, at: NOON - 35 * DAY, by: "root", reason: null });
      }
    });
    await evictDurableObject(object);
    await object.startTombstones();
    // The clock went back to noon before this test: it is not trusted for a day.
    await hours(24);
    expect(await names()).toBe(12_000);
    await hours(3);
    expect(await names()).toBe(0);
  }, 60_000);
});
