/** What the document promises of requests. Each answer of these tests is held to the document by `call` itself. */

import { beforeAll, expect, test } from "vitest";
import { operations } from "../../src/management/api.ts";
import { CALLS } from "../../src/management/documented-calls.ts";
import { FIELDS } from "../../src/management/documented-fields.ts";
import { openApiDocument } from "../../src/management/openapi.ts";
import { migrate } from "../helpers/workerd.ts";
import { CONTROL, call, makeKey, makeMember, setUp } from "./call.ts";
import { checkAgainstDocument } from "./contract.ts";
import type { Schema } from "./samples.ts";

await migrate();
const { body: document }: { body: Schema } = await call("GET", "/v1/openapi.json");
let setting: Awaited<ReturnType<typeof setUp>>;

beforeAll(async () => {
  setting = await setUp();
});

const parameters = Object.entries<Schema>(document.paths).flatMap(([path, methods]) =>
  Object.entries<Schema>(methods).flatMap(([method, { parameters = [], responses }]) =>
    parameters.map((parameter: Schema) => ({ path, method, responses, ...parameter })),
  ),
);

test("the document that is served is what the code says: if not, run `npm run openapi`", () => {
  const written = JSON.parse(JSON.stringify(openApiDocument(operations)));
  expect(document).toEqual({ ...written, servers: [{ url: CONTROL }] });
});

test("each call says what it does, and no words are left of a call or a field that is gone", () => {
  const summaries = Object.values<Schema>(document.paths).flatMap((methods) => Object.values<Schema>(methods));
  expect(summaries.filter(({ summary }) => !summary)).toEqual([]);
  const named = Object.values(CALLS).flatMap((calls) => Object.keys(calls));
  expect(named.sort()).toEqual(operations.map(({ name }) => name).sort());
  const written = JSON.stringify(document);
  const lost = Object.entries(FIELDS).flatMap(([owner, fields]) =>
    Object.entries(fields)
      .filter(([, words]) => !written.includes(`"description":${JSON.stringify(words)}`))
      .map(([name]) => `${owner}.${name}`),
  );
  expect(lost).toEqual([]);
  const owners = [...named, ...Object.keys(document.components.schemas)];
  expect(Object.keys(FIELDS).filter((owner) => !owners.includes(owner))).toEqual([]);
});

test("an answer that differs from the document in anything is found", async () => {
  const path = `/v1/organizations/${setting.organization.id}`;
  const answer = await call("GET", path);
  const check = (change: Partial<typeof answer>) => () => checkAgainstDocument("GET", path, { ...answer, ...change });
  const withHeader = (name: string, value: string) => ({ headers: new Headers([...answer.headers, [name, value]]) });
  const without = (lost: string) => ({ headers: new Headers([...answer.headers].filter(([name]) => name !== lost)) });
  expect(check({})).not.toThrow();
  for (const change of [
    { status: 201 },
    { status: 404 },
    { body: {} },
    { body: { ...answer.body, surprise: 1 } },
    { body: { ...answer.body, created_at: "yesterday" } },
    { body: { ...answer.body, status: "gold" } },
    withHeader("Location", "/v1/changes/chg_1"),
    withHeader("X-Surprise", "1"),
    without("x-request-id"),
    without("etag"),
  ]) {
    expect(check(change), JSON.stringify(change)).toThrow();
  }
});

test("whole numbers in a query are digits and nothing else, within their documented bounds", async () => {
  const numbers = parameters.filter(({ schema }) => schema.type === "integer");
  expect(numbers.length).toBeGreaterThan(3);
  for (const { path, method, name, schema } of numbers) {
    const send = (text: string) =>
      call(method.toUpperCase(), `${path.replace("{id}", "some_id")}?${name}=${encodeURIComponent(text)}`);
    const { minimum, maximum } = schema;
    const wrong = ["0x10", " 5 ", "5 ", "1e1", "+5", "5.0", "05", "", "-1", "٥", "Infinity", "null", "1_0", "5n"];
    for (const text of [...wrong, String(minimum - 1), String(maximum + 1), "9".repeat(30)]) {
      const answer = await send(text);
      expect([path, text, answer.status]).toEqual([path, text, 422]);
      expect(answer.body.errors.map(({ field }: { field: string }) => field)).toContain(name);
    }
    for (const text of [minimum, maximum].map(String)) {
      const { body } = await send(text);
      expect((body.errors ?? []).map(({ field }: { field: string }) => field)).not.toContain(name);
    }
  }
});

test("a rotation's longest grace is the one in the document", async () => {
  const { requestBody } = document.paths["/v1/api-keys/{id}/rotate"].post;
  const { maximum } = requestBody.content["application/json"].schema.properties.grace_seconds;
  const key = await makeKey(setting.keyBody);
  const rotate = (grace_seconds: number) => call("POST", `/v1/api-keys/${key.id}/rotate`, { grace_seconds });
  expect((await rotate(maximum + 1)).body.errors[0].field).toBe("grace_seconds");
  expect((await rotate(maximum)).status).toBe(200);
});

test("If-Match is documented exactly where a call for another version is 412", async () => {
  const documented = parameters
    .filter(({ name }) => name === "If-Match")
    .map(({ path, method }) => `${method} ${path}`);
  const { organization, workspace, member, keyBody } = await setUp();
  const other = await makeMember(organization.id);
  const key = await makeKey({ ...keyBody, member_id: member.id });
  const targets: Record<string, string> = {
    "/v1/organizations/{id}": organization.id,
    "/v1/workspaces/{id}": workspace.id,
    "/v1/members/{id}": other.id,
  };
  for (const name of documented) {
    const [method = "", path = ""] = name.split(" ");
    const id = targets[path] ?? key.id;
    const body = path.endsWith("/rotate") ? { grace_seconds: 0 } : {};
    const answer = await call(method.toUpperCase(), path.replace("{id}", id), body, { "If-Match": '"another"' });
    expect([name, answer.status, answer.body.code]).toEqual([name, 412, "precondition_failed"]);
  }
  expect(documented.filter((name) => name.startsWith("get ") || !name.includes("{id}"))).toEqual([]);
});

test("a missing scope says which set lacks it, and never an empty list", async () => {
  const { organization, keyBody } = await setUp();
  const clerk = await makeMember(organization.id, { role: "member" });
  const reader = await makeKey({ ...keyBody, environment: "production", permission: "read-only", scopes: ["admin"] });
  const narrow = await makeKey({ ...keyBody, environment: "production" });
  const create = (headers: Record<string, string>) =>
    call("POST", "/v1/workspaces", { organization_id: organization.id, name: "W" }, headers);
  expect((await create({ "Keygate-Act-As": clerk.id })).body.lacking_in).toEqual(["role"]);
  expect((await create({ Authorization: `Bearer ${reader.secret}` })).body.lacking_in).toEqual(["permission"]);
  expect((await create({ Authorization: `Bearer ${narrow.secret}` })).body.lacking_in).toEqual(["scopes"]);
  const sandbox = await makeKey({ ...keyBody, scopes: ["admin"] });
  const { body } = await create({ Authorization: `Bearer ${sandbox.secret}` });
  expect([body.code, body.lacking_in]).toEqual(["scope_missing", undefined]);
});
