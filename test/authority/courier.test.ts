import { applyD1Migrations, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { authorityName } from "../../src/authority/name.ts";
import { commit } from "../../src/control/commit.ts";
import type { Control } from "../../src/control/control.ts";
import { countOutbox, outboxInsert } from "../../src/store/outbox.ts";
import { instrument } from "../helpers/workerd.ts";

const { DB: db, AUTHORITY, COURIER } = env;
const courier = COURIER.get(COURIER.idFromName("courier"));
const authority = (keyId: string) => AUTHORITY.get(AUTHORITY.idFromName(authorityName("sandbox", keyId)));
const tell = (_: string, keyId: string) => authority(keyId).recordChanged("sandbox", keyId);

let made = 0;

/** An organization with some keys; the secret of each has its id as hash. */
async function organizationWith(keys: number): Promise<{ id: string; keys: string[] }> {
  made += 1;
  const id = `org_${made}`;
  const ids = Array.from({ length: keys }, (_, n) => `key_${made}_${n}`);
  const all = JSON.stringify(ids);
  await db.batch([
    db.prepare("INSERT INTO organizations (id, name, environments, created_at) VALUES (?1, 'Acme', '[]', 1)").bind(id),
    db
      .prepare(
        "INSERT INTO members (id, organization_id, email, name, role, created_at) VALUES (?1, ?2, 'o@acme.test', 'O', 'owner', 1)",
      )
      .bind(`mem_${made}`, id),
    db
      .prepare(
        `INSERT INTO api_keys (id, organization_id, member_id, environment, reach, permission, name, created_at, expires_at, version)
         SELECT value, ?1, ?3, 'sandbox', 'organization', 'full-access', 'k', 1, 9999999999999, value FROM json_each(?2)`,
      )
      .bind(id, all, `mem_${made}`),
    db
      .prepare(
        "INSERT INTO api_key_secrets (hash, key_id, pepper_id, hint, created_at) SELECT value, value, 'p1', '…', 1 FROM json_each(?1)",
      )
      .bind(all),
  ]);
  return { id, keys: ids };
}

const suspension = (id: string) => db.prepare("UPDATE organizations SET status = 'suspended' WHERE id = ?1").bind(id);

async function statusLent(keyId: string): Promise<string | undefined> {
  const question = { environment: "sandbox", keyId, secretHash: keyId, waiting: 1, wanted: 1, reports: [] };
  const answer = await authority(keyId).ask(question);
  return answer.kind === "lease" ? answer.lease.record.organization.status : answer.kind;
}

/** What the courier's queries go to from now on. */
const setD1 = (to: D1Database) =>
  runInDurableObject(courier, (instance) => {
    const object = instance as unknown as { env: typeof env };
    object.env = { ...env, DB: to };
  });

function controlWith(parts: Partial<Control>): Control {
  return {
    db,
    now: () => Date.now(),
    newId: (kind: string) => `${kind}_${crypto.randomUUID()}`,
    tellAuthority: tell,
    callCourier: () => courier.call(),
    noteRecordChange: async () => {},
    ...parts,
  } as Control;
}

beforeAll(() => applyD1Migrations(db, env.MIGRATIONS));

describe("a change that its writer did not live to tell", () => {
  test("is delivered by the courier, which the writer called before it wrote", async () => {
    const { id, keys } = await organizationWith(3);
    for (const key of keys) expect(await statusLent(key)).toBe("active");
    await courier.call();
    await db.batch([outboxInsert(db, "chg_died", { organization: id }, Date.now()), suspension(id)]);
    expect(await runDurableObjectAlarm(courier)).toBe(true);
    for (const key of keys) expect(await statusLent(key)).toBe("suspended");
    expect(await countOutbox(db, "chg_died")).toBe(0);
  });

  test("is delivered even if the writer needed longer than the courier's first look", async () => {
    const { id, keys } = await organizationWith(1);
    await statusLent(keys[0] as string);
    await courier.call();
    await runDurableObjectAlarm(courier);
    await db.batch([outboxInsert(db, "chg_late", { organization: id }, Date.now()), suspension(id)]);
    expect(await runDurableObjectAlarm(courier)).toBe(true);
    expect(await statusLent(keys[0] as string)).toBe("suspended");
  });

  test("after the call and before the write, leaves nothing behind: the courier stops looking after a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      await courier.call();
      vi.setSystemTime(Date.now() + 61_000);
      await runDurableObjectAlarm(courier);
      expect(await runDurableObjectAlarm(courier)).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is delivered once D1 can be written again", async () => {
    const { id } = await organizationWith(1);
    await courier.call();
    await db.batch([outboxInsert(db, "chg_kept", { organization: id }, Date.now()), suspension(id)]);
    await setD1(
      instrument(env.DB, (name, go) => (name === "run" || name === "batch" ? Promise.reject(new Error("down")) : go())),
    );
    expect(await runDurableObjectAlarm(courier)).toBe(true);
    expect(await countOutbox(db, "chg_kept")).toBe(1);
    await setD1(env.DB);
    expect(await runDurableObjectAlarm(courier)).toBe(true);
    expect(await countOutbox(db, "chg_kept")).toBe(0);
  });

  test("with some of the authorities told, is delivered to the others", async () => {
    const { id, keys } = await organizationWith(5);
    for (const key of keys) await statusLent(key);
    let told = 0;
    const dying = controlWith({
      tellAuthority: async (environment, keyId) => {
        told += 1;
        if (told > 2) throw new Error("the writer is gone");
        return tell(environment, keyId);
      },
    });
    const { effect } = await commit(dying, { organization: id }, [suspension(id)]);
    expect([effect.isPending, await countOutbox(db, effect.changeId)]).toEqual([true, 3]);
    await runDurableObjectAlarm(courier);
    expect(await countOutbox(db, effect.changeId)).toBe(0);
    for (const key of keys) expect(await statusLent(key)).toBe("suspended");
  });
});

