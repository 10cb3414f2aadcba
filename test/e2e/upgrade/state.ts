/** What tests of an upgrade ask of a deployment, and fill it with. */

import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { METRICS_TOKEN } from "../../helpers/direct.ts";
import type { RunningGateway } from "../../helpers/gateway.ts";
import { type Origin, startOrigin } from "../../helpers/origin.ts";
import { bearing, type Key, seed, type Tenant } from "../../helpers/seed.ts";
import { type Build, prepare, type Run } from "./builds.ts";

/** A report comes after ten seconds. */
export const WITHIN = { timeout: 30_000 };

/** A state of its own for each test of this file. What is returned ends all builds that run on it, and starts these. */
export function deployments(): (...builds: Build[]) => Promise<[RunningGateway, ...RunningGateway[]]> {
  let origin: Origin;
  let folder: string;
  let run: Run;
  let running: RunningGateway[] = [];
  beforeAll(async () => {
    origin = await startOrigin();
  });
  afterAll(() => origin.stop());
  beforeEach(async () => {
    ({ state: folder, run } = await prepare(origin));
  });
  afterEach(async () => {
    await running[0]?.stop();
    running = [];
    rmSync(folder, { recursive: true, force: true });
  });
  return async (...builds) => {
    await running[0]?.stop();
    running = await run(...builds);
    return running as [RunningGateway, ...RunningGateway[]];
  };
}

export async function answerTo(
  gateway: RunningGateway,
  key: Key,
): Promise<{ status: number; code: string | undefined }> {
  const response = await fetch(`${gateway.base("sandbox")}/signatures/1`, { headers: bearing(key) });
  const body = await response.json();
  return { status: response.status, code: response.status === 200 ? undefined : body.code };
}

/** How many of so many requests were admitted; the others were over a limit. */
export async function admitted(gateway: RunningGateway, key: Key, requests: number): Promise<number> {
  let count = 0;
  for (let n = 0; n < requests; n++) {
    const { status } = await answerTo(gateway, key);
    expect([200, 429]).toContain(status);
    if (status === 200) count += 1;
  }
  return count;
}

export async function requestsOf(gateway: RunningGateway, { organizationId }: Tenant, key: Key): Promise<number> {
  const query = `organization_id=${organizationId}&key_id=${key.id}&group_by=outcome`;
  const { status, body } = await gateway.manage("GET", `/v1/usage?${query}`);
  expect(status).toBe(200);
  return body.data.reduce((sum: number, { requests }: { requests: number }) => sum + requests, 0);
}

/** All requests that metrics have, or the status of the refusal. */
export async function meteredBy({ port }: RunningGateway): Promise<number | string> {
  const headers = { Authorization: `Bearer ${METRICS_TOKEN}` };
  const response = await fetch(`http://localhost:${port}/metrics`, { headers });
  const counts = [...(await response.text()).matchAll(/^keygate_requests_total\{.*\} (\d+)$/gm)];
  return response.ok ? counts.reduce((sum, [, count]) => sum + Number(count), 0) : `${response.status}`;
}

/** Of how many requests the latency is known, or the status of the refusal. */
export async function timedOf(gateway: RunningGateway, { organizationId }: Tenant): Promise<number | string> {
  const { status, body } = await gateway.manage("GET", `/v1/latency?organization_id=${organizationId}&group_by=`);
  return status === 200 ? (body.data[0]?.requests ?? 0) : `${status}`;
}

export interface State {
  readonly tenant: Tenant;
  readonly live: Key;
  readonly rate: Key;
  readonly quota: Key;
  readonly revoked: Key;
  readonly disabled: Key;
}

/** Keys of every kind, and of two limits of ten half spent. */
export async function fill(gateway: RunningGateway): Promise<State> {
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

export async function expectEverythingKept(gateway: RunningGateway, { live, revoked, disabled }: State): Promise<void> {
  expect((await answerTo(gateway, live)).status).toBe(200);
  expect(await answerTo(gateway, revoked)).toEqual({ status: 401, code: "key_revoked" });
  expect(await answerTo(gateway, disabled)).toEqual({ status: 401, code: "key_disabled" });
}
