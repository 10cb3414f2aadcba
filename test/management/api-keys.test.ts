import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { prefixOfSecret } from "../../src/domain/secret.ts";
import { migrate, peppers } from "../helpers/workerd.ts";
import { auditOf, call, makeKey, makeMember, makeWorkspace, setUp } from "./call.ts";

beforeAll(migrate);

const YEAR_MS = 365 * 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

describe("a new key", () => {
  test("has every field as it was asked for, and its secret", async () => {
    const { organization, workspace, member, keyBody } = await setUp();
    const fields = {
      environment: "production",
      reach: "workspace",
      workspace_ids: [workspace.id],
      permission: "read-only",
      scopes: ["read:all", "signatures:write"],
      name: "Deploy",
      description: "for the pipeline",
      expires_at: inDays(30),
      plan: "scale",
      limits: {
        rates: [{ name: "second", limit: 2, window: 1, burst: 4 }],
        quotas: [{ name: "month", limit: 9, per: "month" }],
      },
      allowed_addresses: ["203.0.113.0/24", "2001:db8::1"],
    };
    const { status, body, headers } = await call("POST", "/v1/api-keys", { ...keyBody, ...fields });
    expect(status).toBe(201);
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(body).toEqual({
      id: expect.stringMatching(/^key_[0-9a-f]{32}$/),
      organization_id: organization.id,
      member_id: member.id,
      ...fields,
      hint: `kg_live_…${body.secret.slice(-4)}`,
      secrets: [{ id: expect.any(String), hint: body.hint, created_at: body.created_at, expires_at: null }],
      status: "active",
      status_reason: null,
      created_at: expect.any(String),
      last_used_at: null,
      revoked_at: null,
      secret: expect.any(String),
    });
    expect(prefixOfSecret(body.secret)).toBe("kg_live");
  });

  test("has defaults for what was left out: a year, no limits of its own, any address", async () => {
    const { keyBody } = await setUp();
    const { body } = await call("POST", "/v1/api-keys", keyBody);
    expect(body).toMatchObject({
      workspace_ids: [],
      description: null,
      plan: null,
      limits: null,
      allowed_addresses: [],
    });
    expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(YEAR_MS);
  });

  test("has each scope and workspace once, however often it was named", async () => {
    const { workspace, keyBody } = await setUp();
    const twice = {
      reach: "workspace",
      workspace_ids: [workspace.id, workspace.id],
      scopes: ["signatures:read", "signatures:read"],
    };
    expect(await makeKey({ ...keyBody, ...twice })).toMatchObject({
      workspace_ids: [workspace.id],
      scopes: ["signatures:read"],
    });
  });

  test("starts its organization's trial, if it is the first", async () => {
    const { organization, keyBody } = await setUp();
    const trial = async () => (await call("GET", `/v1/organizations/${organization.id}`)).body.trial_started_at;
    expect(await trial()).toBeNull();
    const first = await makeKey(keyBody);
    expect(await trial()).toBe(first.created_at);
    await makeKey(keyBody);
    expect(await trial()).toBe(first.created_at);
  });

  test("is told of in the audit trail, without the secret", async () => {
    const { organization, keyBody } = await setUp();
    const { body, headers } = await call("POST", "/v1/api-keys", keyBody);
    const events = await auditOf(body.id);
    expect(events).toEqual([
      {
        organization_id: organization.id,
        actor: "root",
        action: "api_key.created",
        target: body.id,
        details: {
          environment: "sandbox",
          reach: "organization",
          workspace_ids: [],
          permission: "full-access",
          scopes: ["signatures:read"],
          name: "Key",
        },
        request_id: headers.get("X-Request-Id"),
      },
    ]);
    expect(JSON.stringify(events)).not.toContain(body.secret.slice(8, 16));
  });

  test("shows its secret this once: no other answer and no row of D1 has it", async () => {
    const { organization, keyBody } = await setUp();
    const { id, secret, ...shown } = await makeKey(keyBody);
    const random = secret.slice(8);
    const later = [
      await call("GET", `/v1/api-keys/${id}`),
      await call("GET", `/v1/api-keys?organization_id=${organization.id}`),
      await call("POST", `/v1/api-keys/${id}/revoke`),
    ];
    expect(later[0]?.body).toEqual({ id, ...shown });
    expect(later[1]?.body).toEqual({ data: [{ id, ...shown }], next_cursor: null });
    for (const { body } of later) {
      expect(body).not.toHaveProperty("secret");
      for (let at = 0; at + 8 <= random.length; at++)
        expect(JSON.stringify(body)).not.toContain(random.slice(at, at + 8));
    }
    const { results: tables } = await env.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '_cf%'",
    ).all();
    for (const { name } of tables) {
      const { results } = await env.DB.prepare(`SELECT * FROM ${name}`).all();
      expect(JSON.stringify(results)).not.toContain(random.slice(0, 8));
    }
  });

  test("is stored under a hash that needs the pepper", async () => {
    const { keyBody } = await setUp();
    const { id, secret } = await makeKey(keyBody);
    const row = await env.DB.prepare("SELECT hash, pepper_id FROM api_key_secrets WHERE key_id = ?").bind(id).first();
    expect(row).toEqual({ hash: await peppers[0].hash(secret), pepper_id: "p1" });
  });

  test("differs from every other in id and secret", async () => {
    const { keyBody } = await setUp();
    const keys = await Promise.all(Array.from({ length: 20 }, () => makeKey(keyBody)));
    expect(new Set(keys.flatMap(({ id, secret }) => [id, secret])).size).toBe(40);
  });
});

