/** What holds for every operation of the OpenAPI document, whoever adds it: its requests are made up from the document. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { migrate, newId, newSecret } from "../helpers/workerd.ts";
import { type Answer, call, makeKey, makeMember, setUp } from "./call.ts";
import { type DocumentedOperation, operationsOf, type Schema, sampleOf, wrongTypeOf } from "./samples.ts";

/** Operations that need no right, for they are about the caller alone, or about a change that the caller has made. */
const ABOUT_ONESELF = [
  ...["whoami", "listSessions", "revokeSession", "revokeSessions"],
  ...["requestApiKey", "listKeyRequests", "readChange"],
];
/** Operations that no key may use. */
const BY_PEOPLE_ALONE = ["requestApiKey", "declineKeyRequest"];
/** Operations that the root token alone may use, whatever a member's rights. */
const ROOT_ALONE = [
  "createOrganization",
  "createRootSignInLink",
  "importApiKeys",
  "listPeppers",
  "retirePepper",
  "listKeysOfPepper",
  "readStatus",
  "readTraffic",
  "listUnusedApiKeys",
  "resetLimits",
];

await migrate();
const document = (await call("GET", "/v1/openapi.json")).body;
const operations = operationsOf(document);
const withBody = operations.filter(({ body }) => body !== undefined);

type World = Awaited<ReturnType<typeof makeWorld>>;
let own: World;
let foreign: World;
let callers: Record<"owner" | "readOnly" | "powerless", Record<string, string>>;

beforeAll(async () => {
  [own, foreign] = [await makeWorld(), await makeWorld()];
  const powerless = await makeMember(own.organizationId, { role: "member" });
  const readOnly = await makeKey({
    ...own.keyBody,
    environment: "production",
    permission: "read-only",
    scopes: ["admin"],
  });
  callers = {
    owner: actAs(own.memberId),
    powerless: actAs(powerless.id),
    readOnly: { Authorization: `Bearer ${readOnly.secret}` },
  };
});

const actAs = (memberId: string) => ({ "Keygate-Act-As": memberId });

test("each call that the root token alone may make says so, and no other does", () => {
  const calls = Object.values<Schema>(document.paths).flatMap((methods) => Object.values<Schema>(methods));
  const saying = calls.filter(({ description = "" }) => description.startsWith("Only for the root token."));
  expect(saying.map(({ operationId }) => operationId).sort()).toEqual([...ROOT_ALONE].sort());
});

/** An organization with one of each thing that has an id. */
async function makeWorld() {
  const { organization, workspace, member, keyBody } = await setUp();
  const key = await makeKey(keyBody);
  const second = await makeMember(organization.id, { role: "owner" });
  const wanted = { name: "Key", purpose: "Work", environment: "sandbox", scopes: ["signatures:read"] };
  const request = await call("POST", "/v1/key-requests", wanted, actAs(second.id));
  const sessionId = newId("ses");
  await env.DB.prepare(
    `INSERT INTO sessions (id, hash, organization_id, member_id, created_at, last_seen_at, expires_at, version)
     VALUES (?1, ?1, ?2, ?3, 1, 1, 9999999999999, '')`,
  )
    .bind(sessionId, organization.id, second.id)
    .run();
  return {
    keyBody,
    organizationId: organization.id as string,
    memberId: member.id as string,
    otherMemberId: second.id as string,
    workspaceId: workspace.id as string,
    keyId: key.id as string,
    sessionId,
    keyRequestId: request.body.id as string,
  };
}

/** Values by which the document's fields name things of a world. */
function known({ organizationId, otherMemberId, workspaceId, keyId }: World) {
  const of = { organization_id: organizationId, member_id: otherMemberId, workspace_id: workspaceId, key_id: keyId };
  const terms = { environment: "sandbox", reach: "organization", scopes: ["signatures:read"], role: "member" };
  const asked = { method: "GET", url: "https://sandbox.example.com/v1/signatures/1", sha256: "a".repeat(64) };
  const period = { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date().toISOString() };
  return { ...of, ...terms, ...asked, ...period };
}

function pathOf({ path }: DocumentedOperation, world: World): string {
  const ids: Record<string, string> = {
    organizations: world.organizationId,
    workspaces: world.workspaceId,
    members: world.otherMemberId,
    "api-keys": world.keyId,
    changes: `chg_${"0".repeat(32)}`,
    sessions: world.sessionId,
    peppers: "p1",
    requests: `req_${"0".repeat(32)}`,
    "key-requests": world.keyRequestId,
  };
  return path.replace("{id}", ids[path.split("/")[2] as string] ?? "missing").replace("{secret_id}", "sec_1");
}

