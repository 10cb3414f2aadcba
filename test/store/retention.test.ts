import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Place,
  type Removal,
  removeAuditEvents,
  removeKeys,
  removeMembers,
  removeRootSessions,
  removeSessions,
  removeSignInLinks,
  removeUsageDays,
  removeUsageHours,
  removeUsageSums,
} from "../../src/store/retention.ts";
import { migrate, newId, type Seed, seedKey } from "../helpers/workerd.ts";

const { DB: db } = env;
const HOUR = 3_600_000;
/** What has ended before is old. */
const BORDER = 1_000 * HOUR;

beforeAll(migrate);
beforeEach(async () => {
  for (const table of [
    "usage_hours",
    "usage_days",
    "usage_sums",
    "audit_events",
    "sessions",
    "sign_in_links",
    "root_sessions",
    "api_keys",
  ]) {
    await run(`DELETE FROM ${table}`);
  }
  await run("DELETE FROM members");
});

const run = (sql: string, ...values: unknown[]) =>
  db
    .prepare(sql)
    .bind(...values)
    .run();
async function column(sql: string, ...values: unknown[]): Promise<unknown[]> {
  const rows = await db
    .prepare(sql)
    .bind(...values)
    .raw();
  return rows.map((row) => (row as unknown[])[0]);
}

/** Calls until there is no more; how many rows went, and with how many calls. */
async function removeAll(remove: Removal): Promise<{ rows: number; calls: number }> {
  let [rows, calls] = [0, 0];
  let after: Place | undefined;
  do {
    const removed = await remove(db, BORDER, after);
    rows += removed.rows;
    calls += 1;
    after = removed.next;
  } while (after);
  return { rows, calls };
}

async function organization(id: string = newId("org")): Promise<string> {
  await run("INSERT INTO organizations (id, name, environments, created_at) VALUES (?, 'Acme', '[]', 1)", id);
  return id;
}

const hours = (organizationId: string, keyId: string, list: readonly number[]) =>
  run(
    `INSERT INTO usage_hours (organization_id, key_id, environment, hour, route, outcome, requests)
     SELECT ?1, ?2, 'sandbox', value, '/a/*', 'forwarded', 1 FROM json_each(?3)`,
    organizationId,
    keyId,
    JSON.stringify(list),
  );

const events = (organizationId: string, target: string, times: readonly number[]) =>
  run(
    `INSERT INTO audit_events (id, at, organization_id, actor, action, target, details, request_id)
     SELECT 'evt_' || lower(hex(randomblob(16))), value, ?1, 'root', 'some.changed', ?2, '{}', 'req_1' FROM json_each(?3)`,
    organizationId,
    target,
    JSON.stringify(times),
  );

const count = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

describe("usage", () => {
  test("goes by the hour, of each organization, and what is not old stays", async () => {
    const [a, b, c] = ["org_a", "org_b", "org_c"];
    await hours(a, "key_1", [BORDER - 2 * HOUR, BORDER - HOUR, BORDER, BORDER + HOUR]);
    await hours(b, "key_2", [BORDER]);
    await hours(c, "key_3", [BORDER - HOUR]);
    expect(await removeAll(removeUsageHours)).toMatchObject({ rows: 3 });
    expect(await column("SELECT hour FROM usage_hours ORDER BY hour")).toEqual([BORDER, BORDER, BORDER + HOUR]);
  });

  test("goes at most 500 rows a call, the oldest first", async () => {
    const hoursOf = count(0, 900).map((at) => BORDER - (at + 1) * HOUR);
    await hours("org_a", "key_1", hoursOf);
    await hours("org_b", "key_2", hoursOf);
    const first = await removeUsageHours(db, BORDER, undefined);
    expect(first.rows).toBe(500);
    expect(await column("SELECT min(hour) FROM usage_hours WHERE key_id = 'key_1'")).toEqual([BORDER - 400 * HOUR]);
    expect((await removeAll(removeUsageHours)).rows).toBe(1_300);
    expect(await column("SELECT count(*) FROM usage_hours")).toEqual([0]);
  });
});

