/** What D1 numbers by itself (migration 0011), held against the statement that reads records. */

import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readNumberedRecord, SELECT_RECORD } from "../../src/store/key-records.ts";
import { addSecret, migrate, newId, newSecret, type SeededKey, seedKey } from "../helpers/workerd.ts";

const { DB: db } = env;

let key: SeededKey;
/** Of the same organization. */
let sibling: { id: string };

const run = (sql: string, ...values: unknown[]) =>
  db
    .prepare(sql)
    .bind(...values)
    .run();

beforeAll(migrate);
beforeEach(async () => {
  key = await seedKey({ reach: "workspace", workspaces: 3, memberWorkspaces: 2 });
  sibling = { id: newId("key") };
  const columns = "organization_id, member_id, environment, reach, permission, name, created_at, expires_at";
  await run(
    `INSERT INTO api_keys (id, version, ${columns}) SELECT ?, 'v', ${columns} FROM api_keys WHERE id = ?`,
    sibling.id,
    key.id,
  );
});

const newest = async () => (await db.prepare("SELECT max(number) AS n FROM record_changes").first<{ n: number }>())?.n;

/** Whom the changes of `work` concern, each once. */
async function changedBy(work: () => Promise<unknown>): Promise<string[]> {
  return [...new Set(await rowsOf(work))].sort();
}

async function rowsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = await newest();
  await work();
  const { results } = await db
    .prepare("SELECT kind, environment, subject FROM record_changes WHERE number > ? ORDER BY number")
    .bind(before)
    .all<{ kind: string; environment: string | null; subject: string }>();
  return results.map(({ kind, environment, subject }) => [kind, environment ?? [], subject].flat().join(" "));
}

const changed = (sql: string, ...values: unknown[]) => changedBy(() => run(sql, ...values));

/** A column is read if the statement fails once it has another name. */
async function columnsRead(): Promise<string[]> {
  const { results: columns } = await db
    .prepare(
      `SELECT t.name AS tab, c.name AS col FROM sqlite_master t, pragma_table_info(t.name) c
       WHERE t.type = 'table' AND t.name IN (SELECT value FROM json_each(?))`,
    )
    .bind(JSON.stringify(await tablesRead()))
    .all<{ tab: string; col: string }>();
  const read: string[] = [];
  for (const { tab, col } of columns) {
    await db.exec(`ALTER TABLE ${tab} RENAME COLUMN ${col} TO renamed`);
    if (!(await isReadable())) read.push(`${tab}.${col}`);
    await db.exec(`ALTER TABLE ${tab} RENAME COLUMN renamed TO ${col}`);
  }
  return read;
}

async function tablesRead(): Promise<string[]> {
  const own = "type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name NOT LIKE 'd1_%'";
  const { results } = await db.prepare(`SELECT name FROM sqlite_master WHERE ${own}`).all<{ name: string }>();
  const read: string[] = [];
  for (const { name } of results) {
    await db.exec(`ALTER TABLE ${name} RENAME TO renamed`);
    if (!(await isReadable())) read.push(name);
    await db.exec(`ALTER TABLE renamed RENAME TO ${name}`);
  }
  return read;
}

const isReadable = () =>
  db
    .prepare(SELECT_RECORD)
    .bind("key", "sandbox")
    .all()
    .then(
      () => true,
      () => false,
    );

const ofKey = (id: string) => `api_key sandbox ${id}`;

