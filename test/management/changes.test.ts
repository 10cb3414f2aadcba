import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { migrate } from "../helpers/workerd.ts";
import { auditOf, call, countRows, makeKey, setUp, worker } from "./call.ts";

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2040, 4, 31, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a change of a key", () => {
  test("changes what it names, leaves the rest, and tells the audit trail both values", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey(keyBody);
    const { status, body } = await call("PATCH", `/v1/api-keys/${key.id}`, { scopes: ["folders:read"], name: "New" });
    const { secret: _, ...before } = key;
    expect([status, body]).toEqual([200, { ...before, scopes: ["folders:read"], name: "New" }]);
    const [, event] = await auditOf(key.id);
    expect(event).toMatchObject({
      action: "api_key.changed",
      details: { scopes: { from: ["signatures:read"], to: ["folders:read"] }, name: { from: "Key", to: "New" } },
    });
  });

  test("adds at most 2 KB to the audit trail, however long its texts and lists are", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    for (let turn = 0; turn < 40; turn++) {
      vi.setSystemTime(Date.now() + 1);
      const description = String.fromCharCode(97 + (turn % 26)).repeat(2_000);
      const allowed_addresses = Array.from({ length: 100 }, (_, at) => `2001:db8:${turn}:${at}::/64`);
      expect((await call("PATCH", `/v1/api-keys/${id}`, { description, allowed_addresses })).status).toBe(200);
    }
    const { longest, total } = (await env.DB.prepare(
      "SELECT max(octet_length(details)) AS longest, sum(octet_length(details)) AS total FROM audit_events WHERE target = ?",
    )
      .bind(id)
      .first()) as { longest: number; total: number };
    expect(longest).toBeLessThanOrEqual(2_048);
    expect(total).toBeLessThanOrEqual(41 * 2_048);
    const { body } = await call("GET", `/v1/audit-events?organization_id=${keyBody.organization_id}&target=${id}`);
    expect(body.data[0].details.description.to).toMatch(/^n+… \(2000 characters\)$/);
    expect((await call("GET", `/v1/api-keys/${id}`)).body.description).toBe("n".repeat(2_000));
  });

  test.each([
    ["environment", { environment: "production" }],
    ["scopes", { scopes: ["nothing:read"] }],
    ["workspace_ids", { workspace_ids: ["ws_1"] }],
    ["plan", { plan: "gold" }],
    ["expires_at", { expires_at: "2039-01-01T00:00:00Z" }],
    ["allowed_addresses", { allowed_addresses: ["nowhere"] }],
  ])("with a wrong %s changes nothing, and names the field", async (field, change) => {
    const { keyBody } = await setUp();
    const { secret: _, ...key } = await makeKey(keyBody);
    const { status, body } = await call("PATCH", `/v1/api-keys/${key.id}`, change);
    expect([status, body.errors[0].field]).toEqual([422, field]);
    expect((await call("GET", `/v1/api-keys/${key.id}`)).body).toEqual(key);
  });

  test("does not raise an expired key, whose place another may have taken", async () => {
    const { keyBody } = await setUp({ key_quota: 1 });
    const key = await makeKey({ ...keyBody, expires_at: "2040-06-01T00:00:00Z" });
    vi.setSystemTime(Date.UTC(2040, 6, 1));
    await makeKey(keyBody);
    const { status, body } = await call("PATCH", `/v1/api-keys/${key.id}`, { expires_at: "2040-09-01T00:00:00Z" });
    expect([status, body.code]).toEqual([409, "conflict"]);
  });

  test.each(["PATCH", "disable", "enable"])("that is revoked is refused: %s", async (verb) => {
    const { keyBody } = await setUp();
    const key = await makeKey(keyBody);
    await call("POST", `/v1/api-keys/${key.id}/revoke`);
    const path = `/v1/api-keys/${key.id}`;
    const answer = await (verb === "PATCH" ? call("PATCH", path, { name: "x" }) : call("POST", `${path}/${verb}`));
    expect([answer.status, answer.body.code]).toEqual([409, "conflict"]);
  });

  test("rotates it at most into five secrets that work, and keeps the last twenty of those that ended", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    const rotate = async (grace_seconds: number) => {
      vi.setSystemTime(Date.now() + 1_000);
      return call("POST", `/v1/api-keys/${id}/rotate`, { grace_seconds });
    };
    for (let turn = 0; turn < 4; turn++) expect((await rotate(86_400)).status).toBe(200);
    const refused = await rotate(86_400);
    expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
    expect(refused.body.detail).toContain("grace_seconds 0");
    for (let turn = 0; turn < 30; turn++) expect((await rotate(0)).status).toBe(200);
    expect((await rotate(60)).status).toBe(200);
    expect(await countRows(`api_key_secrets WHERE key_id = '${id}'`)).toBe(22);
  });

  test("disables it once, however often that is asked for: later calls write nothing", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey(keyBody);
    const first = await call("POST", `/v1/api-keys/${key.id}/disable`);
    for (let turn = 0; turn < 3; turn++) {
      const again = await call("POST", `/v1/api-keys/${key.id}/disable`);
      expect([again.status, again.body]).toEqual([200, first.body]);
      expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
    }
    expect((await auditOf(key.id)).map(({ action }) => action).sort()).toEqual(["api_key.created", "api_key.disabled"]);
  });

  test("disables and enables it", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey(keyBody);
    expect((await call("POST", `/v1/api-keys/${key.id}/disable`)).body.status).toBe("disabled");
    expect((await call("POST", `/v1/api-keys/${key.id}/enable`)).body.status).toBe("active");
  });
});

