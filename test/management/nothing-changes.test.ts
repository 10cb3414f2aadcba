/** What changes nothing writes nothing; what is sent again with other content says so. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { idempotencyOf } from "../../src/control/idempotency.ts";
import { changeKey } from "../../src/control/keys/change.ts";
import { changeOrganization } from "../../src/control/organizations/change.ts";
import { changeWorkspace } from "../../src/control/organizations/change-workspace.ts";
import { changeMember } from "../../src/control/people/change.ts";
import { codeOf, controlOf, root } from "../helpers/control.ts";
import { instrument, migrate, newId } from "../helpers/workerd.ts";
import { type Answer, auditOf, call, countRows, makeKey, makeMember, makeWorkspace, setUp } from "./call.ts";

beforeAll(migrate);

const TABLES = ["audit_events", "outbox", "api_keys", "api_key_secrets"];
const rows = () => Promise.all(TABLES.map(countRows));

/** The call answers 200 and the record as it was, with its version, and leaves no trace. */
async function changesNothing(path: string, make: () => Promise<Answer>): Promise<void> {
  const before = await call("GET", path);
  const count = await rows();
  const answer = await make();
  expect([answer.status, answer.body, answer.headers.get("etag")]).toEqual([
    200,
    before.body,
    before.headers.get("etag"),
  ]);
  expect(await rows()).toEqual(count);
  expect((await call("GET", path)).headers.get("etag")).toBe(before.headers.get("etag"));
}

describe("a change that changes nothing writes no version and no audit event", () => {
  test("of an organization, a workspace and a member: nothing given, and everything as it is", async () => {
    const { organization, workspace, member } = await setUp();
    const paths = [
      `/v1/organizations/${organization.id}`,
      `/v1/workspaces/${workspace.id}`,
      `/v1/members/${member.id}`,
    ];
    const same = [
      {
        name: organization.name,
        plan: null,
        environments: organization.environments,
        key_quota: null,
        status: "active",
      },
      { name: workspace.name },
      { name: member.name, role: member.role, workspace_ids: [] },
    ];
    for (const [at, path] of paths.entries()) {
      for (const patch of [{}, same[at]]) await changesNothing(path, () => call("PATCH", path, patch));
    }
  });

  test("of a key, in whatever order its lists are given", async () => {
    const { workspace, organization, keyBody } = await setUp();
    const workspaces = [workspace.id, (await makeWorkspace(organization.id)).id];
    const key = await makeKey({
      ...{ ...keyBody, reach: "workspace", workspace_ids: workspaces, scopes: ["signatures:write", "signatures:read"] },
      ...{ description: "d", allowed_addresses: ["203.0.113.0/24"] },
      limits: { quotas: [{ per: "day", limit: 5, name: "q" }], rates: [{ window: 60, name: "r", limit: 1, burst: 2 }] },
    });
    const path = `/v1/api-keys/${key.id}`;
    const { name, description, permission, scopes, workspace_ids, expires_at, plan, limits, allowed_addresses } = key;
    const same = { name, description, permission, expires_at, plan, allowed_addresses };
    const reversed = { scopes: scopes.toReversed(), workspace_ids: workspace_ids.toReversed() };
    const mixed = {
      quotas: limits.quotas,
      rates: limits.rates.map((rate: object) => Object.fromEntries(Object.entries(rate).reverse())),
    };
    for (const patch of [{}, { ...same, scopes, workspace_ids, limits }, { ...same, ...reversed, limits: mixed }]) {
      await changesNothing(path, () => call("PATCH", path, patch));
    }
    await changesNothing(path, () => call("POST", `${path}/enable`));
    await call("POST", `${path}/disable`);
    await changesNothing(path, () => call("POST", `${path}/disable`));
    await call("POST", `${path}/revoke`, {});
    await changesNothing(path, () => call("POST", `${path}/revoke`, { reason: "again" }));
  });

  test("even if the caller could not change all of these fields", async () => {
    const { organization, workspace, member, keyBody } = await setUp();
    await call("PATCH", `/v1/members/${member.id}`, { workspace_ids: [workspace.id] });
    const key = await makeKey({ ...keyBody, plan: "scale" });
    const { plan, environments, key_quota, status, location } = organization;
    for (const [path, same] of [
      [`/v1/organizations/${organization.id}`, { plan, environments, key_quota, status, location }],
      [`/v1/members/${member.id}`, { role: member.role, workspace_ids: [workspace.id] }],
      [`/v1/api-keys/${key.id}`, { plan: "scale" }],
    ] as const) {
      await changesNothing(path, () => call("PATCH", path, same, { "Keygate-Act-As": member.id }));
    }
  });

  test("but is refused as any change would be: for another version, and for a key that is over", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey(keyBody);
    const path = `/v1/api-keys/${key.id}`;
    expect((await call("PATCH", path, {}, { "If-Match": '"other"' })).status).toBe(412);
    await call("POST", `${path}/revoke`, {});
    expect((await call("PATCH", path, {})).status).toBe(409);
  });

  test("and tells of an earlier change that an authority does not know yet", async () => {
    const { organization, keyBody } = await setUp();
    const key = await makeKey(keyBody);
    const path = `/v1/organizations/${organization.id}`;
    await call("PATCH", path, { status: "suspended" });
    // A key whose authority can never be told: it is nowhere.
    await env.DB.prepare(
      "INSERT INTO outbox (change_id, key_id, environment, created_at) VALUES ('chg_1', ?, 'sandbox', 1)",
    )
      .bind(key.id)
      .run();
    expect((await call("PATCH", path, { status: "suspended" })).status).toBe(200);
    expect(await countRows("outbox")).toBe(0);
  });
});