/** For each column that records are read from: how it changes, and whom that concerns. */
const CHANGES: Record<string, () => Promise<[found: string[], concerned: string[]]>> = {
  "api_keys.id": async () => [
    await changed("UPDATE api_keys SET id = ? WHERE id = ?", `${sibling.id}x`, sibling.id),
    [ofKey(sibling.id), ofKey(`${sibling.id}x`)],
  ],
  "api_keys.environment": async () => [
    await changed("UPDATE api_keys SET environment = 'production' WHERE id = ?", key.id),
    [`api_key production ${key.id}`, ofKey(key.id)],
  ],
  "api_keys.organization_id": async () => {
    const { organizationId } = await seedKey();
    await run("UPDATE api_keys SET member_id = NULL WHERE id = ?", sibling.id);
    return [
      await changed("UPDATE api_keys SET organization_id = ? WHERE id = ?", organizationId, sibling.id),
      [ofKey(sibling.id)],
    ];
  },
  ...Object.fromEntries(
    Object.entries({
      version: "'v2'",
      member_id: "NULL",
      reach: "'organization'",
      permission: "'read-only'",
      plan: "'free'",
      limits: `'{"rates":[],"quotas":[]}'`,
      allowed_addresses: `'["10.0.0.0/8"]'`,
      created_at: "2",
      expires_at: "99",
      disabled_at: "5",
      revoked_at: "5, revoked_by = 'root'",
    }).map(([column, value]) => [
      `api_keys.${column}`,
      async () => [await changed(`UPDATE api_keys SET ${column} = ${value} WHERE id = ?`, key.id), [ofKey(key.id)]],
    ]),
  ),
  "api_key_scopes.key_id": async () => [
    await changed("UPDATE api_key_scopes SET key_id = ? WHERE key_id = ?", sibling.id, key.id),
    [ofKey(key.id), ofKey(sibling.id)].sort(),
  ],
  "api_key_scopes.scope": async () => [
    await changed("UPDATE api_key_scopes SET scope = 'folders:read' WHERE key_id = ?", key.id),
    [ofKey(key.id)],
  ],
  "api_key_workspaces.key_id": async () => [
    await changed("UPDATE api_key_workspaces SET key_id = ? WHERE key_id = ?", sibling.id, key.id),
    [ofKey(key.id), ofKey(sibling.id)].sort(),
  ],
  "api_key_workspaces.workspace_id": async () => [
    await changed("UPDATE api_key_workspaces SET workspace_id = ? WHERE key_id = ?", key.workspaceIds[1], key.id),
    [ofKey(key.id)],
  ],
  "api_key_secrets.hash": async () => [
    await changed("UPDATE api_key_secrets SET hash = hash || 'x' WHERE key_id = ?", key.id),
    [ofKey(key.id)],
  ],
  "api_key_secrets.key_id": async () => [
    await changed("UPDATE api_key_secrets SET key_id = ? WHERE key_id = ?", sibling.id, key.id),
    [ofKey(key.id), ofKey(sibling.id)].sort(),
  ],
  "api_key_secrets.expires_at": async () => [
    await changed("UPDATE api_key_secrets SET expires_at = 5 WHERE key_id = ?", key.id),
    [ofKey(key.id)],
  ],
  "members.id": async () => {
    const id = newId("mem");
    const columns = "organization_id, name, role, created_at";
    await run(
      `INSERT INTO members (id, email, ${columns}) SELECT ?1, 'b@c', ${columns} FROM members WHERE id = ?2`,
      id,
      key.memberId,
    );
    return [await changed("UPDATE members SET id = ? WHERE id = ?", `${id}x`, id), [`member ${id}`, `member ${id}x`]];
  },
  "members.role": async () => [
    await changed("UPDATE members SET role = 'admin' WHERE id = ?", key.memberId),
    [`member ${key.memberId}`],
  ],
  "members.removed_at": async () => [
    await changed("UPDATE members SET removed_at = 5 WHERE id = ?", key.memberId),
    [`member ${key.memberId}`],
  ],
  "member_workspaces.member_id": async () => {
    const other = newId("mem");
    const columns = "organization_id, name, role, created_at";
    await run(
      `INSERT INTO members (id, email, ${columns}) SELECT ?1, 'b@c', ${columns} FROM members WHERE id = ?2`,
      other,
      key.memberId,
    );
    return [
      await changed("UPDATE member_workspaces SET member_id = ? WHERE member_id = ?", other, key.memberId),
      [`member ${key.memberId}`, `member ${other}`].sort(),
    ];
  },
  "member_workspaces.workspace_id": async () => [
    await changed(
      "UPDATE member_workspaces SET workspace_id = ? WHERE workspace_id = ?",
      key.workspaceIds[2],
      key.workspaceIds[1],
    ),
    [`member ${key.memberId}`],
  ],
  "organizations.id": async () => {
    const id = newId("org");
    await run("INSERT INTO organizations (id, name, environments, created_at) VALUES (?, 'A', '[]', 1)", id);
    return [
      await changed("UPDATE organizations SET id = ? WHERE id = ?", `${id}x`, id),
      [`organization ${id}`, `organization ${id}x`],
    ];
  },
  "organizations.status": async () => [
    await changed("UPDATE organizations SET status = 'suspended' WHERE id = ?", key.organizationId),
    [`organization ${key.organizationId}`],
  ],
  "organizations.plan": async () => [
    await changed("UPDATE organizations SET plan = 'free' WHERE id = ?", key.organizationId),
    [`organization ${key.organizationId}`],
  ],
};

