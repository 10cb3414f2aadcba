/** Members who cannot create keys ask for one, and those who can answer. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { DAY_MS } from "../../src/domain/durations.ts";
import { removeKeyRequests, removeMembers } from "../../src/store/retention.ts";
import { migrate } from "../helpers/workerd.ts";
import { auditOf, call, makeKey, makeMember, setUp } from "./call.ts";

await migrate();
let world: Awaited<ReturnType<typeof setUp>>;
let asker: string;
let other: string;
let owner: string;

const as = (memberId: string) => ({ "Keygate-Act-As": memberId });
const wanted = {
  name: "Nightly export",
  purpose: "Copies orders.",
  environment: "sandbox",
  scopes: ["signatures:read"],
};
const ask = (memberId = asker, change: object = {}) =>
  call("POST", "/v1/key-requests", { ...wanted, ...change }, as(memberId));
const list = async (memberId: string, query = "") => {
  const path = `/v1/key-requests?organization_id=${world.organization.id}${query}`;
  return (await call("GET", path, undefined, as(memberId))).body.data as { id: string }[];
};
const decline = (id: string, memberId = owner, reason = "Use the one you have.") =>
  call("POST", `/v1/key-requests/${id}/decline`, { reason }, as(memberId));
const create = (requestId: string, memberId = owner) =>
  call("POST", "/v1/api-keys", { ...world.keyBody, member_id: null, key_request_id: requestId }, as(memberId));

beforeAll(async () => {
  world = await setUp();
  owner = world.member.id;
  [asker, other] = [
    (await makeMember(world.organization.id, { role: "member", name: "Mia" })).id,
    (await makeMember(world.organization.id, { role: "member" })).id,
  ];
});

describe("a request for a key", () => {
  test("is seen by who asked and by those who can create keys, and by nobody else", async () => {
    const { status, body } = await ask();
    expect([status, body]).toMatchObject([201, { ...wanted, member_id: asker, decided_at: null, key_id: null }]);
    const ids = async (memberId: string) => (await list(memberId)).map(({ id }) => id);
    expect(await ids(asker)).toContain(body.id);
    expect(await ids(owner)).toContain(body.id);
    expect(await ids(other)).not.toContain(body.id);
    const foreign = await setUp();
    const path = `/v1/key-requests?organization_id=${world.organization.id}`;
    expect((await call("GET", path, undefined, as(foreign.member.id))).status).toBe(404);
    expect((await decline(body.id, foreign.member.id)).status).toBe(404);
    expect(await auditOf(body.id)).toMatchObject([{ action: "key_request.created", actor: asker, details: wanted }]);
  });

  test("is declined with a reason, which who asked sees", async () => {
    const { id } = (await ask()).body;
    expect((await decline(id)).status).toBe(200);
    const seen = (await list(asker)).find((request) => request.id === id);
    expect(seen).toMatchObject({ decided_by: owner, reason: "Use the one you have.", key_id: null });
    expect((await auditOf(id)).map(({ action }) => action)).toEqual(["key_request.created", "key_request.declined"]);
  });

  test("is granted by the key that is created for it, in one change", async () => {
    const { id } = (await ask()).body;
    const made = await create(id);
    expect(made.status).toBe(201);
    const seen = (await list(asker)).find((request) => request.id === id);
    expect(seen).toMatchObject({ decided_by: owner, reason: null, key_id: made.body.id });
    expect((await auditOf(id)).map(({ action }) => action)).toEqual(["key_request.created", "key_request.granted"]);
    expect((await list(owner, "&open=true")).map((request) => request.id)).not.toContain(id);
    expect((await list(owner, "&open=false")).map((request) => request.id)).toContain(id);
  });

  test("is answered once: of twenty keys that are created for it at once there is one, and no answer after another", async () => {
    const { id } = (await ask()).body;
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)]);
    expect((await decline(id)).status).toBe(409);
    const declined = (await ask()).body.id;
    await decline(declined);
    expect((await create(declined)).status).toBe(409);
  });

  test("is answered by nobody who cannot create keys, and asked by nobody but a member", async () => {
    const { id } = (await ask()).body;
    expect((await decline(id, asker)).status).toBe(403);
    expect((await create(id, asker)).status).toBe(403);
    expect((await call("POST", "/v1/key-requests", wanted)).status).toBe(403);
    const { secret } = await makeKey({ ...world.keyBody, environment: "production", scopes: ["admin"] });
    const byKey = { Authorization: `Bearer ${secret}` };
    expect((await call("POST", "/v1/key-requests", wanted, byKey)).status).toBe(403);
    expect((await call("POST", `/v1/key-requests/${id}/decline`, { reason: "no" }, byKey)).status).toBe(403);
  });

  test.each([
    ["an environment that does not exist", { environment: "moon" }, 422, "environment"],
    ["scopes that do not exist", { scopes: ["moons:read"] }, 422, "scopes"],
    ["no scopes", { scopes: [] }, 422, "scopes"],
    ["no purpose", { purpose: "  " }, 422, "purpose"],
    ["no name", { name: "" }, 422, "name"],
    ["a purpose that is too long", { purpose: "a".repeat(2001) }, 422, "purpose"],
  ] as const)("for %s is refused, by the field", async (_, change, status, field) => {
    const { body } = await ask(asker, change);
    expect(body).toMatchObject({ status, errors: [{ field }] });
  });

  test("is the twentieth of a member without an answer, and no more, however many are sent at once", async () => {
    const { id } = await makeMember(world.organization.id, { role: "member" });
    const answers = await Promise.all(Array.from({ length: 25 }, () => ask(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(20).fill(201), ...Array(5).fill(409)]);
    await decline((await list(id))[0]?.id as string);
    expect((await ask(id)).status).toBe(201);
  });

  test("comes page by page, the newest first", async () => {
    const { id } = await makeMember(world.organization.id, { role: "member" });
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.unshift((await ask(id)).body.id);
    const seen: string[] = [];
    for (let cursor = ""; ; ) {
      const path = `/v1/key-requests?organization_id=${world.organization.id}&limit=2${cursor}`;
      const { body } = await call("GET", path, undefined, as(id));
      seen.push(...body.data.map((request: { id: string }) => request.id));
      if (!body.next_cursor) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(new Set(seen)).toEqual(new Set(made));
    expect(seen).toHaveLength(5);
  });

  test("is deleted once it is old, and with its member", async () => {
    const { id } = await makeMember(world.organization.id, { role: "member" });
    const rows = () =>
      env.DB.prepare("SELECT count(*) AS rows FROM key_requests WHERE member_id = ?").bind(id).first("rows");
    await ask(id);
    await ask(id);
    await env.DB.prepare(
      "UPDATE key_requests SET created_at = 1 WHERE id = (SELECT id FROM key_requests WHERE member_id = ? LIMIT 1)",
    )
      .bind(id)
      .run();
    await removeKeyRequests(env.DB, Date.now() - 90 * DAY_MS, undefined);
    expect(await rows()).toBe(1);
    await env.DB.prepare("UPDATE members SET removed_at = 1 WHERE id = ?").bind(id).run();
    await removeMembers(env.DB, Date.now(), undefined);
    expect(await rows()).toBe(0);
  });
});
