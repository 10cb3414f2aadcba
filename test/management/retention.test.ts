import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Courier } from "../../src/authority/courier.ts";
import { authorityOf } from "../authority/ask.ts";
import { migrate, newClient } from "../helpers/workerd.ts";
import { auditOf, call, makeKey, setUp, worker } from "./call.ts";

const NOON = Date.UTC(2040, 4, 31, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const retention = env.COURIER.get(env.COURIER.idFromName("retention"));

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A day with its alarms, `days` from now. */
async function cleanAfter(days: number): Promise<void> {
  vi.setSystemTime(Date.now() + (days - 2) * DAY);
  await retention.startRetention();
  await runInDurableObject(retention, async (object: Courier) => {
    for (let passed = 0; passed <= 48; passed += 2) {
      vi.setSystemTime(Date.now() + 2 * HOUR);
      await object.alarm();
    }
  });
}

async function use({ secret }: { secret: string }): Promise<string> {
  const response = await worker.fetch("https://sandbox.example.com/v1/signatures/1", {
    headers: { Authorization: `Bearer ${secret}`, "CF-Connecting-IP": newClient() },
  });
  return response.status === 599 ? "forwarded" : JSON.parse(await response.text()).code;
}

describe("a key that was revoked three months ago", () => {
  test("is unknown, and the organization's audit trail still tells of its whole life", async () => {
    const { organization, member, keyBody } = await setUp();
    const [key, living] = [await makeKey(keyBody), await makeKey(keyBody)];
    expect(await use(key)).toBe("forwarded");
    await call("POST", `/v1/api-keys/${key.id}/revoke`, { reason: "leaked" });
    await cleanAfter(89);
    expect(await use(key)).toBe("key_revoked");
    await cleanAfter(4);
    // Its authority has known it as revoked for 35 days, and until the end of the hour in which it was last asked.
    await runDurableObjectAlarm(authorityOf({ environment: "sandbox", id: key.id }));
    expect(await use(key)).toBe("key_unknown");
    expect(await use(living)).toBe("forwarded");
    expect((await call("GET", `/v1/api-keys/${key.id}`)).status).toBe(404);
    const trail = `/v1/audit-events?organization_id=${organization.id}&target=${key.id}`;
    const actions = ({ body }: { body: { data: { action: string }[] } }) =>
      body.data.map(({ action }) => action).sort();
    expect(actions(await call("GET", trail))).toEqual(["api_key.created", "api_key.revoked"]);
    const owner = { "Keygate-Act-As": member.id };
    expect(actions(await call("GET", trail, undefined, owner))).toEqual(["api_key.created", "api_key.revoked"]);
  });
});

describe("a repeated Idempotency-Key", () => {
  test("is known again for as long as audit events are kept, and a replay makes nothing", async () => {
    const { organization } = await setUp();
    const workspace = { organization_id: organization.id, name: "Berlin" };
    const again = () =>
      call("POST", "/v1/workspaces", workspace, { "Idempotency-Key": `retention-${organization.id}` });
    const { body: first } = await again();
    await cleanAfter(399);
    const repeated = await again();
    expect([repeated.headers.get("idempotent-replayed"), repeated.body.id]).toEqual(["true", first.id]);
    await cleanAfter(4);
    const anew = await again();
    expect([anew.status, anew.headers.get("idempotent-replayed")]).toEqual([201, null]);
    expect(anew.body.id).not.toBe(first.id);
  });
});

describe("the history of a key", () => {
  test("is whole for as long as the key is there, however old its events are", async () => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    await call("PATCH", `/v1/api-keys/${id}`, { name: "First name" });
    vi.setSystemTime(Date.now() + 360 * DAY);
    await call("PATCH", `/v1/api-keys/${id}`, { expires_at: new Date(Date.now() + 360 * DAY).toISOString() });
    await cleanAfter(350);
    expect((await auditOf(id)).map(({ action }) => action)).toEqual([
      "api_key.created",
      "api_key.changed",
      "api_key.changed",
    ]);
  });
});

describe("GET /v1/status", () => {
  test("tells the platform team how full the database is, and what was deleted last", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey(keyBody);
    await call("POST", `/v1/api-keys/${key.id}/revoke`);
    await cleanAfter(95);
    const { status, body } = await call("GET", "/v1/status");
    expect(status).toBe(200);
    expect(body).toEqual({
      database: {
        bytes: expect.any(Number),
        limit_bytes: 10_000_000_000,
        full: body.database.bytes / 10_000_000_000,
        oldest_audit_event_at: expect.stringMatching(/^20\d\d-/),
      },
      retention: { usage_days: 90, audit_days: 400, dead_key_days: 90 },
      last_cleanup: {
        started_at: expect.any(String),
        ended_at: expect.any(String),
        removed: expect.objectContaining({ usage_hours: 0, members: 0 }),
      },
      // The reconciler can have looked meanwhile.
      record_changes: { looked_at: body.record_changes.looked_at, restored_at: null },
    });
    expect(body.database.bytes).toBeGreaterThan(50_000);
  });

  test("is for nobody else", async () => {
    const { member } = await setUp();
    const { status, body } = await call("GET", "/v1/status", undefined, { "Keygate-Act-As": member.id });
    expect([status, body.code]).toEqual([403, "management_forbidden"]);
  });
});