describe("Every column that a record is read from", () => {
  test("is one of those whose changes are tested here", async () => {
    expect((await columnsRead()).sort()).toEqual(Object.keys(CHANGES).sort());
  }, 60_000);

  test.each(Object.entries(CHANGES))("has each change numbered: %s", async (_, change) => {
    const [found, concerned] = await change();
    expect(found).toEqual(concerned);
  });

  test("that is set to the value that it has is no change", async () => {
    const rows = await rowsOf(async () => {
      await run(
        "UPDATE api_keys SET version = version, revoked_at = revoked_at, disabled_at = disabled_at, plan = plan",
      );
      await run("UPDATE members SET role = role, removed_at = removed_at");
      await run("UPDATE organizations SET status = status, plan = plan");
      await run("UPDATE api_key_secrets SET hash = hash, expires_at = expires_at");
    });
    expect(rows).toEqual([]);
  });

  test("and no other column of these tables is numbered", async () => {
    const rows = await rowsOf(async () => {
      await run("UPDATE api_keys SET name = 'n', description = 'd', last_used_at = 9, scope_list = '[]'");
      await run("UPDATE api_keys SET workspace_list = '[]', revoked_reason = 'r'");
      await run("UPDATE members SET name = 'n', email = id || '@x', created_at = 9, version = 'v'");
      await run("UPDATE organizations SET name = 'n', environments = '[1]', key_quota = 9, trial_started_at = 9");
      await run("UPDATE organizations SET created_at = 9, version = 'v'");
      await run("UPDATE api_key_secrets SET pepper_id = 'p2', hint = 'h', created_at = 9");
    });
    expect(rows).toEqual([]);
  });
});

