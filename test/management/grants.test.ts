/** What a tester found that could be got by asking in another way. */

import { beforeAll, describe, expect, test } from "vitest";
import { migrate } from "../helpers/workerd.ts";
import { call, makeKey, makeMember, makeWorkspace, setUp } from "./call.ts";

beforeAll(migrate);

const actAs = (id: string) => ({ "Keygate-Act-As": id });
const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}`, "CF-Connecting-IP": "127.0.0.1" });
const managing = { environment: "production", scopes: ["admin"] };

describe("nobody gets more than they have", () => {
  test("by a new secret of a key that acts as somebody above them, nor by widening it", async () => {
    const { organization, keyBody } = await setUp();
    const admin = await makeMember(organization.id, { role: "admin" });
    const { id } = await makeKey(keyBody);
    const tries = [
      call("POST", `/v1/api-keys/${id}/rotate`, { grace_seconds: 0 }, actAs(admin.id)),
      call("PATCH", `/v1/api-keys/${id}`, { scopes: ["signatures:delete"] }, actAs(admin.id)),
    ];
    for (const { body } of await Promise.all(tries)) {
      expect(body).toMatchObject({ status: 403, code: "management_forbidden" });
    }
    const own = await call("POST", "/v1/api-keys", { ...keyBody, member_id: null }, actAs(admin.id));
    expect(
      (await call("POST", `/v1/api-keys/${own.body.id}/rotate`, { grace_seconds: 0 }, actAs(admin.id))).status,
    ).toBe(200);
  });

  test("by a key that leaves its addresses, for itself or for another", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey({ ...keyBody, ...managing, allowed_addresses: ["127.0.0.0/8"] });
    const { member_id: _, ...body } = keyBody;
    const make = (allowed_addresses: string[]) =>
      call("POST", "/v1/api-keys", { ...body, environment: "production", allowed_addresses }, bearer(key.secret));
    expect((await make([])).status).toBe(403);
    expect((await make(["127.0.0.1", "10.0.0.1"])).status).toBe(403);
    expect((await make(["127.0.0.1", "127.1.0.0/16"])).status).toBe(201);
    const freed = await call("PATCH", `/v1/api-keys/${key.id}`, { allowed_addresses: [] }, bearer(key.secret));
    expect(freed.body).toMatchObject({ status: 403, code: "management_forbidden" });
  });

  test("but a key can be rotated by itself, and makes keys that live no longer than it does", async () => {
    const { organization, keyBody } = await setUp();
    const expires_at = new Date(Date.now() + 86_400_000).toISOString();
    const key = await makeKey({ ...keyBody, environment: "sandbox", scopes: ["admin"], expires_at });
    const made = await call(
      "POST",
      "/v1/api-keys",
      { ...keyBody, member_id: null, organization_id: organization.id },
      bearer(key.secret),
    );
    expect(made.body).toMatchObject({ expires_at });
    const rotated = await call("POST", `/v1/api-keys/${key.id}/rotate`, { grace_seconds: 60 }, bearer(key.secret));
    expect(rotated.status).toBe(200);
  });

  test("of the audit trail: what was done to keys that they do not see is left out", async () => {
    const { organization, keyBody } = await setUp();
    const workspace = await makeWorkspace(organization.id);
    const hidden = await makeKey(keyBody);
    const seeing = await makeKey({ ...keyBody, ...managing, reach: "workspace", workspace_ids: [workspace.id] });
    const trail = (query: string, headers = {}) =>
      call("GET", `/v1/audit-events?organization_id=${organization.id}${query}`, undefined, headers);
    expect((await trail(`&target=${hidden.id}`)).body.data).toHaveLength(1);
    expect((await trail(`&target=${hidden.id}`, bearer(seeing.secret))).body).toMatchObject({ data: [] });
    const seen = (await trail("", bearer(seeing.secret))).body.data.map(({ target }: { target: string }) => target);
    expect(seen).toContain(seeing.id);
    expect(seen).not.toContain(hidden.id);
  });

  test("by acting as somebody without the root token", async () => {
    const { member, keyBody } = await setUp();
    const key = await makeKey({ ...keyBody, ...managing });
    const { body } = await call("GET", "/v1/whoami", undefined, { ...bearer(key.secret), ...actAs(member.id) });
    expect(body).toMatchObject({ status: 400, code: "request_invalid" });
  });
});

describe("If-Match", () => {
  test.each([
    ["a list that holds the version", (tag: string) => `"x", ${tag}`, 200],
    ["any version", () => "*", 200],
    ["another version", () => '"x"', 412],
    ["a weak version", (tag: string) => `W/${tag}`, 412],
  ])("with %s", async (_, header, status) => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    const tag = (await call("GET", `/v1/api-keys/${id}`)).headers.get("ETag") as string;
    expect((await call("PATCH", `/v1/api-keys/${id}`, { name: "n" }, { "If-Match": header(tag) })).status).toBe(status);
  });
});