describe("an Idempotency-Key", () => {
  test("of a change that changed nothing keeps a late repetition from changing anything", async () => {
    const { workspace } = await setUp();
    const path = `/v1/workspaces/${workspace.id}`;
    const headers = { "Idempotency-Key": newId("idem") };
    const version = (await call("GET", path)).headers.get("etag");
    expect((await call("PATCH", path, { name: workspace.name }, headers)).headers.get("etag")).toBe(version);
    await call("PATCH", path, { name: "Other" });
    const late = await call("PATCH", path, { name: workspace.name }, headers);
    expect([late.headers.get("idempotent-replayed"), late.body.name]).toEqual(["true", "Other"]);
  });

  test("whose record is gone is a conflict, and no 404 about nothing that the caller named", async () => {
    const { organization, keyBody } = await setUp();
    const bodies: [string, object, (id: string) => Promise<unknown>][] = [
      [
        "/v1/workspaces",
        { organization_id: organization.id, name: "W" },
        (id) => call("DELETE", `/v1/workspaces/${id}`),
      ],
      [
        "/v1/members",
        { organization_id: organization.id, email: `${newId("m")}@acme.test`, name: "M", role: "member" },
        (id) => call("DELETE", `/v1/members/${id}`),
      ],
      ["/v1/api-keys", keyBody, (id) => env.DB.prepare("DELETE FROM api_keys WHERE id = ?").bind(id).run()],
    ];
    for (const [path, body, remove] of bodies) {
      const headers = { "Idempotency-Key": newId("idem") };
      const made = await call("POST", path, body, headers);
      expect(made.status).toBe(201);
      expect((await call("POST", path, body, headers)).headers.get("idempotent-replayed")).toBe("true");
      await remove(made.body.id);
      const again = await call("POST", path, body, headers);
      expect([again.status, again.body.code]).toEqual([409, "conflict"]);
      expect(again.body.detail).toContain("deleted");
    }
  });

  test("sent again with another body, path or method says that it differs, and changes nothing", async () => {
    const { member, keyBody } = await setUp();
    const other = await makeMember(keyBody.organization_id);
    const headers = { "Idempotency-Key": newId("idem") };
    const key = (await call("POST", "/v1/api-keys", keyBody, headers)).body;
    const count = await rows();
    const differing = [
      await call("POST", "/v1/api-keys", { ...keyBody, name: "Other" }, headers),
      await call("POST", "/v1/api-keys", { ...keyBody, member_id: other.id }, headers),
      await call("POST", `/v1/api-keys/${key.id}/rotate`, { grace_seconds: 0 }, headers),
      await call("PATCH", `/v1/members/${member.id}`, { name: "Other" }, headers),
    ];
    for (const { status, body } of differing) expect([status, body.code]).toEqual([422, "idempotency_key_reused"]);
    expect(await rows()).toEqual(count);
    expect(await auditOf(key.id)).toHaveLength(1);
  });
});

describe("a request that changes nothing, with an idempotency key", () => {
  test.each([
    ["organizations", "organization", changeOrganization],
    ["workspaces", "workspace", changeWorkspace],
    ["members", "member", changeMember],
    ["api_keys", "key", changeKey],
  ] as const)(
    "in %s is refused if another request changes the %s at the same time, so that a repetition cannot undo that",
    async (table, kind, change) => {
      const made = await setUp();
      const { id, name } = { ...made, key: await makeKey(made.keyBody) }[kind];
      let isFaster = true;
      const db = instrument(env.DB, async (called, go) => {
        if (called === "batch" && isFaster)
          await env.DB.prepare(`UPDATE ${table} SET version = 'ver_faster' WHERE id = ?`).bind(id).run();
        return go();
      });
      const control = { ...controlOf(), now: Date.now, db };
      const caller = { ...root(), idempotency: await idempotencyOf("Idempotency-Key", newId("idem"), []) };
      expect(await change(control, caller, id, { name })).toMatchObject({
        code: "conflict",
        problem: expect.stringContaining("at the same time"),
      });
      isFaster = false;
      expect(codeOf(await change(control, caller, id, { name }))).toBe("granted");
    },
  );
});
