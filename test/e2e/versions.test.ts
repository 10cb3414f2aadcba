/**
 * Two builds at once on one state, as for some minutes after a deploy: requests come to isolates of both, and the authorities run
 * either the old code or the new.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DirectGateway, startIsolates } from "../helpers/direct.ts";
import { freePort, type RunningGateway } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";

/** So slow that nothing comes back while a test runs. */
const hourly = (name: string, limit: number) => ({ rates: [{ name, limit, window: 86_400 }] });
const daily = (name: string, limit: number) => ({ quotas: [{ name, limit, per: "day" }] });

const OLD = {
  raised: hourly("r", 3),
  lowered: hourly("r", 8),
  renamed: hourly("r", 5),
  renamed_quota: daily("q", 5),
  more: hourly("r", 8),
  fewer: { rates: [...hourly("r", 8).rates, ...hourly("s", 3).rates] },
  removed: hourly("r", 4),
};
const NEW = {
  raised: hourly("r", 8),
  lowered: hourly("r", 3),
  renamed: hourly("per-day", 5),
  renamed_quota: daily("quota", 5),
  more: { rates: [...hourly("r", 8).rates, ...hourly("s", 3).rates] },
  fewer: hourly("r", 8),
  added: hourly("r", 4),
};
type Plan = keyof typeof OLD | keyof typeof NEW;

const withPlans = (plans: object, port: number, other: number) => `
  import { guarding } from "PROJECT/test/e2e/configs/base.ts";
  export default {
    ...guarding({ production: "http://127.0.0.1:${port}", sandbox: "http://127.0.0.1:${other}/base" }),
    plans: ${JSON.stringify(plans)},
  };
`;

let origin: Origin;
let ports: [number, number];
beforeAll(async () => {
  ports = [await freePort(), await freePort()];
  origin = await startOrigin(ports[1]);
});
afterAll(() => origin.stop());

describe.each([
  { authorities: "old", hosts: [OLD, NEW] },
  { authorities: "new", hosts: [NEW, OLD] },
] as const)("where authorities run the $authorities code", ({ authorities, hosts }) => {
  let old: RunningGateway;
  let current: RunningGateway;
  let tenant: Tenant;

  beforeAll(async () => {
    const isolates = await startIsolates(
      hosts.map((plans) => withPlans(plans, ...ports)),
      2,
    );
    [old, current] = (authorities === "old" ? isolates : isolates.toReversed()) as [DirectGateway, DirectGateway];
    tenant = await seed(current);
  });
  afterAll(async () => {
    await current?.stop();
    current?.forget();
  });

  async function keyOn(plan: Plan, by = plan in NEW ? current : old): Promise<Key> {
    const { status, body } = await by.manage("POST", "/v1/api-keys", {
      ...{ organization_id: tenant.organizationId, member_id: tenant.members.owner, environment: "sandbox", name: "k" },
      ...{ reach: "organization", permission: "full-access", scopes: ["admin"], plan },
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body;
  }
  async function statusOf(gateway: RunningGateway, key: Key): Promise<number> {
    const response = await fetch(`${gateway.base("sandbox")}/signatures/1`, { headers: bearing(key) });
    await response.body?.cancel();
    return response.status;
  }
  /** How many of so many requests were let through; the others were over a limit. */
  async function admitted(gateway: RunningGateway, key: Key, requests: number): Promise<number> {
    const statuses: number[] = [];
    for (let i = 0; i < requests; i++) statuses.push(await statusOf(gateway, key));
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
    return statuses.filter((status) => status === 200).length;
  }

  test("a key on a plan that only the new build has is served by its limits, and then by old isolates too", async () => {
    const key = await keyOn("added");
    expect(await admitted(current, key, 3)).toBe(3);
    expect(await admitted(old, key, 3)).toBe(1);
    expect(await admitted(current, key, 2)).toBe(0);
  });

  test("a key that is moved to such a plan while it is in use is served at once", async () => {
    const key = await keyOn("raised");
    expect(await admitted(current, key, 1)).toBe(1);
    const { status } = await current.manage("PATCH", `/v1/api-keys/${key.id}`, { plan: "added" });
    expect(status).toBe(200);
    await new Promise((later) => setTimeout(later, 2_500));
    expect(await admitted(current, key, 9)).toBe(3);
  });

  test("a key that was moved to such a plan is served by old isolates too, although no new one has asked about it", async () => {
    const key = await keyOn("raised");
    const { status } = await current.manage("PATCH", `/v1/api-keys/${key.id}`, { plan: "added" });
    expect(status).toBe(200);
    expect(await admitted(old, key, 9)).toBe(4);
  });

  test("a key on a plan that only the old build has goes on in new isolates, by the limits that were heard last", async () => {
    const key = await keyOn("removed");
    expect(await admitted(old, key, 2)).toBe(2);
    expect(await admitted(current, key, 4)).toBe(2);
  });

  test.each<[string, Plan, fromOld: number, fromNew: number]>([
    ["a raised limit admits as much as it says", "raised", 0, 8],
    ["a raised limit admits what it has more than was spent", "raised", 3, 5],
    ["a lowered limit admits as much as it says", "lowered", 0, 3],
    ["a lowered limit admits nothing where more was spent", "lowered", 6, 0],
    ["a rate of another name is the same", "renamed", 2, 3],
    ["a rate of another name is not filled", "renamed", 5, 0],
    ["a quota of another name is the same", "renamed_quota", 2, 3],
    ["a rate that is added begins with what was spent", "more", 2, 1],
    ["a rate that is taken away holds no more", "fewer", 3, 5],
  ])("%s: %s, after %i in an old isolate", async (_, plan, fromOld, fromNew) => {
    const key = await keyOn(plan);
    expect(await admitted(old, key, fromOld)).toBe(fromOld);
    expect(await admitted(current, key, 12)).toBe(fromNew);
  });

  test.each<[Plan, number]>([
    ["raised", 8],
    ["lowered", 8],
    ["renamed", 5],
    ["renamed_quota", 5],
    ["more", 8],
    ["fewer", 8],
  ])("isolates of both that take turns admit no more than the wider limit: %s", async (plan, most) => {
    const key = await keyOn(plan);
    let total = 0;
    for (let turn = 0; turn < 24; turn++) total += await admitted(turn % 2 === 0 ? old : current, key, 1);
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(most);
  });

  test("limits are told and reset by the build that is asked", async () => {
    const key = await keyOn("raised");
    await admitted(current, key, 8);
    const limits = `/v1/api-keys/${key.id}/limits`;
    expect((await current.manage("GET", limits)).body.data).toMatchObject([{ limit: 8, remaining: 0 }]);
    expect((await old.manage("GET", limits)).body.data).toMatchObject([{ limit: 3, remaining: 0 }]);
    expect((await current.manage("POST", `${limits}/reset`)).status).toBe(200);
    expect((await current.manage("GET", limits)).body.data).toMatchObject([{ limit: 8 }]);
  });
});
