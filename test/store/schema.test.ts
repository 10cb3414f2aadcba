import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { migrate, newId, type SeededKey, seedKey } from "../helpers/workerd.ts";

let one: SeededKey;
let other: SeededKey;

beforeAll(async () => {
  await migrate();
  one = await seedKey();
  other = await seedKey();
});

const run = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();
const insert = (table: string, row: Record<string, unknown>) => {
  const columns = Object.keys(row);
  return run(
    `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
    ...Object.values(row),
  );
};

describe("the database itself refuses", () => {
  test.each([
    [
      "a key's workspace of another organization, told as the key's",
      () =>
        insert("api_key_workspaces", {
          organization_id: one.organizationId,
          key_id: one.id,
          workspace_id: other.workspaceIds[0],
        }),
    ],
    [
      "a key's workspace of another organization, told as the workspace's",
      () =>
        insert("api_key_workspaces", {
          organization_id: other.organizationId,
          key_id: one.id,
          workspace_id: other.workspaceIds[0],
        }),
    ],
    [
      "a member's workspace of another organization",
      () =>
        insert("member_workspaces", {
          organization_id: one.organizationId,
          member_id: one.memberId,
          workspace_id: other.workspaceIds[0],
        }),
    ],
    [
      "a key's workspace that does not exist",
      () => insert("api_key_workspaces", { organization_id: one.organizationId, key_id: one.id, workspace_id: "ws_0" }),
    ],
    [
      "a key's member of another organization",
      () => run("UPDATE api_keys SET member_id = ? WHERE id = ?", other.memberId, one.id),
    ],
    [
      "a key that moves to another organization",
      () => run("UPDATE api_keys SET organization_id = ? WHERE id = ?", other.organizationId, one.id),
    ],
    [
      "a workspace that moves to another organization while a member has it",
      () => run("UPDATE workspaces SET organization_id = ? WHERE id = ?", other.organizationId, one.workspaceIds[0]),
    ],
    [
      "a workspace of no organization",
      () => insert("workspaces", { id: newId("ws"), organization_id: "org_0", name: "W", created_at: 1 }),
    ],
    [
      "a secret of no key",
      () => insert("api_key_secrets", { key_id: "key_0", hash: "h0", pepper_id: "p1", hint: "…", created_at: 1 }),
    ],
    [
      "one secret for two keys",
      () => insert("api_key_secrets", { key_id: other.id, hash: one.hash, pepper_id: "p1", hint: "…", created_at: 1 }),
    ],
    ["a scope twice", () => insert("api_key_scopes", { key_id: one.id, scope: "admin" })],
    [
      "two members of one organization with one address, whatever the case",
      () =>
        insert("members", {
          id: newId("mem"),
          organization_id: one.organizationId,
          email: "ADA@acme.test",
          name: "A",
          role: "owner",
          created_at: 1,
        }),
    ],
    [
      "an email address without an at sign",
      () =>
        insert("members", {
          id: newId("mem"),
          organization_id: one.organizationId,
          email: "ada",
          name: "A",
          role: "owner",
          created_at: 1,
        }),
    ],
    ["a key that ends before it begins", () => run("UPDATE api_keys SET expires_at = created_at WHERE id = ?", one.id)],
    ["a reach that is none", () => run("UPDATE api_keys SET reach = 'world' WHERE id = ?", one.id)],
    ["a permission that is none", () => run("UPDATE api_keys SET permission = 'all' WHERE id = ?", one.id)],
    ["a revocation by nobody", () => run("UPDATE api_keys SET revoked_at = 1 WHERE id = ?", one.id)],
    ["limits that are no object", () => run("UPDATE api_keys SET limits = '[]' WHERE id = ?", one.id)],
    ["addresses that are no list", () => run("UPDATE api_keys SET allowed_addresses = '{}' WHERE id = ?", one.id)],
    ["text where a time should be", () => run("UPDATE api_keys SET expires_at = 'never' WHERE id = ?", one.id)],
    [
      "an organization without a name",
      () => run("UPDATE organizations SET name = '' WHERE id = ?", one.organizationId),
    ],
    ["a status that is none", () => run("UPDATE organizations SET status = 'odd' WHERE id = ?", one.organizationId)],
    ["a quota below nothing", () => run("UPDATE organizations SET key_quota = -1 WHERE id = ?", one.organizationId)],
    [
      "an audit event of no organization",
      () =>
        insert("audit_events", {
          id: "e",
          at: 1,
          organization_id: "org_0",
          actor: "root",
          action: "x",
          target: "y",
          details: "{}",
          request_id: "r",
        }),
    ],
  ] as [string, () => Promise<unknown>][])("%s", async (_, write) => {
    await expect(write()).rejects.toThrow(/constraint|cannot store/i);
  });
});

describe("the database lets", () => {
  test("a removed member's address be used again", async () => {
    const key = await seedKey();
    await run("UPDATE members SET removed_at = 1 WHERE id = ?", key.memberId);
    const again = {
      id: newId("mem"),
      organization_id: key.organizationId,
      email: "ada@acme.test",
      name: "A",
      role: "owner",
      created_at: 1,
    };
    await expect(insert("members", again)).resolves.toBeDefined();
  });

  test("a workspace that is deleted go from keys and members", async () => {
    const key = await seedKey({ reach: "workspace" });
    await run("DELETE FROM workspaces WHERE id = ?", key.workspaceIds[0]);
    const left = async (table: string, column: string, id: string) =>
      env.DB.prepare(`SELECT count(*) AS rows FROM ${table} WHERE ${column} = ?`).bind(id).first("rows");
    expect(await left("api_key_workspaces", "key_id", key.id)).toBe(0);
    expect(await left("member_workspaces", "member_id", key.memberId)).toBe(1);
  });
});
