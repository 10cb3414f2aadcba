/** D1 is changed behind the gateway's back: by hand, or by a restore to an earlier time. docs/operations.md says how soon that is in force. */

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { editD1, takeSnapshot } from "../helpers/d1-file.ts";
import { startIsolates } from "../helpers/direct.ts";
import type { RunningGateway } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { guardingText } from "./configs/base.ts";

/** As docs/operations.md has them. */
const HAND_EDIT_BOUND_MS = 15_000;
const RESTORE_BOUND_MS = 90_000;

let origin: Origin;
let gateways: RunningGateway[];
let gateway: RunningGateway;

beforeAll(async () => {
  origin = await startOrigin();
  const port = Number(new URL(origin.url).port);
  gateways = await startIsolates(guardingText(port, port + 1), 2);
  gateway = gateways[0] as RunningGateway;
});
afterAll(async () => {
  await gateway?.stop();
  gateway?.forget();
  await origin?.stop();
});

const newKey = (tenant: Tenant, fields = {}) =>
  tenant.key({ environment: "production", scopes: ["signatures:read"], ...fields });

/** What a request gets in each isolate. */
async function codesOf(key: Key): Promise<string> {
  const codes = await Promise.all(
    gateways.map(async (isolate) => {
      const response = await fetch(`${isolate.base("production")}/signatures`, { headers: bearing(key) });
      const { code } = (await response.json()) as { code?: string };
      return code ?? String(response.status);
    }),
  );
  return [...new Set(codes)].join();
}

/** How long it takes until every isolate answers so. */
async function timeUntil(key: Key, wanted: string, boundMs: number): Promise<number> {
  const begunAt = performance.now();
  for (;;) {
    const code = await codesOf(key);
    const took = performance.now() - begunAt;
    if (code === wanted) return Math.round(took);
    if (took > boundMs) throw new Error(`still ${code} instead of ${wanted} after ${Math.round(took)} ms`);
    await sleep(200);
  }
}

interface Edit {
  readonly refusal: string;
  edit(key: Key, tenant: Tenant): void;
}

const EDITS: Record<string, Edit> = {
  "a disabled key": {
    refusal: "key_disabled",
    edit: ({ id }) => editD1(gateway, "UPDATE api_keys SET disabled_at = 5 WHERE id = ?", id),
  },
  "a deleted scope": {
    refusal: "scope_missing",
    edit: ({ id }) => editD1(gateway, "DELETE FROM api_key_scopes WHERE key_id = ?", id),
  },
  "a suspended organization": {
    refusal: "organization_suspended",
    edit: (_, { organizationId }) =>
      editD1(gateway, "UPDATE organizations SET status = 'suspended' WHERE id = ?", organizationId),
  },
};
const TIMES = 20;

test("an edit by hand is in force within the documented time, twenty times each, whenever it is made", async () => {
  // All keys first: while another process writes to its file, D1 refuses some writes of the gateway.
  const edits = Object.entries(EDITS).flatMap(([name, edit]) => Array(TIMES).fill({ name, ...edit }));
  const ready: (Edit & { name: string; tenant: Tenant; key: Key })[] = [];
  for (const edit of edits) {
    const tenant = await seed(gateway);
    ready.push({ ...edit, tenant, key: await newKey(tenant) });
  }
  const measured = await Promise.all(
    ready.map(async ({ name, refusal, edit, tenant, key }) => {
      expect(await codesOf(key)).toBe("200");
      await sleep(Math.random() * 30_000);
      edit(key, tenant);
      return { name, ms: await timeUntil(key, refusal, HAND_EDIT_BOUND_MS) };
    }),
  );
  for (const name of Object.keys(EDITS)) {
    const times = measured.filter((one) => one.name === name).map(({ ms }) => ms);
    console.log(`${name}: ${times.sort((one, other) => one - other).join(", ")} ms`);
    expect(times).toHaveLength(TIMES);
  }
}, 300_000);

describe("a database that was put back to an earlier hour", () => {
  test("is in force within the documented time, but revoked keys stay dead, also if the last change was made just before", async () => {
    const tenant = await seed(gateway);
    const [revoked, disabled, rotated, cut, admin] = await Promise.all([
      newKey(tenant),
      newKey(tenant),
      newKey(tenant),
      newKey(tenant),
      newKey(tenant, { role: "admin" }),
    ]);
    for (const key of [revoked, disabled, rotated, cut, admin]) expect(await codesOf(key)).toBe("200");
    const restore = takeSnapshot(gateway);

    const later = await newKey(tenant);
    expect(await codesOf(later)).toBe("200");
    const made = async (method: string, path: string, body?: object) =>
      expect([200, 201]).toContain((await gateway.manage(method, path, body)).status);
    await made("POST", `/v1/api-keys/${revoked.id}/revoke`, { reason: "leaked" });
    await made("PATCH", `/v1/api-keys/${cut.id}`, { scopes: ["folders:read"] });
    await made("PATCH", `/v1/members/${tenant.members.admin}`, { role: "guest" });
    const { body } = await gateway.manage("POST", `/v1/api-keys/${rotated.id}/rotate`, { grace_seconds: 0 });
    const renewed: Key = { id: rotated.id, secret: body.secret };
    await made("POST", `/v1/api-keys/${disabled.id}/disable`);
    const ENDED = [
      [revoked, "key_revoked"],
      [disabled, "key_disabled"],
      [cut, "scope_missing"],
      [admin, "scope_missing"],
      [rotated, "key_expired"],
      [renewed, "200"],
    ] as const;
    for (const [key, code] of ENDED) await timeUntil(key, code, 10_000);

    restore();
    const RESTORED = [
      [disabled, "200"],
      [cut, "200"],
      [admin, "200"],
      [rotated, "200"],
      [renewed, "key_unknown"],
      [later, "key_unknown"],
    ] as const;
    const watched = watch(revoked);
    const times = await Promise.all(RESTORED.map(([key, code]) => timeUntil(key, code, RESTORE_BOUND_MS)));
    console.log(`a restore was in force after ${times.join(", ")} ms`);
    expect(await watched.seen()).toEqual(["key_revoked"]);
    const { body: status } = await gateway.manage("GET", "/v1/status");
    expect(status.record_changes.restored_at).not.toBeNull();
  }, 240_000);

  /** Everything that a key gets until the end. */
  function watch(key: Key): { seen(): Promise<string[]> } {
    const seen = new Set<string>();
    let isOver = false;
    const watching = (async () => {
      while (!isOver) {
        seen.add(await codesOf(key));
        await sleep(500);
      }
    })();
    return {
      async seen() {
        isOver = true;
        await watching;
        return [...seen];
      },
    };
  }
});
