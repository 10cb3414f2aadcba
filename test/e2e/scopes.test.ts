import { beforeAll, describe, expect, test } from "vitest";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { FULL, READ_ONLY } from "./configs/base.ts";
import { devServer as gateway, origins } from "./shared.ts";

const METHODS = { read: "GET", write: "POST", delete: "DELETE" };
const ACTIONS = Object.keys(METHODS) as (keyof typeof METHODS)[];
const SCOPES = FULL.flatMap((resource) => ACTIONS.map((action) => `${resource}:${action}`));

/** Makes the call that needs the scope; the answer's status, and its body where it is a refusal. */
async function call(key: Key, scope: string): Promise<{ status: number; problem: Record<string, unknown> }> {
  const [resource, action] = scope.split(":") as [string, keyof typeof METHODS];
  const response = await fetch(`${gateway.base("sandbox")}/${resource}/1`, {
    method: METHODS[action],
    headers: bearing(key),
  });
  return { status: response.status, problem: (await response.json()) as Record<string, unknown> };
}

/** Those of all calls that the key may make. */
async function allowedTo(key: Key): Promise<string[]> {
  const calls = [...SCOPES, ...READ_ONLY.flatMap((resource) => ACTIONS.map((action) => `${resource}:${action}`))];
  const statuses = await Promise.all(calls.map(async (scope) => ({ scope, status: (await call(key, scope)).status })));
  expect(statuses.filter(({ status }) => status !== 200 && status !== 403)).toEqual([]);
  return statuses.filter(({ status }) => status === 200).map(({ scope }) => scope);
}

describe("A key may do what its scopes, its member's role, its permission and its reach all allow", () => {
  const origin = origins();
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await seed(gateway);
  });

  test("each of 21 scopes allows its own call and none of the other 20", async () => {
    for (const scope of SCOPES) expect(await allowedTo(await tenant.key({ scopes: [scope] }))).toEqual([scope]);
    // What was refused was refused at the gateway.
    expect(origin.sandbox.seen.length).toBe(SCOPES.length);
  });

  test("a refusal names the scope that the call needs, and how the key lacks it", async () => {
    const { status, problem } = await call(await tenant.key({ scopes: ["folders:read"] }), "folders:write");
    expect(status).toBe(403);
    expect(problem).toMatchObject({
      code: "scope_missing",
      required_scopes: ["folders:write"],
      effective_scopes: ["folders:read"],
      lacking_in: ["scopes"],
    });
  });

  test.for(READ_ONLY)("%s can be read and nothing else, whatever the key", async (resource) => {
    const key = await tenant.key({ scopes: ["admin", `${resource}:read`] });
    expect(await call(key, `${resource}:read`)).toMatchObject({ status: 200 });
    for (const action of ["write", "delete"]) {
      expect(await call(key, `${resource}:${action}`)).toMatchObject({
        status: 403,
        problem: { code: "scope_missing" },
      });
      const { status, body } = await gateway.manage("POST", "/v1/api-keys", {
        organization_id: tenant.organizationId,
        member_id: tenant.members.owner,
        environment: "sandbox",
        reach: "organization",
        permission: "full-access",
        scopes: [`${resource}:${action}`],
        name: "cannot be",
      });
      expect({ status, fields: body.errors.map(({ field }: { field: string }) => field) }).toEqual({
        status: 422,
        fields: ["scopes"],
      });
    }
  });

  const READS = [...FULL, ...READ_ONLY].map((resource) => `${resource}:read`);
  const WRITES = FULL.filter((resource) => resource !== "teammates").map((resource) => `${resource}:write`);

  test.for([
    { bundle: "read:all", allowed: READS },
    { bundle: "write:all", allowed: WRITES },
    { bundle: "admin", allowed: [...SCOPES, ...READS] },
  ])("the bundle $bundle allows just what it stands for", async ({ bundle, allowed }) => {
    expect(new Set(await allowedTo(await tenant.key({ scopes: [bundle] })))).toEqual(new Set(allowed));
  });

  test("a key that acts as a member can do no more than the member, whatever it was granted", async () => {
    const key = await tenant.key({ role: "member", scopes: ["admin"] });
    expect(new Set(await allowedTo(key))).toEqual(new Set([...READS, ...WRITES]));
    expect((await call(key, "folders:delete")).problem).toMatchObject({ lacking_in: ["role"] });
  });

  test("a read-only key reads and does nothing else, whatever it was granted", async () => {
    const key = await tenant.key({ permission: "read-only", scopes: ["admin"] });
    expect(new Set(await allowedTo(key))).toEqual(new Set(READS));
    expect((await call(key, "folders:write")).problem).toMatchObject({ lacking_in: ["permission"] });
  });

  test("a key of some workspaces reads teammates and does not change them", async () => {
    const key = await tenant.key({ scopes: ["admin"], workspace_ids: [tenant.workspaces[0]] });
    const allowed = [...SCOPES, ...READS].filter((scope) => !/^teammates:(write|delete)$/.test(scope));
    expect(new Set(await allowedTo(key))).toEqual(new Set(allowed));
    expect((await call(key, "teammates:write")).problem).toMatchObject({ lacking_in: ["reach"] });
  });

  test("a call that searches by POST needs the scope to read", async () => {
    const search = async (scopes: string[]) =>
      (
        await fetch(`${gateway.base("sandbox")}/signatures/search`, {
          method: "POST",
          headers: bearing(await tenant.key({ scopes })),
        })
      ).status;
    expect(await search(["signatures:read"])).toBe(200);
    expect(await search(["signatures:write"])).toBe(403);
  });
});
