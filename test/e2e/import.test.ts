import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDirect } from "../helpers/direct.ts";
import type { RunningGateway } from "../helpers/gateway.ts";
import { importingText, isReached, startImport, writeForeignKeys } from "../helpers/import.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, seed, type Tenant } from "../helpers/seed.ts";

const COUNT = 2_000;

let origin: Origin;
let gateway: RunningGateway;
let tenant: Tenant;

beforeAll(async () => {
  origin = await startOrigin();
  const port = Number(new URL(origin.url).port);
  gateway = await startDirect(importingText(port + 1, port));
  tenant = await seed(gateway);
  await gateway.manage("PATCH", `/v1/organizations/${tenant.organizationId}`, { key_quota: COUNT });
}, 120_000);

afterAll(async () => {
  await gateway?.stop();
  gateway?.forget();
  await origin?.stop();
});

async function runImport(file: string, interruptAt?: number) {
  const { organizationId: organization, members } = tenant;
  const target = {
    url: `http://localhost:${gateway.port}`,
    token: gateway.rootToken,
    organization,
    member: members.owner,
  };
  const child = startImport(file, { ...target, more: ["--json"] });
  const outputs = Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
  ]);
  if (interruptAt !== undefined) {
    await isReached(file, interruptAt);
    child.kill("SIGINT");
  }
  const [code] = await once(child, "close");
  const [stdout, stderr] = await outputs;
  return { code, stdout, stderr };
}

describe("An import of keys from another system", () => {
  test("can be interrupted and resumed, imports each key once, and the keys authenticate", async () => {
    const file = join(gateway.state, "keys.csv");
    const secrets = writeForeignKeys(file, COUNT);
    const unknown = await fetch(`${gateway.base("sandbox")}/signatures`, {
      headers: bearing({ secret: secrets[1] ?? "" }),
    });
    expect(unknown.status).toBe(401);

    const interrupted = await runImport(file, 500);
    expect([interrupted.code, interrupted.stdout]).toEqual([130, ""]);
    expect(interrupted.stderr).toMatch(/^keygate: Interrupted\.\n(500|1,000|1,500) of 2,000 keys are done\./);
    const before = Number(/([\d,]+) of/.exec(interrupted.stderr)?.[1]?.replace(",", ""));

    const resumed = await runImport(file);
    expect(resumed).toMatchObject({
      code: 0,
      stderr: `Resuming after line ${(before + 1).toLocaleString("en")} of ${file}.\n`,
    });
    expect(JSON.parse(resumed.stdout)).toEqual({ imported: COUNT, skipped: 0, invalid: 0 });
    expect(existsSync(`${file}.progress.json`)).toBe(false);

    const again = await runImport(file);
    expect(JSON.parse(again.stdout)).toEqual({ imported: 0, skipped: COUNT, invalid: 0 });

    for (const secret of [secrets[0], secrets[COUNT / 2], secrets[COUNT - 1]]) {
      const headers = bearing({ secret: secret ?? "" });
      expect((await fetch(`${gateway.base("sandbox")}/signatures`, { headers })).status).toBe(200);
      expect((await fetch(`${gateway.base("sandbox")}/signatures`, { method: "POST", headers })).status).toBe(403);
      expect((await fetch(`${gateway.base("production")}/signatures`, { headers })).status).toBe(403);
    }
  }, 120_000);

  test("stops at the organization's quota with what was imported before it", async () => {
    const file = join(gateway.state, "too-many.csv");
    writeForeignKeys(file, 1);
    const { code, stdout, stderr } = await runImport(file);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("409, key_quota_reached");
    expect(stderr).toContain("No key was imported");
  });
});