describe("usage by day", () => {
  test("goes by the day, of each organization, and what is not old stays", async () => {
    const days = (organizationId: string, keyId: string, list: readonly number[]) =>
      run(
        `INSERT INTO usage_days (organization_id, key_id, environment, day, collector, route, outcome, requests)
         SELECT ?1, ?2, 'sandbox', value, 0, '/a/*', 'forwarded', 1 FROM json_each(?3)`,
        organizationId,
        keyId,
        JSON.stringify(list),
      );
    await days("org_a", "key_1", [BORDER - 48 * HOUR, BORDER - 24 * HOUR, BORDER]);
    await days("org_b", "key_2", [BORDER - 24 * HOUR, BORDER + 24 * HOUR]);
    await days(
      "org_c",
      "key_3",
      count(1, 601).map((at) => BORDER - 24 * at * HOUR),
    );
    expect(await removeAll(removeUsageDays)).toMatchObject({ rows: 603 });
    expect(await column("SELECT day FROM usage_days ORDER BY day")).toEqual([BORDER, BORDER + 24 * HOUR]);
    expect(await removeAll(removeUsageSums)).toMatchObject({ rows: 603 });
    expect(await column("SELECT day FROM usage_sums ORDER BY day")).toEqual([BORDER, BORDER + 24 * HOUR]);
  });
});

describe("audit events", () => {
  test("go by their age, whoever they are of", async () => {
    const id = await organization();
    await events(id, id, [1, BORDER - 1, BORDER, BORDER + 1]);
    expect(await removeAll(removeAuditEvents)).toEqual({ rows: 2, calls: 1 });
    expect(await column("SELECT at FROM audit_events ORDER BY at")).toEqual([BORDER, BORDER + 1]);
  });

  test("of a key stay as long as the key, however many lie before others that go", async () => {
    const key = await seedKey();
    await events(key.organizationId, key.id, count(1, 1_201));
    await events(key.organizationId, "mem_1", count(1, 701));
    expect(await removeAll(removeAuditEvents)).toEqual({ rows: 700, calls: 4 });
    expect(await column("SELECT DISTINCT target FROM audit_events")).toEqual([key.id]);
    expect(await column("SELECT count(*) FROM audit_events")).toEqual([1_200]);
    await run("DELETE FROM api_keys WHERE id = ?", key.id);
    expect(await removeAll(removeAuditEvents)).toMatchObject({ rows: 1_200 });
  });

  test("go though thousands are of one moment", async () => {
    const id = await organization();
    await events(id, id, Array(1_600).fill(7));
    expect(await removeAll(removeAuditEvents)).toMatchObject({ rows: 1_600 });
  });
});

