import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { migrate } from "../helpers/workerd.ts";
import { auditOf, call, makeKey, makeMember, setUp } from "./call.ts";

beforeAll(migrate);

const statusOf = async (id: string) => {
  const { status, status_reason } = (await call("GET", `/v1/api-keys/${id}`)).body;
  return [status, status_reason];
};

async function idsWith(organizationId: string, status: string): Promise<string[]> {
  const { body } = await call("GET", `/v1/api-keys?organization_id=${organizationId}&status=${status}`);
  return body.data.map(({ id }: { id: string }) => id);
}

/** What a change of the key answers: its status, and the status of the key that the answer shows. */
async function changesOf(id: string) {
  const answers = [
    await call("POST", `/v1/api-keys/${id}/rotate`, { grace_seconds: 60 }),
    await call("PATCH", `/v1/api-keys/${id}`, { name: "Renamed" }),
    await call("POST", `/v1/api-keys/${id}/disable`),
    await call("POST", `/v1/api-keys/${id}/enable`),
  ];
  return answers.map(({ status, body }) => [status, body.code ?? body.status_reason]);
}

describe("the key of a member who was removed", () => {
  test("is blocked for good: it holds no place, no change gives it a secret, and it can still be revoked", async () => {
    const { organization, keyBody } = await setUp({ key_quota: 1 });
    const other = await makeMember(organization.id);
    const key = await makeKey({ ...keyBody, member_id: other.id });
    expect(await statusOf(key.id)).toEqual(["active", null]);
    expect((await call("POST", "/v1/api-keys", keyBody)).body.code).toBe("key_quota_reached");
    expect((await call("DELETE", `/v1/members/${other.id}`)).status).toBe(200);

    expect(await statusOf(key.id)).toEqual(["blocked", "member_inactive"]);
    expect(await idsWith(organization.id, "blocked")).toEqual([key.id]);
    expect(await idsWith(organization.id, "active")).toEqual([]);
    expect(await changesOf(key.id)).toEqual(Array(4).fill([409, "conflict"]));
    expect(await auditOf(key.id)).toHaveLength(1);
    expect((await call("POST", "/v1/api-keys", keyBody)).status).toBe(201);
    expect((await call("POST", "/v1/api-keys", keyBody)).body.code).toBe("key_quota_reached");
    expect((await call("POST", `/v1/api-keys/${key.id}/revoke`, {})).body).toMatchObject({ status: "revoked" });
  });

  test("does not keep others from importing", async () => {
    const { organization, member, keyBody } = await setUp({ key_quota: 1 });
    const other = await makeMember(organization.id);
    await makeKey({ ...keyBody, member_id: other.id });
    const { organization_id, environment, ...terms } = keyBody;
    const entry = { ...terms, member_id: member.id, sha256: "ab".repeat(32) };
    const importOne = () => call("POST", "/v1/api-keys/import", { organization_id, environment, keys: [entry] });
    expect((await importOne()).body.code).toBe("key_quota_reached");
    await call("DELETE", `/v1/members/${other.id}`);
    expect((await importOne()).body).toMatchObject({ imported: 1 });
  });
});

describe("a key that others have blocked, for now", () => {
  test("of a suspended organization: each change says so, and the key works again afterwards", async () => {
    const { organization, keyBody } = await setUp();
    const key = await makeKey(keyBody);
    await call("PATCH", `/v1/organizations/${organization.id}`, { status: "suspended" });
    expect(await statusOf(key.id)).toEqual(["blocked", "organization_suspended"]);
    expect(await idsWith(organization.id, "blocked")).toEqual([key.id]);
    expect(await changesOf(key.id)).toEqual(Array(4).fill([200, "organization_suspended"]));
    await call("PATCH", `/v1/organizations/${organization.id}`, { status: "active" });
    expect(await statusOf(key.id)).toEqual(["active", null]);
  });

  test("whose member's role has none of its scopes any more", async () => {
    const { organization, keyBody } = await setUp();
    const other = await makeMember(organization.id);
    const key = await makeKey({ ...keyBody, member_id: other.id, scopes: ["teammates:delete"] });
    await call("PATCH", `/v1/members/${other.id}`, { role: "member" });
    expect(await statusOf(key.id)).toEqual(["blocked", "scope_missing"]);
    expect(await idsWith(organization.id, "blocked")).toEqual([key.id]);
  });

  test("whose scopes are no longer in the configuration", async () => {
    const { organization, keyBody } = await setUp();
    const key = await makeKey(keyBody);
    await env.DB.batch([
      env.DB.prepare("DELETE FROM api_key_scopes WHERE key_id = ?").bind(key.id),
      env.DB.prepare("INSERT INTO api_key_scopes (key_id, scope) VALUES (?, 'faxes:read')").bind(key.id),
    ]);
    expect(await statusOf(key.id)).toEqual(["blocked", "scope_missing"]);
    expect(await idsWith(organization.id, "blocked")).toEqual([key.id]);
  });

  test("whose plan is no longer in the configuration", async () => {
    const { organization, keyBody } = await setUp();
    const key = await makeKey(keyBody);
    await env.DB.prepare("UPDATE api_keys SET plan = 'gold' WHERE id = ?").bind(key.id).run();
    expect(await statusOf(key.id)).toEqual(["blocked", "plan_unknown"]);
    expect(await idsWith(organization.id, "blocked")).toEqual([key.id]);
  });
});

test("the answer of a creation has the status that a read has, also for a key that can do nothing", async () => {
  const { organization, keyBody } = await setUp();
  const other = await makeMember(organization.id, { role: "member" });
  for (const body of [keyBody, { ...keyBody, member_id: other.id, scopes: ["teammates:delete"] }]) {
    const { secret, ...made } = await makeKey(body);
    expect(made).toEqual((await call("GET", `/v1/api-keys/${made.id}`)).body);
  }
});
