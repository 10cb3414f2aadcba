import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { instrumentAuthority } from "../authority/ask.ts";
import { captureLog } from "../helpers/log-lines.ts";
import { failing, migrate, newClient } from "../helpers/workerd.ts";
import { call, countRows, makeKey, makeMember, setUp, worker } from "./call.ts";

/** What the binding of the demo's origin answers in these tests. */
const FORWARDED = 599;

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2040, 4, 31, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);

async function use({ secret }: { secret: string }): Promise<string> {
  const response = await worker.fetch("https://sandbox.example.com/v1/signatures/1", {
    headers: { Authorization: `Bearer ${secret}`, "CF-Connecting-IP": newClient() },
  });
  const text = await response.text();
  return response.status === FORWARDED ? "forwarded" : JSON.parse(text).code;
}

describe("from the answer of the management API on", () => {
  test("a new key works at once", async () => {
    const { keyBody } = await setUp();
    expect(await use(await makeKey(keyBody))).toBe("forwarded");
  });

  test("a revoked key is refused within the life of a lease, everywhere, and for good", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey(keyBody);
    expect(await use(key)).toBe("forwarded");
    expect((await call("POST", `/v1/api-keys/${key.id}/revoke`)).status).toBe(200);
    wait(2_000);
    expect(await use(key)).toBe("key_revoked");
    wait(10 * 60_000);
    expect(await use(key)).toBe("key_revoked");
  });

  test("a revoked key that was never used is refused at once", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey(keyBody);
    await call("POST", `/v1/api-keys/${key.id}/revoke`);
    expect(await use(key)).toBe("key_revoked");
  });

  test.each(["courier", "reconciler"])(
    "a revocation that the key's authority has not heard of is answered with 202, and then told by the %s alone",
    async (role) => {
      const { keyBody } = await setUp();
      const key = await makeKey(keyBody);
      expect(await use(key)).toBe("forwarded");
      const authority = { environment: "sandbox", id: key.id };
      await instrumentAuthority(authority, failing);
      const { status, body } = await call("POST", `/v1/api-keys/${key.id}/revoke`, { reason: "leaked" });
      expect([status, body.status]).toEqual([202, "revoked"]);
      await instrumentAuthority(authority, (_, go) => go());
      await runDurableObjectAlarm(env.COURIER.get(env.COURIER.idFromName(role)));
      wait(2_000);
      expect(await use(key)).toBe("key_revoked");
    },
  );

  test.each<
    [what: string, call: (on: { id: string; member: string; organization: string }) => [string, string, object]]
  >([
    ["a revocation", ({ id }) => ["POST", `/v1/api-keys/${id}/revoke`, { reason: "leaked" }]],
    ["a pause", ({ id }) => ["POST", `/v1/api-keys/${id}/disable`, {}]],
    ["a change of a key", ({ id }) => ["PATCH", `/v1/api-keys/${id}`, { permission: "read-only" }]],
    ["a rotation", ({ id }) => ["POST", `/v1/api-keys/${id}/rotate`, { grace_seconds: 0 }]],
    ["a change of its member", ({ member }) => ["PATCH", `/v1/members/${member}`, { role: "member" }]],
    ["a suspension", ({ organization }) => ["PATCH", `/v1/organizations/${organization}`, { status: "suspended" }]],
  ])(
    "the repetition of %s is answered with 202 until the key's authority has heard of it, and then as at first",
    async (_, callOf) => {
      const { keyBody, organization, member } = await setUp();
      // So that the member is not the last of their role.
      await makeMember(organization.id);
      const key = await makeKey(keyBody);
      const authority = { environment: "sandbox", id: key.id };
      await instrumentAuthority(authority, failing);
      const [method, path, body] = callOf({ id: key.id, member: member.id, organization: organization.id });
      const repeat = () => call(method, path, body, { "Idempotency-Key": `repeat-${key.id}` });
      const [first, second] = [await repeat(), await repeat()];
      expect([first.status, second.status]).toEqual([202, 202]);
      expect(second.headers.get("Idempotent-Replayed")).toBe("true");
      expect(second.headers.get("Location")).toBe(first.headers.get("Location"));
      await instrumentAuthority(authority, (__, go) => go());
      const third = await repeat();
      expect([third.status, third.headers.get("Location")]).toEqual([200, null]);
    },
  );

  test("the log of the control plane has one line a request, without token, query or body", async () => {
    const lines: string[] = [];
    captureLog((line) => lines.push(line));
    const { status } = await call("POST", "/v1/organizations?canaryquery=1", { name: "canarybody" });
    vi.restoreAllMocks();
    expect(status).toBe(422);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      kind: "control",
      method: "POST",
      route: "/v1/organizations",
      operation: expect.any(String),
      status: 422,
      reason: "validation_failed",
      actor: "root",
      via: "root",
    });
    expect(lines[0]).not.toMatch(/canary/);
    expect(lines[0]).not.toContain(env.KEYGATE_ROOT_TOKEN);
  });
});

describe("a call that fails", () => {
  test("leaves no row anywhere, not even of the audit trail", async () => {
    const { keyBody } = await setUp({ key_quota: 1 });
    await makeKey(keyBody);
    const tables = [
      "api_keys",
      "api_key_scopes",
      "api_key_workspaces",
      "api_key_secrets",
      "audit_events",
      "organizations",
    ];
    const before = await Promise.all(tables.map(countRows));
    expect((await call("POST", "/v1/api-keys", keyBody)).status).toBe(409);
    expect((await call("POST", "/v1/api-keys/key_0/revoke")).status).toBe(404);
    expect(await Promise.all(tables.map(countRows))).toEqual(before);
  });

  test("writes the change and its audit event together or not at all", async () => {
    const { organization, keyBody } = await setUp();
    const before = await Promise.all(["api_keys", "api_key_secrets", "audit_events"].map(countRows));
    await env.DB.prepare("ALTER TABLE audit_events RENAME TO audit_events_gone").run();
    const failed = [
      await call("POST", "/v1/api-keys", keyBody),
      await call("POST", "/v1/workspaces", { organization_id: organization.id, name: "W" }),
    ];
    await env.DB.prepare("ALTER TABLE audit_events_gone RENAME TO audit_events").run();
    for (const { status, body } of failed) {
      expect(status).toBeGreaterThanOrEqual(500);
      expect(JSON.stringify(body)).not.toContain("audit_events");
    }
    expect(await Promise.all(["api_keys", "api_key_secrets", "audit_events"].map(countRows))).toEqual(before);
    expect((await call("GET", `/v1/workspaces?organization_id=${organization.id}`)).body.data).toHaveLength(1);
  });
});
