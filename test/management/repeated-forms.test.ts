/** A form of the console that is sent twice at once, for example by a double click. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { platformTeam } from "../console/world.ts";
import { controlOf } from "../helpers/control.ts";
import { sessionTokenFor } from "../helpers/people.ts";
import { migrate, newId } from "../helpers/workerd.ts";
import { auditOf, CONTROL, call, makeKey, setUp, worker } from "./call.ts";

beforeAll(migrate);
vi.setConfig({ testTimeout: 60_000 });

const TIMES = 20;

async function visitor() {
  const { organization, member, keyBody } = await setUp({ key_quota: 1_000 });
  const token = await sessionTokenFor({ ...controlOf(), now: Date.now }, member.id);
  const send = async (path: string, form: Record<string, string>) => {
    const response = await worker.fetch(`${CONTROL}${path}`, {
      method: "POST",
      headers: { Cookie: `__Host-keygate_session=${token}`, "Sec-Fetch-Site": "same-origin", Origin: CONTROL },
      body: new URLSearchParams(form),
      redirect: "manual",
    });
    return { status: response.status, location: response.headers.get("Location"), text: await response.text() };
  };
  return { organization, keyBody, send };
}

const countSecrets = (id: string) =>
  env.DB.prepare("SELECT count(*) AS secrets FROM api_key_secrets WHERE key_id = ?").bind(id).first("secrets");

const countNamed = (table: string, name: string) =>
  env.DB.prepare(`SELECT count(*) AS named FROM ${table} WHERE name = ?`).bind(name).first("named");

describe("a form that is sent twice at once", () => {
  test("rotates the key once: one answer shows the secret, the other leads to the key", async () => {
    const { keyBody, send } = await visitor();
    for (let round = 0; round < TIMES; round++) {
      const { id } = await makeKey(keyBody);
      const form = { attempt: newId("chg"), grace_seconds: "86400" };
      const answers = await Promise.all([1, 2, 3].map(() => send(`/keys/${id}/rotate`, form)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 303, 303]);
      for (const { status, location } of answers) {
        if (status === 303) expect(location).toBe(`/keys/${id}`);
      }
      expect(await countSecrets(id)).toBe(2);
      expect((await auditOf(id)).filter(({ action }) => action === "api_key.rotated")).toHaveLength(1);
    }
  });

  test("creates one key: one answer shows the secret, the other leads to the key", async () => {
    const { organization, keyBody, send } = await visitor();
    const { environment, reach, permission, name } = keyBody;
    for (let round = 0; round < TIMES; round++) {
      const form = { environment, reach, permission, name, scopes: "signatures:read", attempt: newId("chg") };
      const answers = await Promise.all([1, 2].map(() => send("/keys/new", form)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 303]);
    }
    const { body } = await call("GET", `/v1/api-keys?organization_id=${organization.id}&limit=100`);
    expect(body.data).toHaveLength(TIMES);
  });

  test("rotates again with a new look at the form", async () => {
    const { keyBody, send } = await visitor();
    const { id } = await makeKey(keyBody);
    for (const attempt of [newId("chg"), newId("chg")]) {
      expect((await send(`/keys/${id}/rotate`, { attempt, grace_seconds: "86400" })).status).toBe(201);
    }
    expect(await countSecrets(id)).toBe(3);
  });
});

const asked = { purpose: "Work", environment: "sandbox", scopes: "signatures:read" };

describe.each([
  ["/workspaces", "workspaces", {}],
  ["/key-requests/new", "key_requests", asked],
] as const)("the form of %s", (path, table, fields) => {
  test("that is sent twice at once creates one record, and every answer leads to it", async () => {
    const { send } = await visitor();
    const name = newId("name");
    const form = { ...fields, name, attempt: newId("chg") };
    const answers = await Promise.all([1, 2, 3].map(() => send(path, form)));
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(new Set(answers.map(({ location }) => location)).size).toBe(1);
    expect(await countNamed(table, name)).toBe(1);
  });

  test("that is sent again with other content says that it differs, and creates nothing", async () => {
    const { send } = await visitor();
    const [form, name] = [{ ...fields, name: newId("name"), attempt: newId("chg") }, newId("name")];
    await send(path, form);
    const other = await send(path, { ...form, name });
    expect([other.status, other.text]).toEqual([409, expect.stringContaining("with other content")]);
    expect(await countNamed(table, name)).toBe(0);
    const attempt = /name="attempt" value="([^"]+)"/.exec(other.text)?.[1] ?? "";
    expect((await send(path, { ...form, name, attempt })).status).toBe(303);
  });
});

test("the platform team's form that is sent twice creates one organization, and leads to it both times", async () => {
  const team = await platformTeam();
  const name = newId("name");
  const form = [
    ["name", name],
    ["environments", "sandbox"],
    ["attempt", newId("chg")],
  ] as [string, string][];
  const [first, second] = [await team.send("/organizations", form), await team.send("/organizations", form)];
  expect([first.status, first.path]).toEqual([200, expect.stringMatching(/^\/organizations\/org_/)]);
  expect([second.status, second.path]).toEqual([200, first.path]);
  expect(await countNamed("organizations", name)).toBe(1);
});

test("a form that is sent again with other content says that it differs, and its page has a new form", async () => {
  const { organization, keyBody, send } = await visitor();
  const { environment, reach, permission, name } = keyBody;
  const form = { environment, reach, permission, name, scopes: "signatures:read", attempt: newId("chg") };
  expect((await send("/keys/new", form)).status).toBe(201);
  const other = await send("/keys/new", { ...form, name: "Another" });
  expect([other.status, other.location]).toEqual([409, null]);
  expect(other.text).toContain("with other content");
  const attempt = /name="attempt" value="([^"]+)"/.exec(other.text)?.[1] ?? "";
  expect(attempt).not.toBe(form.attempt);
  expect((await send("/keys/new", { ...form, name: "Another", attempt })).status).toBe(201);
  const { body } = await call("GET", `/v1/api-keys?organization_id=${organization.id}&limit=100`);
  expect(body.data).toHaveLength(2);

  const [key] = body.data;
  const rotation = { attempt: newId("chg"), grace_seconds: "86400" };
  expect((await send(`/keys/${key.id}/rotate`, rotation)).status).toBe(201);
  expect((await send(`/keys/${key.id}/rotate`, { ...rotation, grace_seconds: "0" })).status).toBe(409);
  expect(await countSecrets(key.id)).toBe(2);
});
