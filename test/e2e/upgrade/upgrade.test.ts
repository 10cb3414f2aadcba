/** A deployment of the last release, with its state, is upgraded to this code, and rolled back. */

import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { editD1 } from "../../helpers/d1-file.ts";
import { METRICS_TOKEN } from "../../helpers/direct.ts";
import type { RunningGateway } from "../../helpers/gateway.ts";
import { type Origin, startOrigin } from "../../helpers/origin.ts";
import { bearing, type Key, seed, type Tenant } from "../../helpers/seed.ts";
import { type Build, prepare, type Run } from "./builds.ts";

let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
});
afterAll(() => origin.stop());

async function answerTo(gateway: RunningGateway, key: Key): Promise<{ status: number; code: string | undefined }> {
  const response = await fetch(`${gateway.base("sandbox")}/signatures/1`, { headers: bearing(key) });
  const body = await response.json();
  return { status: response.status, code: response.status === 200 ? undefined : body.code };
}

/** How many of so many requests were admitted; the others were over a limit. */
async function admitted(gateway: RunningGateway, key: Key, requests: number): Promise<number> {
  let count = 0;
  for (let n = 0; n < requests; n++) {
    const { status } = await answerTo(gateway, key);
    expect([200, 429]).toContain(status);
    if (status === 200) count += 1;
  }
  return count;
}

async function requestsOf(gateway: RunningGateway, { organizationId }: Tenant, key: Key): Promise<number> {
  const query = `organization_id=${organizationId}&key_id=${key.id}&group_by=outcome`;
  const { status, body } = await gateway.manage("GET", `/v1/usage?${query}`);
  expect(status).toBe(200);
  return body.data.reduce((sum: number, { requests }: { requests: number }) => sum + requests, 0);
}

/** All requests that metrics have, or the status of the refusal. */
async function meteredBy({ port }: RunningGateway): Promise<number | string> {
  const headers = { Authorization: `Bearer ${METRICS_TOKEN}` };
  const response = await fetch(`http://localhost:${port}/metrics`, { headers });
  const counts = [...(await response.text()).matchAll(/^keygate_requests_total\{.*\} (\d+)$/gm)];
  return response.ok ? counts.reduce((sum, [, count]) => sum + Number(count), 0) : `${response.status}`;
}

/** Of how many requests the latency is known, or the status of the refusal. */
async function timedOf(gateway: RunningGateway, { organizationId }: Tenant): Promise<number | string> {
  const { status, body } = await gateway.manage("GET", `/v1/latency?organization_id=${organizationId}&group_by=`);
  return status === 200 ? (body.data[0]?.requests ?? 0) : `${status}`;
}

const lastUseOf = async (gateway: RunningGateway, { id }: Key): Promise<number> =>
  Date.parse((await gateway.manage("GET", `/v1/api-keys/${id}`)).body.last_used_at);

/** In which an isolate has reported what it has counted. */
const reported = () => new Promise((later) => setTimeout(later, 11_000));
const WITHIN = { timeout: 30_000 };

const readiness = async (gateway: RunningGateway) => (await gateway.manage("GET", "/readyz")).status;

interface State {
  readonly tenant: Tenant;
  readonly live: Key;
  readonly rate: Key;
  readonly quota: Key;
  readonly revoked: Key;
  readonly disabled: Key;
}

/** Keys of every kind, and of two limits of ten half spent. */
async function fill(gateway: RunningGateway): Promise<State> {
  const tenant = await seed(gateway);
  const live = await tenant.key();
  const state = {
    ...{ tenant, live, rate: await tenant.key({ plan: "rate" }), quota: await tenant.key({ plan: "quota" }) },
    ...{ revoked: await tenant.key(), disabled: await tenant.key() },
  };
  for (const key of [live, state.revoked, state.disabled]) expect((await answerTo(gateway, key)).status).toBe(200);
  for (const key of [state.rate, state.quota]) expect(await admitted(gateway, key, 5)).toBe(5);
  for (const [key, verb] of [
    [state.revoked, "revoke"],
    [state.disabled, "disable"],
  ] as const) {
    expect((await gateway.manage("POST", `/v1/api-keys/${key.id}/${verb}`)).status).toBe(200);
  }
  return state;
}

async function expectEverythingKept(gateway: RunningGateway, { live, revoked, disabled }: State): Promise<void> {
  expect((await answerTo(gateway, live)).status).toBe(200);
  expect(await answerTo(gateway, revoked)).toEqual({ status: 401, code: "key_revoked" });
  expect(await answerTo(gateway, disabled)).toEqual({ status: 401, code: "key_disabled" });
}

