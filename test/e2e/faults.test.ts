import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDirect } from "../helpers/direct.ts";
import type { RunningGateway } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { guardingText } from "./configs/base.ts";

let origin: Origin;
let gateway: RunningGateway;
let tenant: Tenant;

beforeAll(async () => {
  origin = await startOrigin();
  const port = Number(new URL(origin.url).port);
  gateway = await startDirect(guardingText(port, port + 1));
  tenant = await seed(gateway);
});
afterAll(async () => {
  await gateway?.stop();
  gateway?.forget();
  await origin?.stop();
});

/** Those of the service, without workerd's own. */
function databasesOf(service: "d1" | "kv" | "do"): DatabaseSync[] {
  const files = globSync(join(gateway.state, "v3", service, "**", "*.sqlite"));
  const own = files.filter((file) => !file.endsWith("metadata.sqlite"));
  expect(own.length).toBeGreaterThan(0);
  return own.map((file) => {
    const database = new DatabaseSync(file);
    database.exec("PRAGMA busy_timeout = 5000; PRAGMA legacy_alter_table = ON");
    return database;
  });
}

/** Nothing can be written there while `work` is under way. */
async function withoutWrites(service: "do", work: () => Promise<void>): Promise<void> {
  const databases = databasesOf(service);
  for (const database of databases) database.exec("BEGIN EXCLUSIVE");
  try {
    await work();
  } finally {
    for (const database of databases) {
      database.exec("ROLLBACK");
      database.close();
    }
  }
}

/** Every read and write there fails while `work` is under way: the tables have other names. */
async function without(service: "d1" | "kv", work: () => Promise<void>): Promise<void> {
  const databases = databasesOf(service);
  const rename = (database: DatabaseSync, name: (table: string) => string) => {
    const tables = database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all();
    for (const { name: table } of tables) database.exec(`ALTER TABLE "${table}" RENAME TO "${name(String(table))}"`);
  };
  for (const database of databases) rename(database, (table) => `gone_${table}`);
  try {
    await work();
  } finally {
    for (const database of databases) {
      rename(database, (table) => table.slice("gone_".length));
      database.close();
    }
  }
}

const newKey = (fields = {}) => tenant.key({ environment: "production", scopes: ["signatures:read"], ...fields });

async function call(key: Key, path = "/signatures") {
  const response = await fetch(`${gateway.base("production")}${path}`, { headers: bearing(key) });
  const body = (await response.json()) as { code?: string };
  return { status: response.status, code: body.code, headers: response.headers };
}

/** Until the gateway lets the key through again, which is within a few seconds of the fault's end. */
async function heals(key: Key, path?: string): Promise<void> {
  await expect.poll(async () => (await call(key, path)).status, { timeout: 6_000, interval: 200 }).toBe(200);
}

describe("while D1 is down", () => {
  test("keys in use go on, others are told 503 and never 401, and so is management; all of it heals", async () => {
    const [used, unused] = [await newKey(), await newKey()];
    await heals(used);
    await without("d1", async () => {
      for (let n = 0; n < 10; n++) expect((await call(used)).status).toBe(200);
      const refused = await call(unused);
      expect([refused.status, refused.code]).toEqual([503, "key_store_unavailable"]);
      expect(refused.headers.get("Retry-After")).toMatch(/^[1-9]\d*$/);
      const managed = await gateway.manage("GET", "/v1/organizations");
      expect([managed.status, managed.body.code]).toEqual([503, "key_store_unavailable"]);
    });
    await heals(unused);
    expect((await gateway.manage("GET", "/v1/organizations")).status).toBe(200);
  });

  test("a revocation is not taken for done", async () => {
    const key = await newKey();
    await without("d1", async () => {
      expect((await gateway.manage("POST", `/v1/api-keys/${key.id}/revoke`, {})).status).toBe(503);
    });
    expect((await gateway.manage("POST", `/v1/api-keys/${key.id}/revoke`, {})).status).toBe(200);
  });
});

describe("while KV is down", () => {
  test("nobody notices: D1 finds the key", async () => {
    await heals(await newKey());
    await without("kv", async () => {
      expect((await call(await newKey())).status).toBe(200);
    });
  });
});

describe("while authorities are down", () => {
  test("a route that is closed answers 503, never 401, and heals", async () => {
    const key = await newKey({ limits: { rates: [{ name: "minute", limit: 1000, window: 60 }] } });
    await heals(key);
    await withoutWrites("do", async () => {
      await expect
        .poll(async () => (await call(key)).code, { timeout: 8_000, interval: 250 })
        .toBe("authority_unavailable");
      const refused = await call(key);
      expect([refused.status, refused.headers.has("Retry-After")]).toEqual([503, true]);
    });
    await heals(key);
  });

  test("a route that is open goes on for keys in use, says so, and keeps to their limits", async () => {
    const key = await newKey({ limits: { rates: [{ name: "minute", limit: 20, window: 60 }] } });
    await heals(key, "/open/1");
    await withoutWrites("do", async () => {
      await expect
        .poll(async () => (await call(key, "/open/1")).headers.get("Keygate-Degraded"), {
          timeout: 8_000,
          interval: 250,
        })
        .toBe("authority");
      const answers = [];
      for (let n = 0; n < 30; n++) answers.push(await call(key, "/open/1"));
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(20);
      expect(new Set(statuses)).toEqual(new Set([200, 429]));
    });
    await expect
      .poll(async () => (await call(key, "/open/1")).headers.has("Keygate-Degraded"), { timeout: 6_000, interval: 200 })
      .toBe(false);
  });
});
