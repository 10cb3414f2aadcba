/** Who may change a workspace, and the members in it: those who belong to it, and those who manage every workspace. */

import { createExecutionContext, env } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { migrate, newClient } from "../helpers/workerd.ts";
import { auditOf, CONTROL, call, makeKey, makeMember, makeWorkspace, setUp } from "./call.ts";

beforeAll(migrate);

const actAs = (id: string) => ({ "Keygate-Act-As": id });
const bearer = ({ secret }: { secret: string }) => ({
  Authorization: `Bearer ${secret}`,
  "CF-Connecting-IP": newClient(),
});

/** An organization with two workspaces, an owner, and an admin of the first. */
async function makeParties() {
  const { organization, workspace: own, member: owner, keyBody } = await setUp();
  const foreign = await makeWorkspace(organization.id);
  const ids = { own: own.id as string, foreign: foreign.id as string };
  const admin = await makeMember(organization.id, { role: "admin", workspace_ids: [ids.own] });
  const adminsKey = await makeKey({ ...keyBody, member_id: admin.id, environment: "production", scopes: ["admin"] });
  const memberIn = async (...workspaces: (keyof typeof ids)[]) =>
    makeMember(organization.id, { role: "member", workspace_ids: workspaces.map((name) => ids[name]) });
  const by: Record<string, Record<string, string>> = {
    owner: actAs(owner.id),
    "an admin of the one": actAs(admin.id),
    "a key of that admin": bearer(adminsKey),
  };
  return { organizationId: organization.id as string, ids, keyBody, admin, memberIn, by };
}

const ADMINS = ["an admin of the one", "a key of that admin"];

describe.each(ADMINS)("%s", (who) => {
  test("sees the other workspace, and can neither rename nor delete it", async () => {
    const { organizationId, ids, by, keyBody } = await makeParties();
    const hidden = await makeKey({ ...keyBody, reach: "workspace", workspace_ids: [ids.foreign] });
    const path = `/v1/workspaces/${ids.foreign}`;
    expect((await call("GET", path, undefined, by[who])).status).toBe(200);
    const list = await call("GET", `/v1/workspaces?organization_id=${organizationId}`, undefined, by[who]);
    expect(list.body.data).toHaveLength(2);
    for (const [method, body] of [
      ["PATCH", { name: "Other" }],
      ["DELETE", undefined],
    ] as const) {
      expect((await call(method, path, body, by[who])).body).toMatchObject({
        status: 403,
        code: "management_forbidden",
        detail: "You do not belong to this workspace.",
      });
    }
    expect((await call("GET", path)).body.name).toBe("Sales");
    expect((await call("GET", `/v1/api-keys/${hidden.id}`)).body.status).toBe("active");
  });

  test("can rename and delete their own", async () => {
    const { ids, by } = await makeParties();
    const path = `/v1/workspaces/${ids.own}`;
    expect((await call("PATCH", path, { name: "Other" }, by[who])).status).toBe(200);
    expect((await call("DELETE", path, undefined, by[who])).status).toBe(200);
  });

  test("belongs to the workspace that they create, and so can rename and delete it", async () => {
    const { organizationId, admin, ids, by } = await makeParties();
    const body = { organization_id: organizationId, name: "New" };
    const { id } = (await call("POST", "/v1/workspaces", body, by[who])).body;
    const member = await call("GET", `/v1/members/${admin.id}`);
    expect(member.body.workspace_ids.sort()).toEqual([ids.own, id].sort());
    expect(member.headers.get("ETag")).not.toBe(admin.version);
    expect((await auditOf(admin.id)).at(-1)).toMatchObject({
      action: "member.changed",
      details: { workspace_ids: { from: [ids.own], to: [ids.own, id] } },
    });
    expect((await call("PATCH", `/v1/workspaces/${id}`, { name: "Newer" }, by[who])).status).toBe(200);
    expect((await call("DELETE", `/v1/workspaces/${id}`, undefined, by[who])).status).toBe(200);
  });

  test("can take from a member no workspace but their own", async () => {
    const { ids, memberIn, by } = await makeParties();
    const { id } = await memberIn("own", "foreign");
    const patch = (workspace_ids: string[]) => call("PATCH", `/v1/members/${id}`, { workspace_ids }, by[who]);
    for (const left of [[], [ids.own]]) {
      expect((await patch(left)).body).toMatchObject({ status: 403, code: "management_forbidden" });
    }
    expect((await patch([ids.foreign])).status).toBe(200);
    expect((await patch([ids.foreign, ids.own])).status).toBe(200);
  });

  test.each([
    { of: "the other workspace", workspaces: ["foreign"], status: 403 },
    { of: "both", workspaces: ["own", "foreign"], status: 403 },
    { of: "their own workspace", workspaces: ["own"], status: 200 },
    { of: "none", workspaces: [], status: 200 },
  ] as const)("removing a member of $of, and giving them another role, is $status", async ({ workspaces, status }) => {
    const { memberIn, by } = await makeParties();
    for (const [role, other] of [
      ["member", "admin"],
      ["admin", "member"],
    ] as const) {
      const path = `/v1/members/${(await memberIn(...workspaces)).id}`;
      await call("PATCH", path, { role });
      expect((await call("PATCH", path, { name: "Renamed" }, by[who])).status).toBe(200);
      expect((await call("PATCH", path, { role: other }, by[who])).status).toBe(status);
      expect((await call("DELETE", path, undefined, by[who])).status).toBe(status);
    }
  });

  test("cannot end keys that they do not see by removing the member whom these act as", async () => {
    const { ids, keyBody, memberIn, by } = await makeParties();
    const member = await memberIn("own");
    // It lost the second workspace since.
    const key = { ...keyBody, member_id: member.id, reach: "workspace", workspace_ids: [ids.own, ids.foreign] };
    const { id } = await makeKey(key);
    const path = `/v1/members/${member.id}`;
    expect((await call("GET", `/v1/api-keys/${id}`, undefined, by[who])).status).toBe(404);
    for (const [method, body] of [
      ["DELETE", undefined],
      ["PATCH", { role: "admin" }],
    ] as const) {
      expect((await call(method, path, body, by[who])).body).toMatchObject({
        status: 403,
        detail: "Keys that you do not manage act as this member.",
      });
    }
    await call("POST", `/v1/api-keys/${id}/revoke`);
    expect((await call("DELETE", path, undefined, by[who])).status).toBe(200);
  });
});