let folder: string;
let run: Run;
let running: RunningGateway[] = [];
beforeEach(async () => {
  ({ state: folder, run } = await prepare(origin));
});
afterEach(async () => {
  await running[0]?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function restart(...builds: Build[]): Promise<[RunningGateway, ...RunningGateway[]]> {
  await running[0]?.stop();
  running = await run(...builds);
  return running as [RunningGateway, ...RunningGateway[]];
}

test("edits of D1 by hand are in force after an upgrade and after a rollback, for keys whose records the other build stored", async () => {
  const [released] = await restart("released");
  const { live } = await fill(released);
  const permit = (permission: string) =>
    editD1(released, "UPDATE api_keys SET permission = ? WHERE id = ?", permission, live.id);
  const write = async (gateway: RunningGateway) => {
    const init = { method: "POST", headers: bearing(live) };
    return (await fetch(`${gateway.base("sandbox")}/signatures/1`, init)).status;
  };
  expect(await write(released)).toBe(200);

  const [current] = await restart("current");
  expect(await write(current)).toBe(200);
  expect(await readiness(current)).toBe(200);
  permit("read-only");
  await expect.poll(() => write(current), { timeout: 20_000, interval: 500 }).toBe(403);

  const [back] = await restart("released");
  expect(await write(back)).toBe(403);
  permit("full-access");
  await expect.poll(() => write(back), { timeout: 70_000, interval: 1_000 }).toBe(200);
  expect(await readiness(back)).toBe(200);
  // The old code creates keys in the new schema.
  expect((await answerTo(back, await (await seed(back)).key())).status).toBe(200);

  // What was changed while the old build ran is found too.
  permit("read-only");
  const [again] = await restart("current");
  await expect.poll(() => write(again), { timeout: 20_000, interval: 500 }).toBe(403);
}, 240_000);

test("after an upgrade keys live, revoked ones stay dead, and counts continue; after a rollback too", async () => {
  const [released] = await restart("released");
  const state = await fill(released);
  const { tenant, live, quota } = state;
  const counted = (gateway: RunningGateway, key: Key) => () => requestsOf(gateway, tenant, key);
  await expect.poll(counted(released, quota), { timeout: 90_000 }).toBe(5);
  await expect.poll(counted(released, live), { timeout: 90_000 }).toBe(1);
  const firstUse = await lastUseOf(released, live);
  // These are with the key's authority when the upgrade comes, and not in D1.
  for (let n = 0; n < 4; n++) expect((await answerTo(released, live)).status).toBe(200);
  await reported();

  const [current] = await restart("current");
  expect(await counted(current, quota)()).toBe(5);
  await expect.poll(counted(current, live), { timeout: 90_000 }).toBe(5);
  const lastUse = await lastUseOf(current, live);
  expect(lastUse).toBeGreaterThan(firstUse);
  await expectEverythingKept(current, state);
  expect(await admitted(current, state.rate, 8)).toBe(5);
  expect(await admitted(current, state.quota, 3)).toBe(3);
  expect((await current.manage("POST", `/v1/api-keys/${state.disabled.id}/enable`)).status).toBe(200);
  await expect.poll(async () => (await answerTo(current, state.disabled)).status, { timeout: 5_000 }).toBe(200);
  await expect.poll(counted(current, quota), WITHIN).toBe(8);
  await expect.poll(counted(current, live), WITHIN).toBe(6);
  await expect.poll(() => lastUseOf(current, live), WITHIN).toBeGreaterThan(lastUse);
  await expect.poll(() => meteredBy(current), WITHIN).toBeGreaterThanOrEqual(14);
  const metered = await meteredBy(current);
  await expect.poll(() => timedOf(current, tenant), WITHIN).toBeGreaterThanOrEqual(13);
  const timed = await timedOf(current, tenant);

  const [back] = await restart("released");
  expect(await answerTo(back, state.revoked)).toEqual({ status: 401, code: "key_revoked" });
  for (const key of [state.live, state.disabled]) expect((await answerTo(back, key)).status).toBe(200);
  expect(await admitted(back, state.rate, 2)).toBe(0);
  expect(await admitted(back, state.quota, 4)).toBe(2);
  await expect.poll(counted(back, quota), { timeout: 90_000 }).toBe(9);

  const [again] = await restart("current");
  expect(await meteredBy(again)).toBe(metered);
  expect(await timedOf(again, tenant)).toBe(timed);
  await expect.poll(counted(again, quota), WITHIN).toBe(12);
  await expect.poll(counted(again, live), { timeout: 90_000 }).toBe(7);
}, 540_000);

describe.each([
  ["released", "current"],
  ["current", "released"],
] as const)("while objects run the %s code, and isolates of both builds", (objects, other) => {
  test("limits count together, and what one build changes is in force in the other", { timeout: 120_000 }, async () => {
    const gateways = await restart(objects, other);
    const [one, two] = gateways as [RunningGateway, RunningGateway];
    const state = await fill(one);
    await expectEverythingKept(two, state);
    expect((await admitted(two, state.rate, 3)) + (await admitted(one, state.rate, 5))).toBe(5);
    expect((await admitted(one, state.quota, 3)) + (await admitted(two, state.quota, 5))).toBe(5);
    const theirs = await seed(two);
    const key = await theirs.key();
    // For so long that an isolate of this version follows the feed, and keeps its lease.
    for (let n = 0; n < 40; n++) {
      for (const gateway of gateways) expect((await answerTo(gateway, key)).status).toBe(200);
      await sleep(70);
    }
    expect((await one.manage("POST", `/v1/api-keys/${key.id}/revoke`)).status).toBe(200);
    await sleep(2_500);
    for (const gateway of gateways) {
      expect(await answerTo(gateway, key)).toEqual({ status: 401, code: "key_revoked" });
    }
    if (objects === "released") {
      // Such a collector counts nothing, and its isolates report again once it can.
      const query = `organization_id=${state.tenant.organizationId}`;
      expect(await two.manage("GET", `/v1/usage?${query}`)).toMatchObject({ status: 503 });
      expect(await meteredBy(two)).toBe("503");
      expect(await timedOf(two, state.tenant)).toBe("503");
      return;
    }
    await expect.poll(() => requestsOf(one, state.tenant, state.rate), WITHIN).toBe(13);
    await expect.poll(() => requestsOf(one, state.tenant, state.quota), WITHIN).toBe(13);
    // Only isolates of this version measure it.
    await expect.poll(() => timedOf(one, state.tenant), WITHIN).toBeGreaterThanOrEqual(10);
  });
});