function bodyOf({ body }: DocumentedOperation, world: World) {
  if (!body) return undefined;
  const { member_id: _, ...fields } = known(world);
  // A key that a member makes is theirs, so that nobody else is named.
  const needsMember = body.required?.includes("member_id");
  return sampleOf(body, needsMember ? known(world) : fields, document) as Record<string, unknown>;
}

function queryOf(operation: DocumentedOperation, world: World, change: Record<string, string> = {}): string {
  const required = operation.query.filter((parameter) => parameter.required);
  const given = required.map(({ name, schema }) => [name, String(sampleOf(schema, known(world), document, name))]);
  const query = new URLSearchParams({ ...Object.fromEntries(given), ...change }).toString();
  return query && `?${query}`;
}

function send(
  operation: DocumentedOperation,
  headers: Record<string, string>,
  world = own,
  body: unknown = bodyOf(operation, world),
): Promise<Answer> {
  return call(operation.method, pathOf(operation, world) + queryOf(operation, world), body, headers);
}

const named = <T extends { id: string }>(list: readonly T[]) => list.map((item): [string, T] => [item.id, item]);
const isRead = ({ method }: DocumentedOperation) => method === "GET";

test("the document has every operation there is, each by a name of its own", () => {
  expect(operations.length).toBeGreaterThan(20);
  expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
});

describe.each(named(operations))("%s", (id, operation) => {
  test("without credentials is 401", async () => {
    expect((await send(operation, { Authorization: "" })).body).toMatchObject({
      status: 401,
      code: "credentials_missing",
    });
  });

  test.each([
    ["a token that is none", () => `Bearer kgr_${"x".repeat(43)}`, "token_invalid"],
    ["a key that nobody made", () => `Bearer ${newSecret()}`, "key_unknown"],
  ])("with %s is 401", async (_, authorization, code) => {
    expect((await send(operation, { Authorization: authorization() })).body).toMatchObject({ status: 401, code });
  });

  test("by a role that manages nothing is 403", async () => {
    const { status } = await send(operation, callers.powerless);
    if (id === "revokeSession") expect(status).toBe(404);
    else expect([200, 201].includes(status) ? "done" : status).toBe(ABOUT_ONESELF.includes(id) ? "done" : 403);
  });

  test("by a read-only key changes nothing", async () => {
    const before = await fingerprintOfD1();
    const { status } = await send(operation, callers.readOnly);
    expect([200, 403, 404]).toContain(status);
    expect(await fingerprintOfD1()).toEqual(before);
  });

  test("for another organization's things is 404", async () => {
    const { status } = await send(operation, callers.owner, foreign);
    if (ROOT_ALONE.includes(id)) expect(status).toBe(403);
    else if (namesSomething(operation)) expect(status).toBe(404);
    else expect([200, 201]).toContain(status);
  });

  test("narrowed to another organization's things is 404, or finds nothing", async () => {
    for (const [name, value] of foreignIds(operation)) {
      const path = pathOf(operation, own) + queryOf(operation, own, { [name]: value });
      const { status, body } = await call(operation.method, path, bodyOf(operation, own), callers.owner);
      expect({ name, found: status === 404 ? [] : body.data }).toEqual({ name, found: [] });
    }
  });

  test("with a query parameter that it does not have, or one that is given twice, is 422", async () => {
    const path = pathOf(operation, own) + queryOf(operation, own, { surprise: "1" });
    for (const [query, problem] of [
      ["", "is not a field of this call"],
      ["&surprise=2", "is given more than once"],
    ]) {
      const { body } = await call(operation.method, path + query, bodyOf(operation, own));
      expect(body).toMatchObject({ status: 422, errors: [{ field: "surprise", problem }] });
    }
  });

  test("with a field that it does not have is 422 that names it, and changes nothing", async () => {
    if (isRead(operation)) return;
    const before = await fingerprintOfD1();
    const { body } = await send(operation, {}, own, { ...bodyOf(operation, own), surprise: 1 });
    expect(body).toMatchObject({ status: 422, errors: [{ field: "surprise" }] });
    expect(await fingerprintOfD1()).toEqual(before);
  });
});

