import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { migrate } from "../helpers/workerd.ts";
import { call, countRows, makeWorkspace, setUp } from "./call.ts";

type Setting = Awaited<ReturnType<typeof setUp>>;
let setting: Setting;
let workspaces: string[];

beforeAll(async () => {
  await migrate();
  setting = await setUp();
  workspaces = (await Promise.all(Array.from({ length: 21 }, () => makeWorkspace(setting.organization.id)))).map(
    ({ id }) => id,
  );
});

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const long = (length: number) => "a".repeat(length);

/** A valid body for each path that takes one. */
const bodies: Record<string, () => Record<string, unknown>> = {
  "/v1/organizations": () => ({ name: "Acme" }),
  "/v1/workspaces": () => ({ organization_id: setting.organization.id, name: "Sales" }),
  "/v1/members": () => ({
    organization_id: setting.organization.id,
    email: "new@acme.test",
    name: "New",
    role: "member",
  }),
  "/v1/api-keys": () => setting.keyBody,
};

const rate = (change: object) => ({ limits: { rates: [{ name: "r", limit: 1, window: 60, ...change }] } });

const mistakes: [path: string, change: object | (() => object), field: string][] = [
  ["/v1/organizations", { name: undefined }, "name"],
  ["/v1/organizations", { name: "" }, "name"],
  ["/v1/organizations", { name: "   " }, "name"],
  ["/v1/organizations", { name: 7 }, "name"],
  ["/v1/organizations", { name: long(201) }, "name"],
  ["/v1/organizations", { name: "\u0000" }, "name"],
  ["/v1/organizations", { name: "a\u001b[31mb" }, "name"],
  ["/v1/organizations", { plan: "gold" }, "plan"],
  ["/v1/organizations", { plan: "constructor" }, "plan"],
  ["/v1/organizations", { environments: [] }, "environments"],
  ["/v1/organizations", { environments: ["sandbox", "moon"] }, "environments"],
  ["/v1/organizations", { environments: "sandbox" }, "environments"],
  ["/v1/organizations", { key_quota: -1 }, "key_quota"],
  ["/v1/organizations", { key_quota: 1.5 }, "key_quota"],
  ["/v1/organizations", { key_quota: "7" }, "key_quota"],
  ["/v1/organizations", { keyQuota: 7 }, "keyQuota"],
  ["/v1/organizations", { status: "suspended" }, "status"],
  ["/v1/organizations", { id: "org_1" }, "id"],
  ["/v1/workspaces", { organization_id: undefined }, "organization_id"],
  ["/v1/workspaces", { organization_id: null }, "organization_id"],
  ["/v1/workspaces", { name: "" }, "name"],
  ["/v1/workspaces", { surprise: 1 }, "surprise"],
  ["/v1/members", { email: "nobody" }, "email"],
  ["/v1/members", { email: "a@b" }, "email"],
  ["/v1/members", { email: undefined }, "email"],
  ["/v1/members", { name: "" }, "name"],
  ["/v1/members", { role: "king" }, "role"],
  ["/v1/members", { role: "constructor" }, "role"],
  ["/v1/members", { workspace_ids: ["ws_0"] }, "workspace_ids"],
  ["/v1/members", { workspace_ids: [7] }, "workspace_ids.0"],
  ["/v1/api-keys", { organization_id: undefined }, "organization_id"],
  ["/v1/api-keys", { member_id: null }, "member_id"],
  ["/v1/api-keys", { member_id: "mem_0" }, "member_id"],
  ["/v1/api-keys", { environment: "moon" }, "environment"],
  ["/v1/api-keys", { environment: undefined }, "environment"],
  ["/v1/api-keys", { reach: "world" }, "reach"],
  ["/v1/api-keys", { reach: "workspace" }, "workspace_ids"],
  ["/v1/api-keys", { reach: "workspace", workspace_ids: [] }, "workspace_ids"],
  ["/v1/api-keys", { reach: "workspace", workspace_ids: ["ws_0"] }, "workspace_ids"],
  ["/v1/api-keys", () => ({ reach: "workspace", workspace_ids: workspaces }), "workspace_ids"],
  ["/v1/api-keys", () => ({ reach: "organization", workspace_ids: [workspaces[0]] }), "workspace_ids"],
  ["/v1/api-keys", { permission: "all" }, "permission"],
  ["/v1/api-keys", { scopes: [] }, "scopes"],
  ["/v1/api-keys", { scopes: ["signatures:fly"] }, "scopes"],
  ["/v1/api-keys", { scopes: ["signatures"] }, "scopes"],
  ["/v1/api-keys", { scopes: ["constructor"] }, "scopes"],
  ["/v1/api-keys", { scopes: ["signatures:read", 7] }, "scopes.1"],
  ["/v1/api-keys", { name: long(201) }, "name"],
  ["/v1/api-keys", { description: long(2001) }, "description"],
  ["/v1/api-keys", { expires_at: "tomorrow" }, "expires_at"],
  ["/v1/api-keys", { expires_at: 1_900_000_000 }, "expires_at"],
  ["/v1/api-keys", { expires_at: "2030-02-30T00:00:00Z" }, "expires_at"],
  ["/v1/api-keys", { expires_at: "2030-01-01T00:00:00+25:00" }, "expires_at"],
  ["/v1/api-keys", { expires_at: "2030-01-01T24:00:00Z" }, "expires_at"],
  ["/v1/api-keys", { expires_at: "2030-01-01" }, "expires_at"],
  ["/v1/api-keys", () => ({ expires_at: inDays(-1) }), "expires_at"],
  ["/v1/api-keys", () => ({ expires_at: inDays(366) }), "expires_at"],
  ["/v1/api-keys", { plan: "gold" }, "plan"],
  ["/v1/api-keys", { allowed_addresses: ["example.com"] }, "allowed_addresses"],
  ["/v1/api-keys", { allowed_addresses: ["10.0.0.0/33"] }, "allowed_addresses"],
  ["/v1/api-keys", { allowed_addresses: "10.0.0.0/8" }, "allowed_addresses"],
  ["/v1/api-keys", rate({ limit: 0 }), "limits.rates.0.limit"],
  ["/v1/api-keys", rate({ limit: 1.5 }), "limits.rates.0.limit"],
  ["/v1/api-keys", rate({ window: 0 }), "limits.rates.0.window"],
  ["/v1/api-keys", rate({ burst: 0 }), "limits.rates.0.burst"],
  ["/v1/api-keys", rate({ name: "Not A Name" }), "limits.rates.0.name"],
  ["/v1/api-keys", rate({ per: "day" }), "limits.rates.0.per"],
  ["/v1/api-keys", { limits: { quotas: [{ name: "q", limit: 1, per: "week" }] } }, "limits.quotas.0.per"],
  ["/v1/api-keys", { limits: { rate: [] } }, "limits.rate"],
  ["/v1/api-keys", { secret: "kg_test_mine" }, "secret"],
];