test("an owner belongs to every workspace", async () => {
  const { ids, memberIn, by } = await makeParties();
  const { id } = await memberIn("own", "foreign");
  expect((await call("PATCH", `/v1/members/${id}`, { workspace_ids: [] }, by.owner)).status).toBe(200);
  expect((await call("DELETE", `/v1/members/${id}`, undefined, by.owner)).status).toBe(200);
  expect((await call("DELETE", `/v1/workspaces/${ids.foreign}`, undefined, by.owner)).status).toBe(200);
});

test("the deletion of a workspace is in the history of every key and member that loses it", async () => {
  const { ids, keyBody, memberIn, by } = await makeParties();
  const [loser, other] = [await memberIn("own", "foreign"), await memberIn("foreign")];
  const keyOf = (...workspace_ids: string[]) => makeKey({ ...keyBody, reach: "workspace", workspace_ids });
  const [both, alone, elsewhere] = [await keyOf(ids.own, ids.foreign), await keyOf(ids.own), await keyOf(ids.foreign)];
  await call("DELETE", `/v1/workspaces/${ids.own}`, undefined, by.owner);
  const last = async ({ id }: { id: string }) => (await auditOf(id)).at(-1);
  const details = { workspace_ids: { removed: [ids.own], added: [] } };
  expect(await last(both)).toMatchObject({ action: "api_key.changed", details });
  expect(await last(loser)).toMatchObject({ action: "member.changed", details });
  expect(await auditOf(alone.id)).toMatchObject([{ action: "api_key.created" }, { action: "api_key.revoked" }]);
  for (const { id } of [other, elsewhere]) expect(await auditOf(id)).toHaveLength(1);
});

test("who belongs to a workspace and manages no keys cannot end its keys by deleting it", async () => {
  const { organizationId, ids, keyBody } = await makeParties();
  const manages = { organization: "none", workspace: "none" } as const;
  const clerk = { scopes: ["admin"], manages };
  const worker = createGateway({ ...config, roles: { ...config.roles, clerk } });
  const memberId = (await makeMember(organizationId, { role: "member", workspace_ids: [ids.own] })).id;
  await env.DB.prepare("UPDATE members SET role = 'clerk' WHERE id = ?").bind(memberId).run();
  const remove = async () => {
    const headers = { Authorization: `Bearer ${env.KEYGATE_ROOT_TOKEN}`, ...actAs(memberId) };
    const request = new Request(`${CONTROL}/v1/workspaces/${ids.own}`, { method: "DELETE", headers });
    return (await worker.fetch(request, env as unknown as Env, createExecutionContext())).status;
  };
  const { id } = await makeKey({ ...keyBody, reach: "workspace", workspace_ids: [ids.own] });
  expect(await remove()).toBe(403);
  await call("PATCH", `/v1/api-keys/${id}`, { workspace_ids: [ids.own, ids.foreign] });
  expect(await remove()).toBe(200);
  expect((await call("GET", `/v1/api-keys/${id}`)).body).toMatchObject({
    status: "active",
    workspace_ids: [ids.foreign],
  });
});