describe("a change", () => {
  test("that fails writes no outbox row either", async () => {
    const { id } = await organizationWith(1);
    const broken = db.prepare("INSERT INTO organizations (id) VALUES (?1)").bind(id);
    await expect(commit(controlWith({}), { organization: id }, [broken])).rejects.toThrow();
    const row = await db.prepare("SELECT count(*) AS rows FROM outbox").first<{ rows: number }>();
    expect(row?.rows).toBe(0);
  });

  test("is in force at once where the courier cannot be called", async () => {
    const { id, keys } = await organizationWith(1);
    await statusLent(keys[0] as string);
    const control = controlWith({ callCourier: () => Promise.reject(new Error("down")) });
    const { effect } = await commit(control, { organization: id }, [suspension(id)]);
    expect(effect.isPending).toBe(false);
    expect(await statusLent(keys[0] as string)).toBe("suspended");
  });

  test("that concerns nobody's rights calls nobody", async () => {
    const control = controlWith({
      callCourier: () => Promise.reject(new Error("unexpected")),
      tellAuthority: () => Promise.reject(new Error("unexpected")),
    });
    const { id } = await organizationWith(1);
    const { effect } = await commit(control, undefined, [suspension(id)]);
    expect(effect.isPending).toBe(false);
  });
});

describe("a change that concerns 100,000 keys", () => {
  test("is written in one batch, tells 100 at once, and goes on 400 a round with its progress visible", async () => {
    const { id } = await organizationWith(100_000);
    const told = new Set<string>();
    const control = controlWith({
      tellAuthority: async (_, keyId) => {
        told.add(keyId);
      },
    });
    const { effect } = await commit(control, { organization: id }, [suspension(id)]);
    expect(told.size).toBe(100);
    expect([effect.isPending, await countOutbox(db, effect.changeId)]).toEqual([true, 99_900]);
    expect(await runDurableObjectAlarm(courier)).toBe(true);
    expect(await countOutbox(db, effect.changeId)).toBe(99_500);
  }, 60_000);
});
