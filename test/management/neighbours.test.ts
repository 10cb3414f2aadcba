/**
 * Two admins of one organization, each in a workspace of their own. Whatever call one of them sends, they do not get into the
 * workspace of the other. The calls come from the OpenAPI document, so a new one is tried too.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { migrate, newClient } from "../helpers/workerd.ts";
import { call, makeKey, makeMember, makeWorkspace, setUp } from "./call.ts";
import { type DocumentedOperation, type Known, operationsOf, sampleOf } from "./samples.ts";

await migrate();
const document = (await call("GET", "/v1/openapi.json")).body;
const changing = operationsOf(document).filter(({ method }) => method !== "GET");

type Headers = Record<string, string>;
const actAs = (id: string): Headers => ({ "Keygate-Act-As": id });
const bearer = (secret: string): Headers => ({ Authorization: `Bearer ${secret}`, "CF-Connecting-IP": newClient() });
const rotate = (id: string, headers: Headers) =>
  call("POST", `/v1/api-keys/${id}/rotate`, { grace_seconds: 60 }, headers);

async function makeWorld() {
  const { organization, workspace, member: owner, keyBody } = await setUp();
  const [near, far] = [workspace.id as string, (await makeWorkspace(organization.id)).id as string];
  const adminOf = async (...workspace_ids: string[]): Promise<string> =>
    (await makeMember(organization.id, { role: "admin", workspace_ids })).id;
  const [admin, neighbour, both] = [await adminOf(near), await adminOf(far), await adminOf(near, far)];
  const make = async (member_id: string, fields: object): Promise<{ id: string; secret: string }> =>
    makeKey({ ...keyBody, member_id, environment: "production", scopes: ["admin"], ...fields });
  const own = await make(admin, {});
  const ownInNear = await make(admin, { reach: "workspace", workspace_ids: [near] });
  const keys = {
    own,
    manager: await make(neighbour, {}),
    inFar: await make(neighbour, { reach: "workspace", workspace_ids: [far] }),
    narrow: await make(neighbour, { scopes: ["signatures:read"] }),
    disabled: await make(neighbour, {}),
  };
  await call("POST", `/v1/api-keys/${keys.disabled.id}/disable`);
  const { secret } = (await rotate(keys.narrow.id, actAs(admin))).body;
  const wanted = { name: "Key", purpose: "Work", environment: "production", scopes: ["admin"] };
  const request = await call("POST", "/v1/key-requests", wanted, actAs(neighbour));
  return {
    ids: { organization: organization.id as string, near, far, admin, neighbour, request: request.body.id as string },
    keys,
    by: {
      admin: actAs(admin),
      "their key": bearer(own.secret),
      "their key of one workspace": bearer(ownInNear.secret),
    },
    others: { "an owner": actAs(owner.id), "an admin of both workspaces": actAs(both) },
    /** What the admin holds before any call: the last is of a key that was theirs to rotate before it was disabled. */
    held: [actAs(admin), ...[own, ownInNear, { secret }, keys.disabled].map((key) => bearer(key.secret))],
  };
}

type World = Awaited<ReturnType<typeof makeWorld>>;

const MANAGEMENT = /^(organizations|workspaces|members|api_keys|audit_events|usage):/;

/** Whether the holder of these credentials manages anything in the far workspace. */
async function isIn({ ids }: World, headers: Headers): Promise<boolean> {
  const { status, body } = await call("GET", "/v1/whoami", undefined, headers);
  expect(status).not.toBe(429);
  // A call can have ended the credentials themselves.
  if (status !== 200) return false;
  const { scopes, workspaces } = body as { scopes: string[]; workspaces: string[] | null };
  return scopes.some((scope) => MANAGEMENT.test(scope)) && (workspaces === null || workspaces.includes(ids.far));
}