describe("a second revocation", () => {
  test("answers as the first, and says what that one still has to reach", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey(keyBody);
    const first = await call("POST", `/v1/api-keys/${key.id}/revoke`, { reason: "leaked" });
    const change = `chg_${"0".repeat(32)}`;
    await env.DB.prepare("INSERT INTO outbox VALUES (?1, ?2, 'sandbox', 1)").bind(change, key.id).run();
    const second = await call("POST", `/v1/api-keys/${key.id}/revoke`, { reason: "again" });
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect((await call("GET", `/v1/changes/${change}`)).body).toEqual({ id: change, pending_keys: 0 });
    expect(await auditOf(key.id)).toHaveLength(2);
  });
});

describe("a change of a member or an organization", () => {
  test("with a role that there is not, the empty one too, is refused", async () => {
    const { member } = await setUp();
    for (const role of ["", "nobody"]) {
      const { status, body } = await call("PATCH", `/v1/members/${member.id}`, { role });
      expect([status, body.errors[0].field]).toEqual([422, "role"]);
    }
  });

  test("is shown in its answer and afterwards", async () => {
    const { member, organization } = await setUp();
    const changed = await call("PATCH", `/v1/members/${member.id}`, { role: "member" });
    expect(changed.body).toEqual({ ...member, role: "member" });
    expect((await call("GET", `/v1/members/${member.id}`)).body).toEqual(changed.body);
    const suspended = await call("PATCH", `/v1/organizations/${organization.id}`, {
      status: "suspended",
      plan: "free",
    });
    expect(suspended.body).toEqual({ ...organization, status: "suspended", plan: "free" });
    expect((await call("GET", `/v1/organizations/${organization.id}`)).body).toEqual(suspended.body);
  });

  test("removes a member once; then they are not found", async () => {
    const { member } = await setUp();
    expect((await call("DELETE", `/v1/members/${member.id}`)).status).toBe(200);
    expect((await call("DELETE", `/v1/members/${member.id}`)).status).toBe(404);
    expect((await call("GET", `/v1/members/${member.id}`)).status).toBe(404);
  });

  test("that nobody made has no progress to show", async () => {
    expect((await call("GET", "/v1/changes/ver_1")).status).toBe(404);
  });
});

test("pages for people, and they alone, come with a policy that allows no script", async () => {
  const policyOf = async (path: string) =>
    (await worker.fetch(`https://keys.example.com${path}`)).headers.get("Content-Security-Policy");
  expect(await policyOf("/errors")).toMatch(/default-src 'none'/);
  expect(await policyOf("/errors/key_unknown")).toMatch(/default-src 'none'/);
  expect(await policyOf("/healthz")).toBeNull();
});
