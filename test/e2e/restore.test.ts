/** D1 is restored to an earlier time, as with Time Travel: the content of every table is put back. */

import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
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

function openD1(): DatabaseSync {
  const [file] = globSync(join(gateway.state, "v3/d1/**/*.sqlite")).filter((path) => !path.endsWith("metadata.sqlite"));
  const database = new DatabaseSync(file as string);
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF");
  return database;
}

/** What puts the database back as it is now. */
function takeSnapshot(): () => void {
  const file = join(gateway.state, "earlier.sqlite");
  const database = openD1();
  database.exec(`VACUUM INTO '${file}'`);
  database.close();
  return () => {
    const later = openD1();
    const isOwn = "type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'";
    const tables = later.prepare(`SELECT name FROM sqlite_master WHERE ${isOwn}`).all();
    later.exec(`ATTACH '${file}' AS earlier; BEGIN IMMEDIATE`);
    // Keys come last: rows of other tables change them by triggers.
    const names = tables.map(({ name }) => String(name)).sort((one) => (one === "api_keys" ? 1 : -1));
    for (const name of names) {
      later.exec(`DELETE FROM main.${name}; INSERT INTO main.${name} SELECT * FROM earlier.${name}`);
    }
    later.exec("COMMIT");
    later.close();
  };
}

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

  const restore = takeSnapshot();
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