describe.each(named(operations.filter(({ isRepeatable }) => isRepeatable)))("%s", (id, operation) => {
  test("with an idempotency key is made once, and its repetition says so", async () => {
    const world = await makeWorld();
    const body = bodyOf(operation, world);
    const by = ROOT_ALONE.includes(id) ? {} : actAs(world.memberId);
    const headers = { ...by, "Idempotency-Key": crypto.randomUUID() };
    const first = await send(operation, headers, world, body);
    expect(first.headers.get("Idempotent-Replayed")).toBeNull();
    expect([200, 201]).toContain(first.status);
    const before = await fingerprintOfD1();
    const again = await send(operation, headers, world, body);
    expect([again.status, again.headers.get("Idempotent-Replayed")]).toEqual([first.status, "true"]);
    expect(again.body).toEqual("secret" in first.body ? { ...first.body, secret: null } : first.body);
    expect(await fingerprintOfD1()).toEqual(before);
  });

  test("with an idempotency key is repeated by a key that can do it but not read", async () => {
    if ([...ROOT_ALONE, ...BY_PEOPLE_ALONE].includes(id)) return;
    const world = await makeWorld();
    await call("PATCH", `/v1/members/${world.otherMemberId}`, { role: "member" });
    const isOfKeys = operation.path.startsWith("/v1/api-keys");
    const management = [
      "organizations:write",
      "workspaces:write",
      "members:write",
      "api_keys:write",
      "api_keys:delete",
    ];
    const { secret } = await makeKey({
      ...world.keyBody,
      environment: isOfKeys ? "sandbox" : "production",
      scopes: ["read:all", "write:all", ...management],
    });
    const headers = { Authorization: `Bearer ${secret}`, "Idempotency-Key": crypto.randomUUID() };
    const body = bodyOf(operation, world);
    const first = await send(operation, headers, world, body);
    expect([200, 201]).toContain(first.status);
    const again = await send(operation, headers, world, body);
    expect([again.status, again.headers.get("Idempotent-Replayed")]).toEqual([first.status, "true"]);
  });
});

/** Optional query parameters that name something, with what they name elsewhere. */
function foreignIds({ query }: DocumentedOperation): [string, string][] {
  const ids = Object.entries(known(foreign)).filter(([name]) => name.endsWith("_id")) as [string, string][];
  return ids.filter(([name]) => query.some((parameter) => parameter.name === name && !parameter.required));
}

/** Whether a request of it names anything that belongs to an organization. */
function namesSomething(operation: DocumentedOperation): boolean {
  const ids = /_id$/;
  const fields = [
    ...Object.keys(bodyOf(operation, own) ?? {}),
    ...operation.query.filter((q) => q.required).map((q) => q.name),
  ];
  return (
    /(organizations|workspaces|members|api-keys|sessions|requests|key-requests)\/\{id\}/.test(operation.path) ||
    fields.some((name) => ids.test(name))
  );
}

describe.each(named(withBody))("the body of %s", (_, operation) => {
  test("with a field of the wrong type is 422 that names it", async () => {
    for (const [name, schema] of Object.entries(operation.body.properties ?? {})) {
      const wrong = { ...bodyOf(operation, own), [name]: wrongTypeOf(schema, document) };
      const { body } = await send(operation, {}, own, wrong);
      expect({ name, ...body }).toMatchObject({ name, status: 422, code: "validation_failed" });
      expect(body.errors.map(({ field }: { field: string }) => field.split(".")[0])).toContain(name);
    }
  });

  test.each([
    ["no JSON", "{", 400],
    ["a list", "[]", 422],
    ["more than it may hold", `{"name":"${"a".repeat(1_100_000)}"}`, 413],
  ])("that is %s is refused", async (_, text, status) => {
    expect((await send(operation, {}, own, text)).status).toBe(status);
  });
});

const TABLES = [
  ...["organizations", "workspaces", "members", "member_workspaces", "audit_events", "outbox"],
  ...["api_keys", "api_key_scopes", "api_key_workspaces", "api_key_secrets"],
  ...["sessions", "sign_in_links", "root_sessions", "key_requests"],
];

/** All that was decided; not what was merely used and seen. */
async function fingerprintOfD1(): Promise<string[]> {
  const tables = await env.DB.batch<Record<string, unknown>>(
    TABLES.map((name) => env.DB.prepare(`SELECT * FROM ${name}`)),
  );
  return tables.map(({ results }) =>
    JSON.stringify(results.map(({ last_used_at, last_seen_at, ...decided }) => decided)),
  );
}
