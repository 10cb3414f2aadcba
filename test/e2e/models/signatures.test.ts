/** The rows S1 to S10: email signatures, where keys act as members in one workspace. */

import { beforeAll, describe, expect, test } from "vitest";
import { bearing } from "../../helpers/seed.ts";
import { type Answer, actingAs, byKey, byRoot, type Client, made, makeOrganization, signedIn } from "./clients.ts";
import { across, runModel } from "./model.ts";

const METHODS = { read: "GET", write: "POST", delete: "DELETE" };
const RESOURCES = ["teammates", "emails", "signatures", "smart_fields", "folders", "assets", "marketing_campaigns"];
const READ_ONLY = ["integrations", "financial_documents"];
const scopesOf = (resources: readonly string[]) =>
  resources.flatMap((resource) => Object.keys(METHODS).map((action) => `${resource}:${action}`));
const SCOPES = scopesOf(RESOURCES);

const DAY_MS = 86_400_000;
const daysAhead = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

describe("Email signatures", () => {
  const model = runModel("signatures", ["production"]);
  let organizationId: string;
  let workspaceId: string;
  let otherWorkspaceId: string;
  let ownerId: string;
  /** Signed in. */
  let owner: Client;
  let usedKey: Answer["body"];

  const fieldsOf = (fields: object) => ({
    organization_id: organizationId,
    environment: "production",
    reach: "workspace",
    workspace_ids: [workspaceId],
    permission: "full-access",
    name: "CRM synchronization",
    scopes: ["signatures:read"],
    ...fields,
  });
  const key = (fields: object = {}, by = owner) => made(by, "/v1/api-keys", fieldsOf(fields));
  const refusedFields = async (fields: object) => {
    const { status, body } = await owner("POST", "/v1/api-keys", fieldsOf(fields));
    return { status, fields: body.errors?.map(({ field }: { field: string }) => field) };
  };
  const call = ({ secret }: { secret: string }, scope: string, query = "") => {
    const [resource = "", action] = scope.split(":") as [string, keyof typeof METHODS];
    return model.call({ secret }, METHODS[action], `/${resource.replace("_", "-")}/1${query}`);
  };
  const statusAndCode = async (...asked: Parameters<typeof call>) => {
    const { status, body } = await call(...asked);
    return { status, code: body.code };
  };
  const OK = { status: 200, code: undefined };

  beforeAll(async () => {
    const { gateway } = model;
    const organization = await makeOrganization(gateway);
    organizationId = organization.id;
    [workspaceId, otherWorkspaceId] = [await organization.workspace(), await organization.workspace()];
    ownerId = await organization.member("owner", [workspaceId]);
    owner = await signedIn(gateway, ownerId);
    usedKey = await key({ scopes: ["signatures:read"], expires_at: daysAhead(90) });
    await call(usedKey, "signatures:read");
  });

  const memberOf = async (role: string) => {
    const { id } = await made(owner, "/v1/members", {
      organization_id: organizationId,
      email: `${crypto.randomUUID()}@acme.test`,
      name: "Ada",
      role,
      workspace_ids: [workspaceId],
    });
    return { id, client: actingAs(model.gateway, id) };
  };

  test("S1 a request with a key as a Bearer token is let through; without one, or with another, it is 401", async () => {
    const { secret } = await key();
    const url = `${model.gateway.base("production")}/signatures/1`;
    const ask = async (authorization?: string) => {
      const headers = { ...bearing({ secret }), Authorization: authorization ?? "" };
      const response = await fetch(url, { headers });
      return { status: response.status, challenge: response.headers.get("www-authenticate") };
    };
    expect(await ask(`Bearer ${secret}`)).toEqual({ status: 200, challenge: null });
    const seen = model.origins.production?.seen.length;
    expect(await ask()).toEqual({ status: 401, challenge: expect.stringMatching(/^Bearer realm=/) });
    for (const wrong of [secret, `Basic ${secret}`, `Bearer ${secret}x`, `Bearer ${secret.slice(0, -1)}`, "Bearer x"]) {
      expect(await ask(wrong)).toEqual({ status: 401, challenge: expect.stringMatching(/^Bearer realm=/) });
    }
    expect(model.origins.production?.seen.length).toBe(seen);
  });

  test("S2 a key acts as the member who created it: the origin is told who, and with which role", async () => {
    const { id, client } = await memberOf("teammate");
    expect(await statusAndCode(await key({}, client), "signatures:read")).toEqual(OK);
    expect(model.origins.production?.seen.at(-1)?.headers).toMatchObject({
      "keygate-member-id": id,
      "keygate-role": "teammate",
    });
    expect((await client("POST", "/v1/api-keys", fieldsOf({ member_id: ownerId }))).status).toBe(403);
  });

  test("S2 a key can do no more than its member, whatever it was granted", async () => {
    const { id, client } = await memberOf("teammate");
    // The member cannot grant it; the platform team can, and it does not help.
    expect((await client("POST", "/v1/api-keys", fieldsOf({ scopes: ["everything"] }))).body).toMatchObject({
      status: 403,
      code: "management_forbidden",
    });
    const granted = await key({ scopes: ["everything"], member_id: id }, byRoot(model.gateway));
    expect(await statusAndCode(granted, "emails:write")).toEqual(OK);
    expect((await call(granted, "teammates:write")).body).toMatchObject({
      code: "scope_missing",
      lacking_in: ["role"],
    });
    const asKey = byKey(model.gateway, granted);
    expect((await asKey("PATCH", `/v1/members/${ownerId}`, { role: "viewer" })).status).toBe(403);
  });

  test("S3 a key belongs to one workspace, no more and no fewer", async () => {
    const refused = { status: 422, fields: ["workspace_ids"] };
    expect(await refusedFields({ workspace_ids: [] })).toEqual(refused);
    expect(await refusedFields({ workspace_ids: [workspaceId, otherWorkspaceId] })).toEqual(refused);
    expect(await refusedFields({ workspace_ids: ["ws_of_nobody"] })).toEqual(refused);
    expect(await refusedFields({ reach: "organization", workspace_ids: [] })).toEqual({
      status: 422,
      fields: ["reach"],
    });
  });

  test("S3 another workspace's resources are refused, and where none is named the origin is told the key's", async () => {
    const granted = await key({ scopes: SCOPES });
    for (const scope of SCOPES) {
      expect(await statusAndCode(granted, scope, `?workspace=${workspaceId}`)).toEqual(OK);
      const seen = model.origins.production?.seen.length;
      for (const other of [otherWorkspaceId, "ws_of_another_organization"]) {
        expect(await statusAndCode(granted, scope, `?workspace=${other}`)).toEqual({
          status: 403,
          code: "workspace_forbidden",
        });
      }
      expect(model.origins.production?.seen.length).toBe(seen);
    }
    expect(await statusAndCode(granted, "signatures:read")).toEqual(OK);
    expect(model.origins.production?.seen.at(-1)?.headers["keygate-workspace-ids"]).toBe(workspaceId);
  });

  test("S4 a key expires one year after it was created, and not later", async () => {
    const granted = await key();
    expect(Date.parse(granted.expires_at) - Date.parse(granted.created_at)).toBe(365 * DAY_MS);
    expect(await refusedFields({ expires_at: daysAhead(366) })).toEqual({ status: 422, fields: ["expires_at"] });
    const change = await owner("PATCH", `/v1/api-keys/${granted.id}`, { expires_at: daysAhead(366) });
    expect(change.status).toBe(422);
  });

  test("S4 the holder sees when the key expires, is told so in its last 30 days, and can replace it before", async () => {
    const { id, client } = await memberOf("teammate");
    const fields = { scopes: ["signatures:read", "api_keys:read"], expires_at: daysAhead(29) };
    const granted = await key(fields, client);
    const { expires_at } = granted;
    expect((await byKey(model.gateway, granted)("GET", "/v1/whoami")).body).toMatchObject({ expires_at });
    expect((await client("GET", `/v1/api-keys/${granted.id}`)).body).toMatchObject({ expires_at });
    expect((await call(granted, "signatures:read")).headers.get("keygate-key-expires")).toBe(expires_at);
    expect((await call(usedKey, "signatures:read")).headers.get("keygate-key-expires")).toBeNull();
    const replacement = await key({}, await signedIn(model.gateway, id));
    expect(await statusAndCode(replacement, "signatures:read")).toEqual(OK);
    expect(await statusAndCode(granted, "signatures:read")).toEqual(OK);
  });

  test("S5 creating asks for a name and for scopes", async () => {
    expect(await refusedFields({ name: undefined })).toEqual({ status: 422, fields: ["name"] });
    expect(await refusedFields({ name: " " })).toEqual({ status: 422, fields: ["name"] });
    expect(await refusedFields({ scopes: undefined })).toEqual({ status: 422, fields: ["scopes"] });
    expect(await refusedFields({ scopes: [] })).toEqual({ status: 422, fields: ["scopes"] });
  });

  test("S5 the full key is shown only once", async () => {
    const repeated = { "Idempotency-Key": crypto.randomUUID() };
    const { secret, id, hint } = (await owner("POST", "/v1/api-keys", fieldsOf({}), repeated)).body;
    expect(secret).toMatch(/^sig_[0-9A-Za-z]{36}$/);
    const again = await owner("POST", "/v1/api-keys", fieldsOf({}), repeated);
    expect(again.body).toMatchObject({ id, secret: null, hint });
    for (const path of [
      `/v1/api-keys/${id}`,
      `/v1/api-keys?organization_id=${organizationId}`,
      `/v1/audit-events?organization_id=${organizationId}&target=${id}`,
    ]) {
      const { status, body } = await owner("GET", path);
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toContain(secret.slice("sig_".length, -4));
    }
  });

  test("S7 scopes are of the form resource:action, and no others are taken", async () => {
    for (const scope of ["signatures", "signatures:sign", "read:signatures", "contracts:read", "*"]) {
      expect(await refusedFields({ scopes: [scope] })).toEqual({ status: 422, fields: ["scopes"] });
    }
  });

  test("S7 a call outside of the key's scopes is 403, and says which it needs", async () => {
    const { status, body } = await call(await key({ scopes: ["folders:read"] }), "signatures:write");
    expect(status).toBe(403);
    expect(body).toMatchObject({
      code: "scope_missing",
      required_scopes: ["signatures:write"],
      effective_scopes: ["folders:read"],
    });
  });

  test("S8 of 21 scopes and the 21 calls, each scope allows its own call and no other: 441 cases", async () => {
    expect(SCOPES.length).toBe(21);
    for (const scope of SCOPES) {
      const granted = await key({ scopes: [scope] });
      const answers = await Promise.all(
        SCOPES.map(async (asked) => ({ asked, ...(await statusAndCode(granted, asked)) })),
      );
      const expected = SCOPES.map((asked) =>
        asked === scope ? { asked, ...OK } : { asked, status: 403, code: "scope_missing" },
      );
      expect(answers).toEqual(expected);
    }
  }, 60_000);

  test.for(READ_ONLY)("S9 %s can be read, by a key that may", async (resource) => {
    expect(await statusAndCode(await key({ scopes: [`${resource}:read`] }), `${resource}:read`)).toEqual(OK);
    expect((await statusAndCode(await key({ scopes: SCOPES }), `${resource}:read`)).status).toBe(403);
  });

  test.for(READ_ONLY)("S9 %s cannot be written or deleted, whatever the key", async (resource) => {
    const all = await key({ scopes: ["everything", ...SCOPES, ...READ_ONLY.map((name) => `${name}:read`)] });
    const seen = model.origins.production?.seen.length;
    for (const action of ["write", "delete"]) {
      expect(await refusedFields({ scopes: [`${resource}:${action}`] })).toEqual({ status: 422, fields: ["scopes"] });
      expect((await statusAndCode(all, `${resource}:${action}`)).status).toBe(403);
    }
    for (const method of ["PUT", "PATCH", "PURGE"]) {
      expect((await model.call(all, method, `/${resource.replace("_", "-")}/1`)).status).toBe(403);
    }
    expect(model.origins.production?.seen.length).toBe(seen);
  });

  describe("what a change brings, and when", { concurrent: true }, () => {
    test("S2 a member is demoted: the key loses the difference, and no more, within 2.5 seconds", async () => {
      const { id, client } = await memberOf("admin");
      const granted = await key({ scopes: ["teammates:write", "emails:write", "emails:read"] }, client);
      const ask = async () => [
        (await call(granted, "teammates:write")).status,
        (await call(granted, "emails:write")).status,
        (await call(granted, "emails:read")).status,
      ];
      const demote = (role: string) => () => owner("PATCH", `/v1/members/${id}`, { role });
      const toTeammate = await across(demote("teammate"), ask);
      expect(toTeammate.before).toEqual([200, 200, 200]);
      for (const statuses of toTeammate.after) expect(statuses).toEqual([403, 200, 200]);
      for (const statuses of (await across(demote("viewer"), ask)).after) expect(statuses).toEqual([403, 403, 200]);
      expect((await call(granted, "emails:write")).body).toMatchObject({ code: "scope_missing", lacking_in: ["role"] });
    });

    test("S2 a member is removed: the key is dead within 2.5 seconds", async () => {
      const { id, client } = await memberOf("teammate");
      const granted = await key({}, client);
      const removal = () => owner("DELETE", `/v1/members/${id}`);
      const { before, after } = await across(removal, () => statusAndCode(granted, "signatures:read"));
      expect(before).toEqual(OK);
      for (const answer of after) expect(answer).toEqual({ status: 401, code: "member_inactive" });
    });

    test("S4 at the moment of its expiry, a key in use ends", async () => {
      const usedKey = async (): Promise<Answer["body"]> => {
        const endsAt = Date.now() + 3_000;
        const brief = await key({ expires_at: new Date(endsAt).toISOString() });
        const first = await statusAndCode(brief, "signatures:read");
        // A busy machine has perhaps not used it in time.
        if (Date.now() > endsAt) return usedKey();
        expect(first).toEqual(OK);
        return brief;
      };
      const granted = await usedKey();
      await expect
        .poll(() => statusAndCode(granted, "signatures:read"), { timeout: 6_000 })
        .toEqual({ status: 401, code: "key_expired" });
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(granted.expires_at));
    });

    test("S10 a deleted key stops working; other keys of the same member go on", async () => {
      const [deleted, other] = [await key(), await key()];
      const ask = async () => [
        await statusAndCode(deleted, "signatures:read"),
        await statusAndCode(other, "signatures:read"),
      ];
      const { before, after } = await across(() => owner("POST", `/v1/api-keys/${deleted.id}/revoke`), ask);
      expect(before).toEqual([OK, OK]);
      for (const answers of after) expect(answers).toEqual([{ status: 401, code: "key_revoked" }, OK]);
    });
  });

  // Keys tell of their use once a minute, so that this one, which was used at the start, comes last.
  test("S6 the list of keys shows scopes, the date of last use, and the expiry", async () => {
    const unused = await key({ scopes: ["emails:read", "emails:write"] });
    const listed = async (id: string) => {
      const { body } = await owner("GET", `/v1/api-keys?organization_id=${organizationId}&limit=100`);
      return body.data.find((shown: { id: string }) => shown.id === id);
    };
    expect(await listed(unused.id)).toMatchObject({
      scopes: ["emails:read", "emails:write"],
      last_used_at: null,
      expires_at: unused.expires_at,
    });
    await expect.poll(async () => (await listed(usedKey.id)).last_used_at, { timeout: 75_000 }).not.toBeNull();
    const { created_at, last_used_at, expires_at, scopes } = await listed(usedKey.id);
    expect(scopes).toEqual(["signatures:read"]);
    expect(expires_at).toBe(usedKey.expires_at);
    expect(Date.parse(last_used_at)).toBeGreaterThanOrEqual(Date.parse(created_at));
    expect(Date.parse(last_used_at)).toBeLessThanOrEqual(Date.now());
  }, 80_000);
});
