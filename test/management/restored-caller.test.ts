/** A key that was revoked, once the database has been restored to an hour at which it was not. */

import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { instrumentAuthority } from "../authority/ask.ts";
import { hanging, migrate, newClient, type OnIo } from "../helpers/workerd.ts";
import { call, countRows, makeKey, setUp } from "./call.ts";

beforeAll(migrate);

const managing = { environment: "production", scopes: ["admin"] };
const bearer = ({ secret }: { secret: string }) => ({
  Authorization: `Bearer ${secret}`,
  "CF-Connecting-IP": newClient(),
});
const restore = (id: string) =>
  env.DB.prepare("UPDATE api_keys SET revoked_at = NULL, revoked_by = NULL, revoked_reason = NULL WHERE id = ?")
    .bind(id)
    .run();
const failing: OnIo = () => Promise.reject(new Error("D1 is down"));

let key: { id: string; secret: string };
let keyBody: Awaited<ReturnType<typeof setUp>>["keyBody"];
beforeEach(async () => {
  ({ keyBody } = await setUp());
  key = await makeKey({ ...keyBody, ...managing });
});

const CALLS: [string, string, () => unknown][] = [
  ["GET", "/v1/whoami", () => undefined],
  ["POST", "/v1/api-keys", () => ({ ...keyBody, member_id: undefined, environment: "production" })],
  ["POST", "/v1/workspaces", () => ({ organization_id: keyBody.organization_id, name: "W" })],
];

describe("a revoked key does not call the management API again after a restore of D1", () => {
  test.each(CALLS)("%s %s", async (method, path, body) => {
    expect((await call(method, path, body(), bearer(key))).status).toBeLessThan(300);
    await call("POST", `/v1/api-keys/${key.id}/revoke`);
    await restore(key.id);
    const before = await countRows("audit_events");
    expect((await call(method, path, body(), bearer(key))).body).toMatchObject({ status: 401, code: "key_revoked" });
    expect(await countRows("audit_events")).toBe(before);
  });

  test("nor where it never called before it was revoked", async () => {
    await call("POST", `/v1/api-keys/${key.id}/revoke`);
    await restore(key.id);
    expect((await call("GET", "/v1/whoami", undefined, bearer(key))).body.code).toBe("key_revoked");
  });

  test("nor where its workspace was deleted", async () => {
    const workspace = (await call("POST", "/v1/workspaces", { organization_id: keyBody.organization_id, name: "W" }))
      .body.id;
    const bound = await makeKey({ ...keyBody, ...managing, reach: "workspace", workspace_ids: [workspace] });
    expect((await call("GET", "/v1/whoami", undefined, bearer(bound))).status).toBe(200);
    await call("DELETE", `/v1/workspaces/${workspace}`);
    await restore(bound.id);
    expect((await call("GET", "/v1/whoami", undefined, bearer(bound))).body.code).toBe("key_revoked");
  });
});

test("a revocation that D1 alone knows counts as well", async () => {
  expect((await call("GET", "/v1/whoami", undefined, bearer(key))).status).toBe(200);
  await env.DB.prepare("UPDATE api_keys SET revoked_at = 1, revoked_by = 'root' WHERE id = ?").bind(key.id).run();
  expect((await call("GET", "/v1/whoami", undefined, bearer(key))).body.code).toBe("key_revoked");
});

describe("while the key's authority cannot tell", () => {
  test.each<[string, OnIo]>([
    ["fails", failing],
    ["does not answer", hanging],
  ])("because it %s, the key is neither let in nor called wrong: 503 with the time to wait", async (_, onIo) => {
    // An authority without a record has to read D1.
    await instrumentAuthority({ environment: "production", id: key.id }, onIo);
    const { status, body, headers } = await call("GET", "/v1/whoami", undefined, bearer(key));
    expect([status, body.code, headers.get("Retry-After")]).toEqual([503, "authority_unavailable", "5"]);
    expect(
      (await call("POST", "/v1/workspaces", { organization_id: keyBody.organization_id, name: "W" }, bearer(key)))
        .status,
    ).toBe(503);
  });

  test("a key that D1 knows as revoked is told so", async () => {
    await instrumentAuthority({ environment: "production", id: key.id }, failing);
    await env.DB.prepare("UPDATE api_keys SET revoked_at = 1, revoked_by = 'root' WHERE id = ?").bind(key.id).run();
    expect((await call("GET", "/v1/whoami", undefined, bearer(key))).body.code).toBe("key_revoked");
  });
});

test("a change of a key's scopes acts on its next call, though its authority is asked", async () => {
  expect((await call("GET", `/v1/organizations/${keyBody.organization_id}`, undefined, bearer(key))).status).toBe(200);
  await call("PATCH", `/v1/api-keys/${key.id}`, { scopes: ["signatures:read"] });
  expect((await call("GET", `/v1/organizations/${keyBody.organization_id}`, undefined, bearer(key))).status).toBe(403);
});