describe("the list of keys", () => {
  test("is of one organization, and of one environment where that is asked for", async () => {
    const [one, other] = [await setUp(), await setUp()];
    const sandbox = await makeKey(one.keyBody);
    const production = await makeKey({ ...one.keyBody, environment: "production" });
    await makeKey(other.keyBody);
    const idsOf = async (query: string) =>
      (await call("GET", `/v1/api-keys?organization_id=${one.organization.id}${query}`)).body.data.map(
        ({ id }: { id: string }) => id,
      );
    expect(new Set(await idsOf(""))).toEqual(new Set([sandbox.id, production.id]));
    expect(await idsOf("&environment=production")).toEqual([production.id]);
    expect(await idsOf("&environment=nowhere")).toEqual([]);
  });

  test("tells the status of each key: active, disabled, expired, revoked", async () => {
    const { organization, keyBody } = await setUp();
    const keys = await Promise.all([0, 1, 2, 3].map((i) => makeKey({ ...keyBody, name: `Key ${i}` })));
    const set = (index: number, assignments: string) =>
      env.DB.prepare(`UPDATE api_keys SET ${assignments} WHERE id = ?`).bind(keys[index].id).run();
    await set(1, "disabled_at = 1");
    await set(2, "created_at = 1, expires_at = 2, disabled_at = 1");
    await set(3, "revoked_at = 1, revoked_by = 'root'");
    const { body } = await call("GET", `/v1/api-keys?organization_id=${organization.id}`);
    const statuses = Object.fromEntries(body.data.map(({ name, status }: Record<string, string>) => [name, status]));
    expect(statuses).toEqual({ "Key 0": "active", "Key 1": "disabled", "Key 2": "expired", "Key 3": "revoked" });
  });
});

describe("a revoked key", () => {
  test("says when, and is told of in the audit trail with the reason", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    const { status, body } = await call("POST", `/v1/api-keys/${id}/revoke`, { reason: "leaked" });
    expect([status, body.status]).toEqual([200, "revoked"]);
    expect(Date.parse(body.revoked_at)).toBeGreaterThan(0);
    expect((await auditOf(id)).map(({ action, details }) => [action, details.reason])).toEqual([
      ["api_key.created", undefined],
      ["api_key.revoked", "leaked"],
    ]);
    const row = await env.DB.prepare("SELECT revoked_by, revoked_reason FROM api_keys WHERE id = ?").bind(id).first();
    expect(row).toEqual({ revoked_by: "root", revoked_reason: "leaked" });
  });

  test("is revoked once: later calls are answered the same, and change and tell nothing", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    const first = await call("POST", `/v1/api-keys/${id}/revoke`, { reason: "first" });
    const answers = await Promise.all(
      [1, 2, 3].map(() => call("POST", `/v1/api-keys/${id}/revoke`, { reason: "later" })),
    );
    for (const { status, body } of answers) expect([status, body]).toEqual([200, first.body]);
    expect(await auditOf(id)).toHaveLength(2);
  });

  test("is revoked once where several do it at once", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    const answers = await Promise.all(
      [1, 2, 3, 4].map((i) => call("POST", `/v1/api-keys/${id}/revoke`, { reason: `${i}` })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.revoked_at)).size).toBe(1);
    expect(await auditOf(id)).toHaveLength(2);
  });
});

describe("what belongs to another organization", () => {
  test("cannot be given to a key: neither a workspace nor a member", async () => {
    const [one, other] = [await setUp(), await setUp()];
    const theirs = await makeWorkspace(other.organization.id);
    const reach = { reach: "workspace", workspace_ids: [theirs.id] };
    const answers = [
      await call("POST", "/v1/api-keys", { ...one.keyBody, ...reach }),
      await call("POST", "/v1/api-keys", { ...one.keyBody, member_id: other.member.id }),
      await call("POST", "/v1/members", {
        organization_id: one.organization.id,
        email: "a@b.test",
        name: "A",
        role: "owner",
        workspace_ids: [theirs.id],
      }),
    ];
    expect(answers.map(({ body }) => body.errors?.map(({ field }: { field: string }) => field))).toEqual([
      ["workspace_ids"],
      ["member_id"],
      ["workspace_ids"],
    ]);
  });

  test("cannot be a member who is gone either", async () => {
    const { organization, keyBody } = await setUp();
    const member = await makeMember(organization.id);
    await env.DB.prepare("UPDATE members SET removed_at = 1 WHERE id = ?").bind(member.id).run();
    expect((await call("POST", "/v1/api-keys", { ...keyBody, member_id: member.id })).status).toBe(422);
    expect((await call("GET", `/v1/members/${member.id}`)).status).toBe(404);
  });
});