function pathsOf({ path }: DocumentedOperation, { ids, keys }: World): string[] {
  const places: Record<string, string[]> = {
    organizations: [ids.organization],
    workspaces: [ids.near, ids.far],
    members: [ids.neighbour, ids.admin],
    "api-keys": Object.values(keys).map(({ id }) => id),
    "key-requests": [ids.request],
  };
  const named = places[path.split("/")[2] as string] ?? ["missing"];
  return path.includes("{id}") ? named.map((id) => path.replace("{id}", id).replace("{secret_id}", "sec_1")) : [path];
}

function bodiesOf({ body }: DocumentedOperation, { ids }: World): unknown[] {
  if (!body) return [undefined];
  const terms = { environment: "production", permission: "full-access", scopes: ["admin"], role: "admin" };
  const known = { organization_id: ids.organization, ...terms, grace_seconds: 60, sha256: "a".repeat(64) };
  const inOrganization = { ...known, reach: "organization" };
  const variants: Known[] = [
    inOrganization,
    { ...inOrganization, member_id: ids.neighbour },
    { ...inOrganization, key_request_id: ids.request },
    { ...known, reach: "workspace", workspace_ids: [ids.far] },
    { ...known, reach: "workspace", workspace_ids: [ids.near, ids.far] },
  ];
  return variants.map((variant) => sampleOf(body, variant, document));
}

test.each(changing.map((operation) => [operation.id, operation] as const))(
  "%s by an admin of one workspace, or by a key of theirs, does not lead into the other",
  async (_, operation) => {
    const world = await makeWorld();
    for (const by of Object.values(world.by)) {
      for (const path of pathsOf(operation, world)) {
        for (const body of bodiesOf(operation, world)) {
          const answer = await call(operation.method, path, body, by);
          expect(answer.status).not.toBe(429);
          expect(answer.status).toBeLessThan(500);
          if (answer.status >= 400) continue;
          // A link signs its holder in as the member.
          expect(answer.body).not.toHaveProperty("url");
          if (answer.body.secret) world.held.push(bearer(answer.body.secret));
          for (const headers of world.held) {
            expect({ path, body, isIn: await isIn(world, headers) }).toMatchObject({ isIn: false });
          }
        }
      }
    }
  },
);

describe("A key that manages in a workspace where an admin does not belong", () => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld();
  });

  test("manages there, in the hands of its member", async () => {
    expect(await isIn(world, bearer(world.keys.manager.secret))).toBe(true);
    expect(await isIn(world, bearer(world.keys.inFar.secret))).toBe(true);
  });

  test.each([
    ["rotated", "manager", "POST", "/rotate", { grace_seconds: 60 }],
    ["renamed", "manager", "PATCH", "", { name: "Other" }],
    ["enabled", "disabled", "POST", "/enable", {}],
    ["created from a narrower one", "narrow", "PATCH", "", { scopes: ["admin"] }],
  ] as const)("cannot be %s by that admin", async (_, key, method, verb, body) => {
    for (const who of ["admin", "their key"] as const) {
      const answer = await call(method, `/v1/api-keys/${world.keys[key].id}${verb}`, body, world.by[who]);
      expect(answer.body).toMatchObject({ status: 403, code: "management_forbidden" });
      expect(answer.body.detail).toContain("workspaces to which you do not belong");
    }
  });

  test.each(["an owner", "an admin of both workspaces"] as const)("can be rotated by %s", async (who) => {
    expect((await rotate(world.keys.manager.id, world.others[who])).status).toBe(200);
  });

  test("can lose its rights by that admin: its scopes, and then all", async () => {
    const { id } = world.keys.manager;
    const patch = { scopes: ["signatures:read"] };
    expect((await call("PATCH", `/v1/api-keys/${id}`, patch, world.by.admin)).status).toBe(200);
    for (const verb of ["disable", "revoke"]) {
      expect((await call("POST", `/v1/api-keys/${id}/${verb}`, {}, world.by["their key"])).status).toBe(200);
    }
  });
});
