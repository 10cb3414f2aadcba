/** D1 is restored to an earlier time, as with Time Travel: the content of every table is put back. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { takeSnapshot } from "../helpers/d1-file.ts";
import { startDirect } from "../helpers/direct.ts";
import type { RunningGateway } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { guardingText } from "./configs/base.ts";

let origin: Origin;
let gateway: RunningGateway;
let tenant: Tenant;
let other: Tenant;

beforeAll(async () => {
  origin = await startOrigin();
  const port = Number(new URL(origin.url).port);
  // D1 is compared with what is remembered once a minute, which tests of the authority hold.
  gateway = await startDirect(guardingText(port, port + 1), { constants: { COMPARE_EVERY_MS: 2_000 } });
  [tenant, other] = [await seed(gateway), await seed(gateway)];
});
afterAll(async () => {
  await gateway?.stop();
  gateway?.forget();
  await origin?.stop();
});

const newKey = (fields = {}) => tenant.key({ environment: "production", scopes: ["admin"], ...fields });

async function codeOf(url: string, key: Key, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, { ...init, headers: bearing(key) });
  const body = (await response.json()) as { code?: string };
  return body.code ?? String(response.status);
}
const use = (key: Key) => codeOf(`${gateway.base("production")}/signatures`, key);
const manage = (key: Key, method: string, path: string, body?: object) =>
  codeOf(`http://localhost:${gateway.port}${path}`, key, { method, ...(body && { body: JSON.stringify(body) }) });
const statusOf = async (path: string) => {
  const { status, body } = await gateway.manage("GET", path);
  return status === 200 ? body.status : status;
};

test("what ended before a restore to an earlier time stays ended: at once for its own calls, and in D1 at the next comparison", async () => {
  const [manager, plain, idle] = [await newKey(), await newKey(), await newKey()];
  const removed = await newKey({ role: "admin" });
  const suspended = await other.key({ environment: "production", scopes: ["admin"] });
  for (const key of [manager, plain, removed, suspended]) expect(await use(key)).toBe("200");
  expect(await manage(manager, "GET", "/v1/whoami")).toBe("200");

  const restore = takeSnapshot(gateway);
  for (const { id } of [manager, plain, idle]) {
    expect((await gateway.manage("POST", `/v1/api-keys/${id}/revoke`, { reason: "leaked" })).status).toBe(200);
  }
  expect((await gateway.manage("DELETE", `/v1/members/${tenant.members.admin}`)).status).toBe(200);
  const organization = `/v1/organizations/${other.organizationId}`;
  expect((await gateway.manage("PATCH", organization, { status: "suspended" })).status).toBe(200);
  restore();

  expect(await statusOf(`/v1/api-keys/${plain.id}`)).toBe("active");
  const wanted = { organization_id: tenant.organizationId, environment: "production", reach: "organization" };
  const body = { ...wanted, permission: "full-access", scopes: ["signatures:read"], name: "undead" };
  expect(await manage(manager, "GET", "/v1/whoami")).toBe("key_revoked");
  expect(await manage(manager, "POST", "/v1/api-keys", body)).toBe("key_revoked");
  await expect.poll(() => use(plain), { timeout: 3_000, interval: 250 }).toBe("key_revoked");

  const statuses = () =>
    Promise.all([
      ...[manager, plain, idle].map(({ id }) => statusOf(`/v1/api-keys/${id}`)),
      statusOf(`/v1/members/${tenant.members.admin}`),
      statusOf(organization),
    ]);
  const ended = ["revoked", "revoked", "revoked", 404, "suspended"];
  await expect.poll(statuses, { timeout: 20_000, interval: 250 }).toEqual(ended);
  const events = await gateway.manage(
    "GET",
    `/v1/audit-events?organization_id=${tenant.organizationId}&target=${plain.id}`,
  );
  expect(events.body.data[0]).toMatchObject({
    action: "api_key.revoked_again",
    actor: "keygate",
    details: { by: "root", reason: "leaked" },
  });
  const refused = async () => [await use(removed), await use(suspended)];
  await expect.poll(refused, { timeout: 10_000, interval: 500 }).toEqual(["member_inactive", "organization_suspended"]);
}, 60_000);
