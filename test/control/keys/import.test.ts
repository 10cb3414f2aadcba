import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { importKeys } from "../../../src/control/keys/import.ts";
import { keyToImport, keyToImportOf } from "../../../src/records/key.ts";
import { parsePeppers } from "../../../src/store/peppers.ts";
import { controlOf, hurrying, root } from "../../helpers/control.ts";
import { migrate, newSecret, peppers } from "../../helpers/workerd.ts";
import { call, setUp } from "../../management/call.ts";

beforeAll(migrate);

async function sha256(secret: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function prepare(fields: object = { key_quota: 1000 }) {
  const { organization, keyBody } = await setUp(fields);
  const { organization_id, environment, ...terms } = keyBody;
  const keysOf = (secrets: string[], more: object = {}) =>
    Promise.all(secrets.map(async (secret) => ({ ...terms, sha256: await sha256(secret), ...more })));
  const importing = (keys: object[]) => call("POST", "/v1/api-keys/import", { organization_id, environment, keys });
  const count = () =>
    env.DB.prepare("SELECT count(*) AS rows FROM api_keys WHERE organization_id = ?")
      .bind(organization.id)
      .first("rows");
  return { organization, keyBody, keysOf, importing, count };
}

async function importsOf(organizationId: string) {
  const { results } = await env.DB.prepare(
    "SELECT target, actor, via, details FROM audit_events WHERE organization_id = ? AND action = 'api_key.imported'",
  )
    .bind(organizationId)
    .all();
  return results;
}

const secrets = (count: number) => Array.from({ length: count }, () => newSecret());

describe("an import of keys", () => {
  test("stores the hash of each secret, the terms, and one audit event a key", async () => {
    const { organization, keysOf, importing } = await prepare();
    const [secret = ""] = secrets(1);
    const answer = await importing(await keysOf([secret], { name: "Old CI", hint: "sk_…9Zz1", description: "Moved" }));
    expect([answer.status, answer.body]).toEqual([200, { imported: 1, skipped: 0 }]);
    const stored = await env.DB.prepare("SELECT key_id, hint, pepper_id FROM api_key_secrets WHERE hash = ?")
      .bind(await peppers[0].hash(secret))
      .first<{ key_id: string; hint: string; pepper_id: string }>();
    expect(stored).toMatchObject({ hint: "sk_…9Zz1", pepper_id: "p1" });
    const key = (await call("GET", `/v1/api-keys/${stored?.key_id}`)).body;
    expect(key).toMatchObject({ name: "Old CI", description: "Moved", status: "active", limits: null });
    const events = await importsOf(organization.id);
    expect(events).toMatchObject([{ target: stored?.key_id, actor: "root", via: "root" }]);
  });

  test("of a key that expires while the call runs imports the key", async () => {
    const { keyBody, keysOf, count } = await prepare();
    const control = controlOf();
    const expires_at = new Date(control.now() + 2).toISOString();
    const [key] = await keysOf(secrets(1), { expires_at });
    const keys = [keyToImportOf(keyToImport.parse(key))];
    const { organization_id: organizationId, environment } = keyBody;
    expect(await importKeys(hurrying(control), root(), { organizationId, environment, keys })).toMatchObject({
      imported: 1,
    });
    expect(await count()).toBe(1);
  });

  test("of 500 keys is one call, and the same call again changes nothing", async () => {
    const { keysOf, importing, count } = await prepare();
    const keys = await keysOf(secrets(500), { limits: { rates: [{ name: "minute", limit: 5, window: 60 }] } });
    expect((await importing(keys)).body).toEqual({ imported: 500, skipped: 0 });
    expect((await importing(keys)).body).toEqual({ imported: 0, skipped: 500 });
    expect(await count()).toBe(500);
  });

  test("takes a secret that is named twice once, and one that is known under any case of its digest not at all", async () => {
    const { keysOf, importing, count } = await prepare();
    const [key = { sha256: "" }] = await keysOf(secrets(1));
    expect((await importing([key, key])).body).toEqual({ imported: 1, skipped: 1 });
    const again = { ...key, sha256: key.sha256.toUpperCase() };
    expect((await importing([again, ...(await keysOf(secrets(1)))])).body).toEqual({ imported: 1, skipped: 1 });
    expect(await count()).toBe(2);
  });

  test("skips a secret that has a key in another organization", async () => {
    const [first, second] = [await prepare(), await prepare()];
    const shared = secrets(1);
    await first.importing(await first.keysOf(shared));
    expect((await second.importing(await second.keysOf(shared))).body).toEqual({ imported: 0, skipped: 1 });
    expect(await second.count()).toBe(0);
  });

  test("imports none where one is wrong, and names every field that is, by the key's place", async () => {
    const { keysOf, importing, count } = await prepare();
    const keys: object[] = await keysOf(secrets(20));
    keys[17] = { ...keys[17], scopes: ["unheard:of"] };
    keys[19] = { ...keys[19], workspace_ids: ["ws_1"] };
    const { status, body } = await importing(keys);
    expect(status).toBe(422);
    expect(body.errors.map(({ field }: { field: string }) => field)).toEqual([
      "keys.17.scopes",
      "keys.19.workspace_ids",
    ]);
    expect(await count()).toBe(0);
  });

  test.each([
    ["a digest that is none", { sha256: "kg_test_secret" }, "keys.0.sha256"],
    ["a member of nowhere", { member_id: "mem_unknown" }, "keys.0.member_id"],
    ["an end in the past", { expires_at: "2020-01-01T00:00:00Z" }, "keys.0.expires_at"],
    ["a workspace of nowhere", { reach: "workspace", workspace_ids: ["ws_unknown"] }, "keys.0.workspace_ids"],
    ["an unknown plan", { plan: "unheard-of" }, "keys.0.plan"],
    ["an address that is none", { allowed_addresses: ["home"] }, "keys.0.allowed_addresses"],
    ["a field that no key has", { secret: "kg_test_secret" }, "keys.0.secret"],
  ])("refuses %s", async (_, wrong, field) => {
    const { keysOf, importing } = await prepare();
    const { status, body } = await importing(await keysOf(secrets(1), wrong));
    expect([status, body.errors[0].field]).toEqual([422, field]);
  });

  test("keeps to the quota: all that are new, or none", async () => {
    const { keysOf, importing, count } = await prepare({ key_quota: 3 });
    const first = await keysOf(secrets(2));
    const three = await keysOf(secrets(3));
    expect((await importing(first)).status).toBe(200);
    const refused = await importing(three);
    expect([refused.status, refused.body.code]).toEqual([409, "key_quota_reached"]);
    expect(await count()).toBe(2);
    expect((await importing([...first, ...three.slice(0, 1)])).body).toEqual({ imported: 1, skipped: 2 });
    expect((await importing(first)).body).toEqual({ imported: 0, skipped: 2 });
  });

  test("that is made several times at once makes each key once", async () => {
    const { organization, keysOf, importing, count } = await prepare();
    const keys = await keysOf(secrets(10));
    const answers = await Promise.all(Array.from({ length: 5 }, () => importing(keys)));
    expect(answers.map(({ body }) => body.imported).sort((a, b) => b - a)).toEqual([10, 0, 0, 0, 0]);
    expect(await count()).toBe(10);
    const events = await importsOf(organization.id);
    expect(events).toHaveLength(10);
  });

  test("finds a secret that is stored under the pepper that is being replaced", async () => {
    const { keyBody, keysOf, importing, count } = await prepare();
    const keys = await keysOf(secrets(2));
    await importing(keys.slice(0, 1));
    const [next] = parsePeppers(`p2:${"B".repeat(43)}`);
    const { organization_id: organizationId, environment, member_id: memberId } = keyBody;
    const terms = {
      memberId,
      reach: "organization",
      workspaceIds: [],
      permission: "read-only",
      scopes: ["admin"],
    } as const;
    const rest = { name: "Key", description: null, expiresAt: null, plan: null, limits: null, allowedAddresses: [] };
    const again = keys.map(({ sha256 }) => ({ ...terms, ...rest, sha256, hint: "imported" }));
    const control = { ...controlOf(), now: Date.now, peppers: [next, peppers[0]] as const };
    const imported = await importKeys(control, root(), { organizationId, environment, keys: again });
    expect([imported, await count()]).toEqual([{ imported: 1, skipped: 1 }, 2]);
  });

  test("is for the root token alone", async () => {
    const { keyBody, keysOf } = await prepare();
    const { organization_id, environment, member_id } = keyBody;
    const body = { organization_id, environment, keys: await keysOf(secrets(1)) };
    const answer = await call("POST", "/v1/api-keys/import", body, { "Keygate-Act-As": member_id });
    expect([answer.status, answer.body.code]).toEqual([403, "management_forbidden"]);
  });
});
