/** The main environment, whose keys those of the others, such as a sandbox, cannot stand in the way of. */

import { createExecutionContext, env } from "cloudflare:test";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway } from "../../src/app.ts";
import type { GatewayConfig } from "../../src/config/types.ts";
import type { Env } from "../../src/env.ts";
import { migrate, newClient } from "../helpers/workerd.ts";
import { CONTROL, call, makeKey, setUp } from "./call.ts";

beforeAll(migrate);

const bearer = ({ secret }: { secret: string }) => ({
  Authorization: `Bearer ${secret}`,
  "CF-Connecting-IP": newClient(),
});
const placesKept = (quota: number) => Math.ceil(quota / 2);

/** An organization that may have `quota` keys, and has two that make keys: one of each environment. */
async function makeOrganization(quota: number) {
  const { organization, keyBody, member } = await setUp({ key_quota: 2 });
  const sandboxKey = await makeKey({ ...keyBody, environment: "sandbox", scopes: ["admin"] });
  const productionKey = await makeKey({ ...keyBody, environment: "production", scopes: ["admin"] });
  await call("PATCH", `/v1/organizations/${organization.id}`, { key_quota: quota });
  const { member_id: _, ...body } = keyBody;
  const make = async (environment: string, headers: Record<string, string>) =>
    call("POST", "/v1/api-keys", { ...body, environment }, headers);
  return {
    bySandboxKey: () => make("sandbox", bearer(sandboxKey)),
    byProductionKey: () => make("production", bearer(productionKey)),
    byOwner: (environment: string) => make(environment, { "Keygate-Act-As": member.id }),
  };
}

const statusOf = async (answer: Promise<{ status: number }>) => (await answer).status;

async function repeat(make: () => Promise<{ status: number }>, most = 40): Promise<number> {
  for (let made = 0; made < most; made++) if ((await make()).status !== 201) return made;
  return most;
}

describe("a sandbox key", () => {
  test("leaves half of the organization's quota to production, however many keys it makes", async () => {
    const { bySandboxKey, byProductionKey } = await makeOrganization(12);
    expect(await repeat(bySandboxKey)).toBe(6 - 2);
    expect((await bySandboxKey()).body).toMatchObject({
      status: 409,
      code: "key_quota_reached",
      limit: 6,
      detail:
        "The key that sent this request is not a key of production, so it can create keys only while the organization has fewer than 6. The other 6 places are reserved for production, members and the API provider.",
    });
    expect(await repeat(byProductionKey)).toBe(6);
    expect((await byProductionKey()).body).toMatchObject({ code: "key_quota_reached", limit: 12 });
  });

  test("is stopped by the keys of production too", async () => {
    const { bySandboxKey, byProductionKey } = await makeOrganization(12);
    for (let made = 0; made < 3; made++) expect(await statusOf(byProductionKey())).toBe(201);
    expect(await repeat(bySandboxKey)).toBe(1);
    expect(await repeat(byProductionKey)).toBe(6);
  });

  test.each([3, 4, 5, 7])("leaves a place to production where the quota is %i", async (quota) => {
    const { bySandboxKey, byProductionKey } = await makeOrganization(quota);
    await repeat(bySandboxKey);
    expect(await repeat(byProductionKey)).toBeGreaterThanOrEqual(1);
  });

  test("does so in a race of many too", async () => {
    const { bySandboxKey, byProductionKey } = await makeOrganization(12);
    const race = await Promise.all(Array.from({ length: 12 }, () => statusOf(bySandboxKey())));
    expect(race.filter((status) => status === 201)).toHaveLength(4);
    expect(await repeat(byProductionKey)).toBe(6);
  });
});

test("people are not held to that: they may use the whole quota for whichever environment", async () => {
  const { byOwner } = await makeOrganization(8);
  expect(await repeat(() => byOwner("sandbox"))).toBe(6);
});

test("whatever the order in which keys are made, a key that a sandbox key makes leaves that part free", async () => {
  const order = fc.array(fc.constantFrom("bySandboxKey", "byProductionKey", "owner"), { minLength: 6, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(order, fc.integer({ min: 3, max: 9 }), async (steps, quota) => {
      const organization = await makeOrganization(quota);
      let active = 2;
      for (const step of steps) {
        const make = step === "owner" ? () => organization.byOwner("sandbox") : organization[step as "bySandboxKey"];
        const most = step === "bySandboxKey" ? quota - placesKept(quota) : quota;
        expect(await statusOf(make())).toBe(active < most ? 201 : 409);
        active = Math.min(Math.max(active, most), active + 1);
      }
    }),
    { numRuns: 12 },
  );
}, 60_000);

describe("the environment that says main: true is the main one, whichever stands first", () => {
  async function statusesUnder(configured: GatewayConfig) {
    const worker = createGateway(configured);
    const { keyBody, organization } = await setUp();
    const of = async (environment: string) => {
      const { secret } = await makeKey({ ...keyBody, environment, scopes: ["admin"] });
      const request = new Request(`${CONTROL}/v1/organizations/${organization.id}`, { headers: bearer({ secret }) });
      return (await worker.fetch(request, env as unknown as Env, createExecutionContext())).status;
    };
    return { production: await of("production"), sandbox: await of("sandbox") };
  }
  const { production, sandbox } = config.environments;
  const inOrder = (...environments: [string, object][]) =>
    ({ ...config, environments: Object.fromEntries(environments) }) as GatewayConfig;
  const said = { main: true };
  const unsaid = { main: undefined };

  test.each([
    ["the first, said", inOrder(["production", { ...production, ...said }], ["sandbox", { ...sandbox, ...unsaid }])],
    ["the last, said", inOrder(["sandbox", { ...sandbox, ...unsaid }], ["production", { ...production, ...said }])],
    [
      "the first, where none is said",
      inOrder(["production", { ...production, ...unsaid }], ["sandbox", { ...sandbox, ...unsaid }]),
    ],
  ])("%s", async (_, configured) => {
    expect(await statusesUnder(configured)).toEqual({ production: 200, sandbox: 403 });
  });
});