describe("keys", () => {
  const ended = (seed: Seed) => seedKey({ expiresAt: BORDER + 1, ...seed });
  const revoked = (revokedAt: number) => ended({ revokedAt });

  test("go once both their revocation and their expiry, or the first of the two, is old", async () => {
    const stay = [
      await ended({}),
      await ended({ expiresAt: BORDER }),
      await revoked(BORDER),
      await ended({ disabledAt: 1 }),
      await ended({ memberRemovedAt: 1 }),
      await ended({ organizationStatus: "suspended" }),
    ];
    const go = [
      await ended({ expiresAt: BORDER - 1 }),
      await revoked(BORDER - 1),
      await ended({ expiresAt: BORDER - 1, revokedAt: BORDER + 1 }),
    ];
    expect(await removeAll(removeKeys)).toEqual({ rows: go.length, calls: 1 });
    expect(new Set(await column("SELECT id FROM api_keys"))).toEqual(new Set(stay.map(({ id }) => id)));
  });

  test("take everything with them that hangs on them, and nothing of others", async () => {
    const [old, living] = [await ended({ reach: "workspace", revokedAt: 1 }), await ended({ reach: "workspace" })];
    for (const { id } of [old, living]) {
      await run("INSERT INTO api_key_scope_uses (key_id, scope, last_used_at) VALUES (?, 'a:read', 1)", id);
      await run(
        "INSERT INTO outbox (change_id, key_id, environment, created_at) VALUES ('chg_1', ?, 'sandbox', 1)",
        id,
      );
    }
    await removeAll(removeKeys);
    const tables = ["api_key_scopes", "api_key_workspaces", "api_key_secrets", "api_key_scope_uses", "outbox"];
    for (const table of tables) {
      expect(await column(`SELECT key_id FROM ${table} WHERE key_id IN (?, ?)`, old.id, living.id)).toEqual([
        living.id,
      ]);
    }
  });

  test("go at most 50 a call", async () => {
    for (let made = 0; made < 60; made++) await revoked(made + 1);
    expect(await removeKeys(db, BORDER, undefined)).toMatchObject({ rows: 50, next: [0, 0] });
    expect(await removeAll(removeKeys)).toEqual({ rows: 10, calls: 1 });
  });

  test("whose end was put off meanwhile stay", async () => {
    const key = await ended({ expiresAt: BORDER - 1 });
    await run("UPDATE api_keys SET expires_at = ? WHERE id = ?", BORDER + 1, key.id);
    expect(await removeAll(removeKeys)).toMatchObject({ rows: 0 });
  });
});

describe("members", () => {
  test("go a while after their removal, once no key, session or link is theirs", async () => {
    const [gone, recent, withKey] = [
      await seedKey({ memberRemovedAt: 1 }),
      await seedKey({ memberRemovedAt: BORDER }),
      await seedKey({ memberRemovedAt: 1 }),
    ];
    const here = await seedKey();
    for (const { id } of [gone, recent]) await run("DELETE FROM api_keys WHERE id = ?", id);
    expect(await removeAll(removeMembers)).toMatchObject({ rows: 1 });
    const left = [recent, withKey, here].map(({ memberId }) => memberId);
    expect(new Set(await column("SELECT id FROM members"))).toEqual(new Set(left));
    expect(await column("SELECT count(*) FROM member_workspaces WHERE member_id = ?", gone.memberId)).toEqual([0]);
  });
});

describe("sessions and links", () => {
  test("go a while after their end", async () => {
    const { organizationId, memberId } = await seedKey();
    for (const [id, end] of [
      ["1", BORDER - 1],
      ["2", BORDER],
    ] as const) {
      await run(
        `INSERT INTO sessions (id, hash, organization_id, member_id, created_at, last_seen_at, expires_at, version)
         VALUES (?1, ?1, ?2, ?3, 1, 1, ?4, '')`,
        ...[id, organizationId, memberId, end],
      );
      await run(
        `INSERT INTO sign_in_links (hash, organization_id, member_id, role, next, created_by, created_at, expires_at)
         VALUES (?1, ?2, ?3, 'owner', '/', 'root', 1, ?4)`,
        ...[id, organizationId, memberId, end],
      );
      await run("INSERT INTO root_sessions (id, link_hash, link_expires_at) VALUES (?1, ?1, ?2)", `link ${id}`, end);
      await run(
        "INSERT INTO root_sessions (id, link_hash, link_expires_at, hash, expires_at) VALUES (?1, ?1, 1, ?1, ?2)",
        ...[`session ${id}`, end],
      );
    }
    expect(await removeAll(removeSessions)).toMatchObject({ rows: 1 });
    expect(await removeAll(removeSignInLinks)).toMatchObject({ rows: 1 });
    expect(await removeAll(removeRootSessions)).toMatchObject({ rows: 2 });
    expect(await column("SELECT id FROM sessions")).toEqual(["2"]);
    expect(await column("SELECT hash FROM sign_in_links")).toEqual(["2"]);
    expect(await column("SELECT id FROM root_sessions ORDER BY id")).toEqual(["link 2", "session 2"]);
  });
});