describe("Rows that come and go", () => {
  const { stringify } = JSON;
  const replace = async (table: string, where: string, ...values: unknown[]) => {
    const row = await db
      .prepare(`SELECT * FROM ${table} WHERE ${where}`)
      .bind(...values)
      .first<Record<string, unknown>>();
    const names = Object.keys(row ?? {});
    const [columns, cells] = [names.join(", "), names.map((name) => `value ->> '${name}'`).join(", ")];
    return changed(`INSERT OR REPLACE INTO ${table} (${columns}) SELECT ${cells} FROM json_each(?)`, stringify([row]));
  };

  test("concern the key that they belong to", async () => {
    expect(await changed("DELETE FROM api_key_scopes WHERE key_id = ?", key.id)).toEqual([ofKey(key.id)]);
    expect(await changed("INSERT INTO api_key_scopes VALUES (?, 'a:b')", key.id)).toEqual([ofKey(key.id)]);
    expect(await changed("DELETE FROM api_key_workspaces WHERE key_id = ?", key.id)).toEqual([ofKey(key.id)]);
    const [, workspace] = key.workspaceIds;
    const added = "INSERT INTO api_key_workspaces (organization_id, key_id, workspace_id) VALUES (?, ?, ?)";
    expect(await changed(added, key.organizationId, key.id, workspace)).toEqual([ofKey(key.id)]);
    expect(await changed("DELETE FROM api_key_secrets WHERE key_id = ?", key.id)).toEqual([ofKey(key.id)]);
  });

  test("or the member", async () => {
    const [, , workspace] = key.workspaceIds;
    const added = "INSERT INTO member_workspaces (organization_id, member_id, workspace_id) VALUES (?, ?, ?)";
    expect(await changed(added, key.organizationId, key.memberId, workspace)).toEqual([`member ${key.memberId}`]);
    expect(await changed("DELETE FROM member_workspaces WHERE member_id = ?", key.memberId)).toEqual([
      `member ${key.memberId}`,
    ]);
  });

  test("with a workspace concern the keys and the members who had it", async () => {
    expect(await changed("DELETE FROM workspaces WHERE id = ?", key.workspaceIds[0])).toEqual([
      ofKey(key.id),
      `member ${key.memberId}`,
    ]);
  });

  test("are one change if a key goes with all that it has", async () => {
    expect(await rowsOf(() => run("DELETE FROM api_keys WHERE id = ?", key.id))).toEqual([ofKey(key.id)]);
  });

  test("are seen too if another row replaces them", async () => {
    expect(await replace("organizations", "id = ?", await emptyOrganization())).toHaveLength(1);
    expect(await replace("api_keys", "id = ?", sibling.id)).toContain(ofKey(sibling.id));
    expect(await replace("api_key_scopes", "key_id = ?", key.id)).toEqual([ofKey(key.id)]);
    expect(await replace("api_key_workspaces", "key_id = ?", key.id)).toEqual([ofKey(key.id)]);
    expect(await replace("member_workspaces", "member_id = ?", key.memberId)).toEqual([`member ${key.memberId}`]);
    const stolen =
      "INSERT OR REPLACE INTO api_key_secrets (hash, key_id, pepper_id, hint, created_at) VALUES (?, ?, 'p1', '', 1)";
    expect(await changed(stolen, key.hash, sibling.id)).toContain(ofKey(key.id));
  });

  async function emptyOrganization(): Promise<string> {
    const id = newId("org");
    await run("INSERT INTO organizations (id, name, environments, created_at) VALUES (?, 'A', '[]', 1)", id);
    return id;
  }

  test("an added secret tells nobody: whoever is asked with it reads the record again", async () => {
    expect(await changedBy(() => addSecret(key.id, newSecret()))).toEqual([`secret ${key.id}`]);
  });
});

describe("A record", () => {
  test("has the number of the newest change, read in the same statement", async () => {
    expect(await readNumberedRecord(db, "sandbox", key.id)).toMatchObject({
      record: { id: key.id },
      number: await newest(),
    });
    await run("UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id);
    const { record, number } = (await readNumberedRecord(db, "sandbox", key.id)) ?? {};
    expect([record?.disabledAt, number]).toEqual([5, await newest()]);
    expect(await readNumberedRecord(db, "production", key.id)).toBeUndefined();
  });

  test("has none while D1 does not number changes, or has no row of them", async () => {
    await db.exec("ALTER TABLE record_changes RENAME TO elsewhere");
    try {
      expect(await readNumberedRecord(db, "sandbox", key.id)).toMatchObject({
        record: { id: key.id },
        number: undefined,
      });
      await db.exec("CREATE TABLE record_changes (number INTEGER PRIMARY KEY)");
      expect(await readNumberedRecord(db, "sandbox", key.id)).toMatchObject({
        record: { id: key.id },
        number: undefined,
      });
      await db.exec("DROP TABLE record_changes");
    } finally {
      await db.exec("ALTER TABLE elsewhere RENAME TO record_changes");
    }
  });
});
