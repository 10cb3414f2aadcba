import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { addSecret, failing, migrate, newSecret, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { ask, askLease, authorityOf, instrumentAuthority, tell } from "./ask.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const NOON = Date.UTC(2040, 4, 31, 12);
const MINUTE = 60_000;

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const set = (key: SeededKey, assignments: string) =>
  env.DB.prepare(`UPDATE api_keys SET ${assignments} WHERE id = ?`).bind(key.id).run();
const lastUsedAt = (key: SeededKey) =>
  env.DB.prepare("SELECT last_used_at FROM api_keys WHERE id = ?").bind(key.id).first("last_used_at");

/** The names of the calls that the key's authority makes to D1 from now on. */
async function callsOf(key: SeededKey): Promise<string[]> {
  const calls: string[] = [];
  await instrumentAuthority(key, (name, go) => {
    calls.push(name);
    return go();
  });
  return calls;
}

/** D1 without its table, for as long as `work` takes. */
async function withoutKeys(work: () => Promise<void>): Promise<void> {
  await env.DB.prepare("ALTER TABLE api_keys RENAME TO api_keys_gone").run();
  try {
    await work();
  } finally {
    await env.DB.prepare("ALTER TABLE api_keys_gone RENAME TO api_keys").run();
  }
}

describe("the record that an authority lends", () => {
  test("is all that the key's rights hang on", async () => {
    const key = await seedKey({
      reach: "workspace",
      workspaces: 3,
      memberWorkspaces: 2,
      scopes: ["a:read", "b:write"],
      role: "member",
    });
    const { record } = await askLease(key);
    expect(record).toEqual({
      id: key.id,
      version: expect.stringMatching(/^ver_/),
      environment: "sandbox",
      organization: { id: key.organizationId, status: "active" },
      member: { id: key.memberId, role: "member", removed: false, workspaces: expect.anything() },
      reach: "workspace",
      workspaces: [key.workspaceIds[0]],
      permission: "full-access",
      scopes: ["a:read", "b:write"],
      plan: null,
      limits: null,
      allowedAddresses: [],
      secrets: [{ hash: key.hash, expiresAt: null }],
      createdAt: 1,
      expiresAt: Date.UTC(2100, 0),
      disabledAt: null,
      revokedAt: null,
    });
    expect(new Set(record.member?.workspaces)).toEqual(new Set(key.workspaceIds.slice(0, 2)));
  });

  test("is read once, however long the key is used, and however often its object sleeps", async () => {
    const key = await seedKey();
    const calls = await callsOf(key);
    await askLease(key);
    for (const pause of [MINUTE - 1, 1, 60 * MINUTE, 24 * 60 * MINUTE]) {
      wait(pause);
      await askLease(key);
    }
    expect(calls).toEqual(["first"]);
    await evictDurableObject(authorityOf(key));
    const afterwards = await callsOf(key);
    await askLease(key);
    wait(24 * 60 * MINUTE);
    await askLease(key);
    expect(afterwards).toEqual([]);
  });

  test("that another build stored, without a number, is read again within a minute, and then kept", async () => {
    const key = await seedKey();
    await askLease(key);
    await runInDurableObject(authorityOf(key), (_, { storage }) => {
      const { record, readAt } = storage.kv.get("record") as { record: object; readAt: number };
      storage.kv.put("record", { record, readAt });
    });
    await set(key, "permission = 'read-only'");
    await evictDurableObject(authorityOf(key));
    const calls = await callsOf(key);
    wait(MINUTE);
    expect((await askLease(key)).record.permission).toBe("read-only");
    wait(10 * MINUTE);
    await askLease(key);
    expect(calls).toEqual(["first"]);
  });

  test("has when it was read beside it, which the code of before numbers goes by", async () => {
    const key = await seedKey();
    await askLease(key);
    const stored = await runInDurableObject(authorityOf(key), (_, { storage }) => storage.kv.get("record"));
    expect(stored).toEqual({ record: expect.anything(), readAt: NOON, number: expect.any(Number) });
  });

  test("is read again each minute, and the gateway works, while D1 does not number changes yet", async () => {
    await env.DB.exec("ALTER TABLE record_changes RENAME TO elsewhere");
    try {
      const key = await seedKey();
      await askLease(key);
      await set(key, "permission = 'read-only'");
      wait(MINUTE - 1);
      expect((await askLease(key)).record.permission).toBe("full-access");
      wait(1);
      expect((await askLease(key)).record.permission).toBe("read-only");
    } finally {
      await env.DB.exec("ALTER TABLE elsewhere RENAME TO record_changes");
    }
  });

  test("is read again at once where it lacks the secret that was shown, and once only", async () => {
    const key = await seedKey();
    await askLease(key);
    const calls = await callsOf(key);
    const secretHash = await addSecret(key.id, newSecret());
    expect((await askLease(key, { secretHash })).record.secrets.map(({ hash }) => hash)).toContain(secretHash);
    await askLease(key, { secretHash });
    await askLease(key);
    expect(calls).toEqual(["first"]);
  });

  test("is read again when the authority is told of a change", async () => {
    const key = await seedKey();
    await askLease(key);
    await set(key, `disabled_at = ${Date.now()}`);
    await tell(key);
    expect((await askLease(key)).record.disabledAt).toBe(NOON);
  });

  test("is replaced when told of a change even where the clock has stepped back since it was read", async () => {
    const key = await seedKey();
    await askLease(key);
    wait(-5_000);
    await set(key, "disabled_at = 1");
    await tell(key);
    expect((await askLease(key)).record.disabledAt).toBe(1);
  });

  test("is that of its environment alone", async () => {
    const key = await seedKey({ environment: "production" });
    await askLease(key);
    expect(await ask({ ...key, environment: "sandbox" })).toEqual({ kind: "no_such_key" });
  });

  test("that does not exist is told so, and looked for again at the next question", async () => {
    const key = await seedKey({ environment: "production" });
    const sandboxed = { ...key, environment: "sandbox" };
    expect(await ask(sandboxed)).toEqual({ kind: "no_such_key" });
    await set(key, "environment = 'sandbox'");
    expect((await ask(sandboxed)).kind).toBe("lease");
  });

  test("on a plan that is not configured is not lent: its limits are not known", async () => {
    expect(await ask(await seedKey({ plan: "gold" }))).toEqual({ kind: "plan_unknown", plan: "gold" });
    expect(await ask(await seedKey({ plan: "constructor" }))).toEqual({ kind: "plan_unknown", plan: "constructor" });
  });

  test("of a key that may do nothing is lent all the same, without tokens to count, so that the caller can be told why", async () => {
    const key = await seedKey({ disabledAt: 1, limits: { rates: [{ name: "r", limit: 1, window: 60 }] } });
    for (let i = 0; i < 3; i++) expect(await askLease(key)).toMatchObject({ tokens: null, record: { disabledAt: 1 } });
  });

  test("of a key whose member was removed has tokens that count, for an isolate of another version may let it pass", async () => {
    const limits = { rates: [{ name: "r", limit: 1, window: 60 }] };
    const key = await seedKey({ memberRemovedAt: 1, limits });
    expect([(await askLease(key)).tokens, (await askLease(key)).tokens]).toEqual([1, 0]);
    expect(await runDurableObjectAlarm(authorityOf(key))).toBe(true);
    expect(await lastUsedAt(key)).toBeNull();
    expect(await askLease(await seedKey({ memberRemovedAt: 1, plan: "gold" }))).toMatchObject({ tokens: null });
  });

  test("is lent for no longer than the key lives", async () => {
    const key = await seedKey({ expiresAt: NOON + 700 });
    expect((await askLease(key)).ttlMs).toBe(700);
  });
});

describe("a revoked key", () => {
  test("stays revoked when D1 is put back to an earlier hour", async () => {
    const key = await seedKey();
    await askLease(key);
    await set(key, `revoked_at = ${NOON}, revoked_by = 'root'`);
    await tell(key);
    await set(key, "revoked_at = NULL, revoked_by = NULL");
    for (const restart of [false, true]) {
      if (restart) await evictDurableObject(authorityOf(key));
      wait(2 * MINUTE);
      expect((await askLease(key)).record.revokedAt).toBe(NOON);
      await tell(key);
      expect((await askLease(key)).record.revokedAt).toBe(NOON);
    }
  });

  test("is remembered for 35 days, longer than D1 can be put back, and then forgotten", async () => {
    const key = await seedKey();
    await set(key, `revoked_at = ${NOON}, revoked_by = 'root'`);
    await tell(key);
    const remembered = () =>
      runInDurableObject(authorityOf(key), (_, { storage }) => storage.kv.get("record") !== undefined);
    wait(35 * 1_440 * MINUTE - 1);
    await runDurableObjectAlarm(authorityOf(key));
    expect(await remembered()).toBe(true);
    wait(1);
    await runDurableObjectAlarm(authorityOf(key));
    expect(await remembered()).toBe(false);
  });

  test("stays revoked when D1 is put back to an hour before it was made", async () => {
    const key = await seedKey({ revokedAt: NOON });
    await askLease(key);
    for (const table of ["api_key_secrets", "api_key_scopes"]) {
      await env.DB.prepare(`DELETE FROM ${table} WHERE key_id = ?`).bind(key.id).run();
    }
    await env.DB.prepare("DELETE FROM api_keys WHERE id = ?").bind(key.id).run();
    await tell(key);
    wait(2 * MINUTE);
    expect((await askLease(key)).record.revokedAt).toBe(NOON);
  });

  test("that was never used is known as revoked from the moment at which its authority is told", async () => {
    const key = await seedKey();
    await set(key, `revoked_at = ${NOON}, revoked_by = 'root'`);
    await tell(key);
    const calls = await callsOf(key);
    expect((await askLease(key)).record.revokedAt).toBe(NOON);
    expect(calls).toEqual([]);
  });
});

describe("while D1 cannot be read", () => {
  test("the record that was kept is lent, for as long as that takes and after a restore too, and that of a key never read before is not to be had", async () => {
    const [known, fresh] = [await seedKey(), await seedKey()];
    await askLease(known);
    wait(MINUTE);
    await withoutKeys(async () => {
      for (const generation of [undefined, 1e12]) {
        for (const pause of [0, 59 * MINUTE, 48 * 60 * MINUTE]) {
          wait(pause);
          expect((await askLease(known, { generation })).record.id).toBe(known.id);
        }
      }
      await expect(ask(fresh)).rejects.toThrow("no such table");
    });
    expect((await askLease(known)).record.id).toBe(known.id);
    expect((await askLease(fresh)).record.id).toBe(fresh.id);
  });

  test("whoever tells of a change learns that it is not in force", async () => {
    const key = await seedKey();
    await askLease(key);
    await withoutKeys(async () => {
      await expect(tell(key)).rejects.toThrow("no such table");
    });
  });

  test("a secret that the kept record lacks is not taken for one of the key", async () => {
    const key = await seedKey();
    await askLease(key);
    await instrumentAuthority(key, failing);
    const { record } = await askLease(key, { secretHash: "unknown" });
    expect(record.secrets.map(({ hash }) => hash)).toEqual([key.hash]);
  });
});
