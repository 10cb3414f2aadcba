/** The secrets of a key: how many work at one time, what its record shows of them, and how an old one ends. */

import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DAY_MS, DAY_SECONDS } from "../../src/domain/durations.ts";
import { migrate, newId } from "../helpers/workerd.ts";
import { auditOf, call, countRows, makeKey, setUp } from "./call.ts";

beforeAll(migrate);

let path: string;
let id: string;
beforeEach(async () => {
  ({ id } = await makeKey((await setUp()).keyBody));
  path = `/v1/api-keys/${id}`;
});

const rotate = (grace_seconds = 3600) => call("POST", `${path}/rotate`, { grace_seconds });
const read = async () => (await call("GET", path)).body;
const end = (secret: string, headers = {}) => call("DELETE", `${path}/secrets/${secret}`, undefined, headers);
const whoami = async (secret: string) =>
  (await call("GET", "/v1/whoami", undefined, { Authorization: `Bearer ${secret}` })).status;

/** As after a request while the pepper changes: each secret has two rows. */
const addSiblings = () =>
  env.DB.prepare(
    `INSERT INTO api_key_secrets (hash, key_id, pepper_id, hint, created_at, expires_at)
     SELECT ?2 || hash, key_id, 'p0', hint, created_at, expires_at FROM api_key_secrets WHERE key_id = ?1`,
  )
    .bind(id, newId("h"))
    .run();

test("a key whose environment is not in the configuration gets no new secret, and keeps the secret that it has", async () => {
  const { secrets } = await read();
  await env.DB.prepare("UPDATE api_keys SET environment = 'staging' WHERE id = ?").bind(id).run();
  expect(await rotate(0)).toMatchObject({
    status: 409,
    body: { code: "conflict", detail: expect.stringContaining("environment is not in the configuration") },
  });
  expect(await read()).toMatchObject({ secrets, status_reason: "environment_mismatch" });
});

describe("the secrets in a key's record", () => {
  test("are those that work, newest first, in every answer", async () => {
    const made = await read();
    expect(made.secrets).toEqual([
      { id: expect.stringMatching(/^sec_\w+$/), hint: made.hint, created_at: made.created_at, expires_at: null },
    ]);
    const rotated = (await rotate()).body;
    const { secrets, hint } = await read();
    expect(secrets).toEqual(rotated.secrets);
    expect(secrets).toMatchObject([
      { hint, expires_at: null },
      { ...made.secrets[0], expires_at: expect.any(String) },
    ]);
    const list = await call("GET", `/v1/api-keys?organization_id=${made.organization_id}`);
    expect(list.body.data[0].secrets).toEqual(secrets);
    expect((await rotate(0)).body.secrets).toHaveLength(1);
    expect((await read()).secrets).toHaveLength(1);
  });

  test("work no longer than the key, as the record says", async () => {
    const expires_at = new Date(Date.now() + 3 * DAY_MS).toISOString();
    await call("PATCH", `/v1/api-keys/${id}`, { expires_at });
    await rotate(30 * DAY_SECONDS);
    expect((await read()).secrets[1].expires_at).toBe(expires_at);
  });

  test("are counted once while two peppers are active", async () => {
    await rotate();
    const before = (await read()).secrets;
    await addSiblings();
    expect((await read()).secrets).toEqual(before);
  });

  test("have ids of their own, however fast they follow each other", async () => {
    await env.DB.prepare("UPDATE api_key_secrets SET created_at = created_at + 1000 WHERE key_id = ?").bind(id).run();
    for (let n = 0; n < 4; n++) await rotate();
    expect(new Set((await read()).secrets.map((secret: { id: string }) => secret.id)).size).toBe(5);
  });
});

test("at most five secrets work at one time, under however many peppers; to end one makes room", async () => {
  for (let n = 0; n < 3; n++) expect((await rotate()).status).toBe(200);
  await addSiblings();
  expect((await rotate()).status).toBe(200);
  const { status, body } = await rotate();
  expect([status, body.code]).toEqual([409, "conflict"]);
  expect(body.detail).toContain("grace_seconds 0");
  expect((await end((await read()).secrets[2].id)).status).toBe(200);
  expect((await rotate()).status).toBe(200);
  expect((await rotate()).status).toBe(409);
  expect((await rotate(0)).status).toBe(200);
});

describe("an old secret that is ended", () => {
  test("is refused, under each pepper, and the others work", async () => {
    const { secret: second } = (await rotate()).body;
    const { secret: third } = (await rotate()).body;
    await addSiblings();
    expect(await Promise.all([second, third].map(whoami))).toEqual([200, 200]);
    const before = await call("GET", path);
    const [newest, old, oldest] = before.body.secrets;
    const ended = await end(old.id);
    expect([ended.status, ended.body.secrets]).toEqual([200, [newest, oldest]]);
    expect(ended.headers.get("etag")).not.toBe(before.headers.get("etag"));
    expect((await call("GET", path)).body).toEqual(ended.body);
    expect(await Promise.all([second, third].map(whoami))).toEqual([401, 200]);
    const alive = env.DB.prepare(
      "SELECT count(*) AS rows FROM api_key_secrets WHERE key_id = ? AND created_at = ? AND (expires_at IS NULL OR expires_at > ?)",
    );
    expect(await alive.bind(id, Date.parse(old.created_at), Date.now()).first("rows")).toBe(0);
    expect(await countRows("outbox")).toBe(0);
    expect((await auditOf(id)).at(-1)).toMatchObject({
      ...{ action: "api_key.secret_ended", details: { secret: old.id, hint: old.hint } },
    });
  });

  test("is ended once: again, it changes nothing", async () => {
    await rotate();
    const old = (await read()).secrets[1].id;
    const first = await end(old);
    const again = await end(old);
    expect([again.status, again.body, again.headers.get("etag")]).toEqual([
      ...[200, first.body, first.headers.get("etag")],
    ]);
    expect(await auditOf(id)).toHaveLength(3);
  });

  test("is none of these: the newest, an unknown one, another version's, one of a key that is over", async () => {
    await rotate();
    const [newest, old] = (await read()).secrets;
    const refused = await end(newest.id);
    expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
    expect(refused.body.detail).toContain("revoke");
    for (const unknown of ["sec_1", "missing", `${old.id}0`]) expect((await end(unknown)).status).toBe(404);
    expect((await end(old.id, { "If-Match": '"other"' })).status).toBe(412);
    expect((await read()).secrets).toEqual([newest, old]);
    await call("POST", `${path}/revoke`, {});
    expect((await end(old.id)).status).toBe(409);
  });
});