describe("a field that cannot be as it is", () => {
  test.each(mistakes)("%s with %o is a 422 that names %s, and changes nothing", async (path, change, field) => {
    const before = await countRows("audit_events");
    const body = { ...bodies[path]?.(), ...(typeof change === "function" ? change() : change) };
    const answer = await call("POST", path, body);
    expect([answer.status, answer.body.code]).toEqual([422, "validation_failed"]);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toEqual([field]);
    for (const { problem } of answer.body.errors) expect(problem).toMatch(/\S/);
    expect(await countRows("audit_events")).toBe(before);
  });

  test("is named together with every other", async () => {
    const { body } = await call("POST", "/v1/api-keys", { name: "", surprise: 1 });
    const fields = body.errors.map((error: { field: string }) => error.field);
    expect(new Set(fields)).toEqual(
      new Set(["organization_id", "environment", "reach", "permission", "scopes", "name", "surprise"]),
    );
  });

  test.each([
    ["/v1/organizations?limit=0", "limit"],
    ["/v1/organizations?limit=101", "limit"],
    ["/v1/organizations?limit=many", "limit"],
    ["/v1/organizations?limit=1.5", "limit"],
    ["/v1/organizations?cursor=nonsense", "cursor"],
    ["/v1/organizations?cursor=%00", "cursor"],
    ["/v1/organizations?page=2", "page"],
    ["/v1/workspaces", "organization_id"],
    ["/v1/members?organization=org_1", "organization_id"],
    ["/v1/api-keys?environment=sandbox", "organization_id"],
  ])("of the query %s is a 422 that names %s", async (path, field) => {
    const { status, body } = await call("GET", path);
    expect(status).toBe(422);
    expect(body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  test("is never a fault of the gateway's own, whatever it is", async () => {
    const nasty = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.constantFrom(
        "\u0000",
        "a\u0000",
        "\ud800",
        "\uffff",
        "𝄞".repeat(200),
        "__proto__",
        "' OR 1=1 --",
        long(64),
        long(65),
      ),
      fc.array(fc.constantFrom("signatures:read", "ws_0", "\u0000", "sandbox", 7, null), { maxLength: 4 }),
    );
    const fields = [
      "name",
      "organization_id",
      "email",
      "role",
      "workspace_ids",
      "plan",
      "environments",
      "key_quota",
    ].concat([
      "member_id",
      "environment",
      "reach",
      "permission",
      "scopes",
      "description",
      "expires_at",
      "limits",
      "allowed_addresses",
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(bodies)),
        fc.constantFrom(...fields),
        nasty,
        async (path, field, value) => {
          const answer = await call("POST", path, { ...bodies[path]?.(), [field]: value });
          expect([201, 403, 404, 409, 422]).toContain(answer.status);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a body", () => {
  test.each(["{", "nonsense", '{"name":"Acme"', "\u0000"])("that is not JSON (%j) is a 400", async (text) => {
    expect((await call("POST", "/v1/organizations", text)).body).toMatchObject({
      status: 400,
      code: "request_invalid",
    });
  });

  test.each(["[]", "7", '"Acme"', "null", "true"])("of JSON that is no object (%s) is a 422", async (text) => {
    expect((await call("POST", "/v1/organizations", text)).body).toMatchObject({
      status: 422,
      errors: [{ field: "body" }],
    });
  });

  test("of 64 KB is taken, and of one byte more is a 413", async () => {
    const text = JSON.stringify({ name: "Acme" });
    expect((await call("POST", "/v1/organizations", text.padEnd(65_536))).status).toBe(201);
    expect((await call("POST", "/v1/organizations", text.padEnd(65_537))).body).toMatchObject({
      status: 413,
      code: "body_too_large",
    });
  });

  test("that is missing is an empty one", async () => {
    expect((await call("POST", "/v1/organizations")).body).toMatchObject({ status: 422, errors: [{ field: "name" }] });
  });
});

describe("a caller", () => {
  const paths: [method: string, path: string][] = [
    ["GET", "/v1/organizations"],
    ["POST", "/v1/organizations"],
    ["GET", "/v1/workspaces"],
    ["GET", "/v1/members/mem_1"],
    ["POST", "/v1/api-keys"],
    ["GET", "/v1/api-keys/key_1"],
    ["POST", "/v1/api-keys/key_1/revoke"],
    ["GET", "/v1/nowhere"],
    ["DELETE", "/v1/organizations"],
  ];

  test.each(paths)("without a token is refused by %s %s", async (method, path) => {
    const { body, headers } = await call(method, path, undefined, { Authorization: "" });
    expect(body).toMatchObject({ status: 401, code: "credentials_missing" });
    expect(headers.get("WWW-Authenticate")).toBe('Bearer realm="keygate management"');
  });

  test.each([
    ["another token", () => `Bearer kgr_${"u".repeat(43)}`],
    ["the token without its last character", () => `Bearer ${env.KEYGATE_ROOT_TOKEN.slice(0, -1)}`],
    ["the token and one character more", () => `Bearer ${env.KEYGATE_ROOT_TOKEN}t`],
    ["the token without Bearer", () => env.KEYGATE_ROOT_TOKEN],
    ["the token as Basic", () => `Basic ${env.KEYGATE_ROOT_TOKEN}`],
    ["a signature of AWS", () => `AWS4-HMAC-SHA256 Credential=${env.KEYGATE_ROOT_TOKEN}, SignedHeaders=host`],
    ["Digest", () => `Digest username="Bearer ${env.KEYGATE_ROOT_TOKEN}", realm="a, Bearer b"`],
    ["an empty token", () => "Bearer "],
    ["undefined", () => "Bearer undefined"],
  ])("with %s is refused by every path, in the same words", async (_, authorization) => {
    const answers = await Promise.all(
      paths.map(([method, path]) => call(method, path, undefined, { Authorization: authorization() })),
    );
    for (const { body } of answers) expect(body).toMatchObject({ status: 401, code: "token_invalid" });
    expect(new Set(answers.map(({ body: { request_id, ...rest } }) => JSON.stringify(rest))).size).toBe(1);
    expect(answers[0]?.headers.get("WWW-Authenticate")).toBe(
      'Bearer realm="keygate management", error="invalid_token"',
    );
  });

  test("with two tokens at once is refused", async () => {
    const twice = `Bearer ${env.KEYGATE_ROOT_TOKEN}, Bearer ${env.KEYGATE_ROOT_TOKEN}`;
    const { body } = await call("GET", "/v1/organizations", undefined, { Authorization: twice });
    expect(body).toMatchObject({ status: 400, code: "credentials_repeated" });
  });

  test("beside a credential of another scheme is refused", async () => {
    const both = `Digest username="a", realm="b", Bearer ${env.KEYGATE_ROOT_TOKEN}`;
    const { body } = await call("GET", "/v1/organizations", undefined, { Authorization: both });
    expect(body).toMatchObject({ status: 400, code: "credentials_repeated" });
  });

  test("may write bearer in any case", async () => {
    expect(
      (await call("GET", "/v1/organizations", undefined, { Authorization: `bEARER ${env.KEYGATE_ROOT_TOKEN}` })).status,
    ).toBe(200);
  });

  test("needs no token to ask for health and for the pages of errors", async () => {
    expect(await call("GET", "/healthz", undefined, { Authorization: "" })).toMatchObject({
      status: 200,
      body: { status: "ok" },
    });
  });
});

describe("what does not exist", () => {
  test.each([
    ["GET", "/v1/organizations/org_0"],
    ["GET", "/v1/workspaces/ws_0"],
    ["GET", "/v1/members/mem_0"],
    ["GET", "/v1/api-keys/key_0"],
    ["POST", "/v1/api-keys/key_0/revoke"],
    ["GET", "/v1/nowhere"],
    ["GET", "/nowhere"],
  ])("is a 404 for %s %s", async (method, path) => {
    expect((await call(method, path)).body).toMatchObject({
      status: 404,
      code: "not_found",
      type: "https://keys.example.com/errors/not_found",
    });
  });

  test("is a 405, which names the methods, for a method that a path does not take", async () => {
    const { body, headers } = await call("DELETE", "/v1/organizations");
    expect(body).toMatchObject({ status: 405, code: "method_not_allowed" });
    expect(headers.get("Allow")).toBe("POST, GET");
  });

  test.each(["/v1/workspaces", "/v1/members", "/v1/api-keys"])(
    "is a 404 for a POST to %s of an organization that is not there",
    async (path) => {
      expect((await call("POST", path, { ...bodies[path]?.(), organization_id: "org_0" })).status).toBe(404);
    },
  );
});

describe("what does not fit the state of things", () => {
  test("is a 409 for a key of a suspended organization", async () => {
    const { organization, keyBody } = await setUp();
    await env.DB.prepare("UPDATE organizations SET status = 'suspended' WHERE id = ?").bind(organization.id).run();
    expect((await call("POST", "/v1/api-keys", keyBody)).body).toMatchObject({ status: 409, code: "conflict" });
  });

  test("is a 403 for a key of an environment that the organization may not use", async () => {
    const { keyBody } = await setUp({ environments: ["sandbox"] });
    const { body } = await call("POST", "/v1/api-keys", { ...keyBody, environment: "production" });
    expect(body).toMatchObject({ status: 403, code: "environment_not_allowed", environment: "production" });
  });

  test("is a 409 that names the quota for one key too many", async () => {
    const { keyBody } = await setUp({ key_quota: 0 });
    expect((await call("POST", "/v1/api-keys", keyBody)).body).toMatchObject({
      status: 409,
      code: "key_quota_reached",
      limit: 0,
    });
  });
});
