import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createKey } from "../../../src/control/keys/create.ts";
import { isRefusal } from "../../../src/errors.ts";
import { newKeyOf, keyBody as schema } from "../../../src/records/key.ts";
import { AT_START, codeOf, controlOf, hurrying, root } from "../../helpers/control.ts";
import { migrate } from "../../helpers/workerd.ts";
import { auditOf, call, makeKey, makeOrganization, setUp } from "../../management/call.ts";

beforeAll(migrate);

const keysOf = (organizationId: string) =>
  env.DB.prepare("SELECT count(*) AS rows FROM api_keys WHERE organization_id = ?").bind(organizationId).first("rows");

async function make199(organizationId: string): Promise<void> {
  const many = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
    INSERT INTO api_keys (id, organization_id, environment, reach, permission, name, created_at, expires_at, version)
    SELECT 'key_' || ?1 || i, ?1, 'sandbox', 'organization', 'full-access', 'Key', 1, 9999999999999, 'v' || i FROM n`;
  await env.DB.prepare(many).bind(organizationId).run();
}

describe("an organization's quota of keys", () => {
  test("lets exactly one of two through that are made at once where there are 199 of 200, fifty times", async () => {
    const { organization, keyBody } = await setUp();
    await make199(organization.id);
    const audited = () =>
      env.DB.prepare(
        "SELECT count(*) AS rows FROM audit_events WHERE organization_id = ? AND action = 'api_key.created'",
      )
        .bind(organization.id)
        .first("rows");
    for (let round = 0; round < 50; round++) {
      const answers = await Promise.all([call("POST", "/v1/api-keys", keyBody), call("POST", "/v1/api-keys", keyBody)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      const made = answers.find(({ status }) => status === 201)?.body;
      await env.DB.prepare("UPDATE api_keys SET revoked_at = 1, revoked_by = 'root' WHERE id = ?").bind(made.id).run();
    }
    expect([await keysOf(organization.id), await audited()]).toEqual([249, 50]);
  });

  test("lets exactly as many through as there is room, however many come at once", async () => {
    const { organization, keyBody } = await setUp({ key_quota: 7 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => call("POST", "/v1/api-keys", keyBody)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(7);
    expect(await keysOf(organization.id)).toBe(7);
  });

  test("counts the keys of every environment together, and only those that live", async () => {
    const { keyBody } = await setUp({ key_quota: 2 });
    const [first] = [await makeKey(keyBody), await makeKey({ ...keyBody, environment: "production" })];
    const create = async () => (await call("POST", "/v1/api-keys", keyBody)).status;
    expect(await create()).toBe(409);
    await call("POST", `/v1/api-keys/${first.id}/revoke`);
    expect(await create()).toBe(201);
    expect(await create()).toBe(409);
    await env.DB.prepare("UPDATE api_keys SET created_at = 1, expires_at = 2 WHERE organization_id = ?")
      .bind(keyBody.organization_id)
      .run();
    expect(await create()).toBe(201);
  });

  test("counts a disabled key: it may be enabled again", async () => {
    const { keyBody } = await setUp({ key_quota: 1 });
    const { id } = await makeKey(keyBody);
    await env.DB.prepare("UPDATE api_keys SET disabled_at = 1 WHERE id = ?").bind(id).run();
    expect((await call("POST", "/v1/api-keys", keyBody)).status).toBe(409);
  });

  test("is the configuration's where the organization has none of its own", async () => {
    const { organization, keyBody } = await setUp();
    await make199(organization.id);
    expect((await call("POST", "/v1/api-keys", keyBody)).status).toBe(201);
    expect((await call("POST", "/v1/api-keys", keyBody)).body).toMatchObject({ code: "key_quota_reached", limit: 200 });
  });

  test("does not make a refused key start the trial, nor tell of it", async () => {
    const { organization, keyBody } = await setUp({ key_quota: 0 });
    await call("POST", "/v1/api-keys", keyBody);
    expect((await call("GET", `/v1/organizations/${organization.id}`)).body.trial_started_at).toBeNull();
    expect(await auditOf(organization.id)).toHaveLength(1);
  });
});

test("a key that expires while it is being created is refused by the name of the field", async () => {
  const { organization, keyBody: body } = await setUp();
  const outcomes = new Set<string>();
  // Until the time is far enough for all looks at the clock.
  for (let lead = 1; !outcomes.has("granted"); lead++) {
    const wanted = newKeyOf(schema.parse({ ...body, expires_at: new Date(AT_START + lead).toISOString() }));
    const made = await createKey(hurrying(controlOf()), root(), wanted);
    if (isRefusal(made)) expect(made).toMatchObject({ errors: [{ field: "expires_at" }] });
    outcomes.add(codeOf(made));
  }
  expect(outcomes).toEqual(new Set(["validation_failed", "granted"]));
  expect(await keysOf(organization.id)).toBe(1);
});

describe("a key of an organization", () => {
  test("without members needs one, where keys act as members", async () => {
    const organization = await makeOrganization();
    const body = {
      organization_id: organization.id,
      environment: "sandbox",
      reach: "organization",
      permission: "full-access",
      scopes: ["read:all"],
      name: "Key",
    };
    const { status, body: problem } = await call("POST", "/v1/api-keys", body);
    expect([status, problem.errors[0].field]).toEqual([422, "member_id"]);
  });
});
