/** What a tester found that could be got by asking in another way. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { migrate } from "../helpers/workerd.ts";
import { call, makeKey, makeMember, makeWorkspace, setUp } from "./call.ts";

beforeAll(migrate);

const actAs = (id: string) => ({ "Keygate-Act-As": id });
const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}`, "CF-Connecting-IP": "127.0.0.1" });
const managing = { environment: "production", scopes: ["admin"] };

describe("nobody gets more than they have", () => {
  test("by a new secret of a key that acts as somebody above them, nor by widening it", async () => {
    const { organization, keyBody } = await setUp();
    const admin = await makeMember(organization.id, { role: "admin" });
    const { id } = await makeKey(keyBody);
    const tries = [
      call("POST", `/v1/api-keys/${id}/rotate`, { grace_seconds: 0 }, actAs(admin.id)),
      call("PATCH", `/v1/api-keys/${id}`, { scopes: ["signatures:delete"] }, actAs(admin.id)),
    ];
    for (const { body } of await Promise.all(tries)) {
      expect(body).toMatchObject({ status: 403, code: "management_forbidden" });
    }
    const own = await call("POST", "/v1/api-keys", { ...keyBody, member_id: null }, actAs(admin.id));
    expect(
      (await call("POST", `/v1/api-keys/${own.body.id}/rotate`, { grace_seconds: 0 }, actAs(admin.id))).status,
    ).toBe(200);
  });

  test("by a key that leaves its addresses, for itself or for another", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey({ ...keyBody, ...managing, allowed_addresses: ["127.0.0.0/8"] });
    const { member_id: _, ...body } = keyBody;
    const make = (allowed_addresses: string[]) =>
      call("POST", "/v1/api-keys", { ...body, environment: "production", allowed_addresses }, bearer(key.secret));
    expect((await make([])).status).toBe(403);
    expect((await make(["127.0.0.1", "10.0.0.1"])).status).toBe(403);
    expect((await make(["127.0.0.1", "127.1.0.0/16"])).status).toBe(201);
    const freed = await call("PATCH", `/v1/api-keys/${key.id}`, { allowed_addresses: [] }, bearer(key.secret));
    expect(freed.body).toMatchObject({ status: 403, code: "management_forbidden" });
  });

  test("but a key can be rotated by itself, and makes keys that live no longer than it does", async () => {
    const { organization, keyBody } = await setUp();
    const expires_at = new Date(Date.now() + 86_400_000).toISOString();
    const key = await makeKey({ ...keyBody, environment: "sandbox", scopes: ["admin"], expires_at });
    const made = await call(
      "POST",
      "/v1/api-keys",
      { ...keyBody, member_id: null, organization_id: organization.id },
      bearer(key.secret),
    );
    expect(made.body).toMatchObject({ expires_at });
    const rotated = await call("POST", `/v1/api-keys/${key.id}/rotate`, { grace_seconds: 60 }, bearer(key.secret));
    expect(rotated.status).toBe(200);
  });

  test("of the audit trail: what was done to keys that they do not see is left out", async () => {
    const { organization, keyBody } = await setUp();
    const workspace = await makeWorkspace(organization.id);
    const hidden = await makeKey(keyBody);
    const seeing = await makeKey({ ...keyBody, ...managing, reach: "workspace", workspace_ids: [workspace.id] });
    const trail = (query: string, headers = {}) =>
      call("GET", `/v1/audit-events?organization_id=${organization.id}${query}`, undefined, headers);
    expect((await trail(`&target=${hidden.id}`)).body.data).toHaveLength(1);
    expect((await trail(`&target=${hidden.id}`, bearer(seeing.secret))).body).toMatchObject({ data: [] });
    const seen = (await trail("", bearer(seeing.secret))).body.data.map(({ target }: { target: string }) => target);
    expect(seen).toContain(seeing.id);
    expect(seen).not.toContain(hidden.id);
  });

  test("by a key on a plan that this configuration lacks, so that nobody can say how much it has", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey({ ...keyBody, ...managing });
    await env.DB.prepare("UPDATE api_keys SET plan = 'gold' WHERE id = ?").bind(key.id).run();
    const { member_id: _, ...body } = keyBody;
    const made = await call("POST", "/v1/api-keys", { ...body, environment: "production" }, bearer(key.secret));
    expect(made.body).toMatchObject({ status: 503, code: "plan_unknown" });
  });

  test("by acting as somebody without the root token", async () => {
    const { member, keyBody } = await setUp();
    const key = await makeKey({ ...keyBody, ...managing });
    const { body } = await call("GET", "/v1/whoami", undefined, { ...bearer(key.secret), ...actAs(member.id) });
    expect(body).toMatchObject({ status: 400, code: "request_invalid" });
  });
});

/** An organization with an owner, an admin of its first workspace, and keys of both that manage. */
async function makeParties() {
  const { organization, workspace, member: owner, keyBody } = await setUp();
  const other = await makeWorkspace(organization.id);
  const admin = await makeMember(organization.id, { role: "admin", workspace_ids: [workspace.id] });
  const inWorkspace = { reach: "workspace", workspace_ids: [workspace.id] };
  const of = (fields: object) => makeKey({ ...keyBody, ...managing, ...fields });
  const scopes = ["api_keys:read", "api_keys:write", "members:write", "signatures:read"];
  const soon = new Date(Date.now() + 86_400_000).toISOString();
  const limits = { rates: [{ name: "slow", limit: 10, window: 60 }] };
  const { member_id: _, ...body } = { ...keyBody, environment: "production" };
  return {
    body,
    inWorkspace,
    otherWorkspace: other.id as string,
    members: { owner: owner.id as string, admin: admin.id as string },
    ownersKey: (await of({})).id as string,
    adminsKey: (await of({ member_id: admin.id, scopes: ["signatures:read"] })).id as string,
    by: {
      owner: actAs(owner.id),
      admin: actAs(admin.id),
      "a key of few scopes": bearer((await of({ scopes })).secret),
      "a key that manages keys alone": bearer((await of({ scopes: ["api_keys:write", "signatures:read"] })).secret),
      "a key of one workspace": bearer((await of(inWorkspace)).secret),
      "a key that ends soon": bearer((await of({ expires_at: soon })).secret),
      "a slow key": bearer((await of({ limits })).secret),
      "a key that may only read": bearer((await of({ permission: "read-only" })).secret),
      "a key of the sandbox": bearer((await of({ environment: "sandbox" })).secret),
    },
  };
}

type Parties = Awaited<ReturnType<typeof makeParties>>;
type Attempt = [
  by: keyof Parties["by"],
  what: string,
  how: (parties: Parties) => [method: string, path: string, body: object],
  says: string,
];

const create =
  (fields: (parties: Parties) => object = () => ({})) =>
  (parties: Parties): [string, string, object] => ["POST", "/v1/api-keys", { ...parties.body, ...fields(parties) }];
const edit =
  (whom: "owner" | "admin", body: (parties: Parties) => object) =>
  (parties: Parties): [string, string, object] => ["PATCH", `/v1/members/${parties.members[whom]}`, body(parties)];
const invite =
  (fields: (parties: Parties) => object) =>
  (parties: Parties): [string, string, object] => [
    "POST",
    "/v1/members",
    { organization_id: parties.body.organization_id, email: "new@acme.test", name: "New", ...fields(parties) },
  ];
const inOther = ({ otherWorkspace }: Parties) => ({ reach: "workspace", workspace_ids: [otherWorkspace] });

const ATTEMPTS: Attempt[] = [
  ["admin", "a key of a workspace that is not theirs", create(inOther), "You cannot manage such keys."],
  ["a key of one workspace", "a key of another workspace", create(inOther), "You cannot manage such keys."],
  ["a key of one workspace", "a key of the organization", create(), "You cannot manage such keys."],
  ["a key of the sandbox", "a key of production", create(), "You cannot manage such keys."],
  [
    "a key of few scopes",
    "a key of more scopes",
    create(() => ({ scopes: ["signatures:read", "signatures:write"] })),
    "The key could do what you cannot: signatures:write.",
  ],
  [
    "a key that manages keys alone",
    "a new secret of somebody else's key",
    ({ adminsKey }) => ["POST", `/v1/api-keys/${adminsKey}/rotate`, { grace_seconds: 0 }],
    "The key acts as another member. That member, or a person who manages members, can rotate it.",
  ],
  [
    "admin",
    "a new secret of an owner's key",
    ({ ownersKey }) => ["POST", `/v1/api-keys/${ownersKey}/rotate`, { grace_seconds: 0 }],
    "The key acts as a member whose role is above yours.",
  ],
  [
    "admin",
    "an owner's key with another name",
    ({ ownersKey }) => ["PATCH", `/v1/api-keys/${ownersKey}`, { name: "other" }],
    "The key acts as a member whose role is above yours.",
  ],
  [
    "a key that ends soon",
    "a key that ends later",
    create(() => ({ expires_at: new Date(Date.now() + 2 * 86_400_000).toISOString() })),
    "The key would expire later than yours.",
  ],
  ["a slow key", "a key without limits", create(), "The key's limits would be higher than yours."],
  [
    "a slow key",
    "a faster key",
    create(() => ({ limits: { rates: [{ name: "slow", limit: 11, window: 60 }] } })),
    "The key's limits would be higher than yours.",
  ],
  ["owner", "a key with a plan", create(() => ({ plan: "scale" })), "Only the root token can give a key its own plan."],
  [
    "owner",
    "a key of somebody else",
    create(({ members }) => ({ member_id: members.admin })),
    "You can create keys only for yourself: leave member_id out.",
  ],
  [
    "owner",
    "another plan of a key",
    ({ ownersKey }) => ["PATCH", `/v1/api-keys/${ownersKey}`, { plan: "scale" }],
    "Only the root token can change a key's plan.",
  ],
  ["admin", "an owner", invite(() => ({ role: "owner" })), "The role owner can manage keys that you cannot."],
  [
    "admin",
    "a member of a workspace that is not theirs",
    invite(({ otherWorkspace }) => ({ role: "member", workspace_ids: [otherWorkspace] })),
    "You do not belong to all of these workspaces.",
  ],
  [
    "a key of few scopes",
    "a member who may do more",
    invite(() => ({ role: "member" })),
    "The role member can do what you cannot",
  ],
  [
    "admin",
    "an owner with another name",
    edit("owner", () => ({ name: "X" })),
    "The role owner can manage keys that you cannot.",
  ],
  [
    "admin",
    "themselves an owner",
    edit("admin", () => ({ role: "owner" })),
    "You cannot change your own role or workspaces",
  ],
  [
    "admin",
    "themselves in another workspace",
    edit("admin", ({ otherWorkspace }) => ({ workspace_ids: [otherWorkspace] })),
    "You cannot change your own role or workspaces",
  ],
];

describe("nobody makes what is more than they are", () => {
  let parties: Parties;
  beforeAll(async () => {
    parties = await makeParties();
  });

  test.each(ATTEMPTS)("%s does not make %s", async (by, _, how, says) => {
    const [method, path, body] = how(parties);
    const answer = await call(method, path, body, parties.by[by]);
    expect(answer.body).toMatchObject({ status: 403, code: "management_forbidden" });
    expect(answer.body.detail).toContain(says);
  });

  test.each<[string, string, object | undefined]>([
    ["changes", "PATCH", { role: "member" }],
    ["removes", "DELETE", undefined],
  ])(
    "nobody %s a member of another workspace, also if that member's role is no longer configured",
    async (_, method, change) => {
      const { body, otherWorkspace, by } = parties;
      const fields = { role: "member", workspace_ids: [otherWorkspace] };
      const { id } = await makeMember(body.organization_id, fields);
      await env.DB.prepare("UPDATE members SET role = 'gone' WHERE id = ?").bind(id).run();
      const answer = await call(method, `/v1/members/${id}`, change, by.admin);
      expect(answer.body).toMatchObject({ status: 403, detail: "You do not belong to all of these workspaces." });
    },
  );

  test("a key that may only read makes no key", async () => {
    const [method, path, body] = create()(parties);
    const answer = await call(method, path, body, parties.by["a key that may only read"]);
    expect(answer.body).toMatchObject({ status: 403, code: "scope_missing", required_scopes: ["api_keys:write"] });
  });

  test("each of them makes what is no more than they are", async () => {
    const { body, inWorkspace, by } = parties;
    const made = [
      call("POST", "/v1/api-keys", body, by.owner),
      call("POST", "/v1/api-keys", { ...body, ...inWorkspace }, by.admin),
      call("POST", "/v1/api-keys", body, by["a key of few scopes"]),
      call("POST", "/v1/api-keys", { ...body, ...inWorkspace }, by["a key of one workspace"]),
      call("POST", "/v1/api-keys", body, by["a key that ends soon"]),
      call(
        "POST",
        "/v1/api-keys",
        { ...body, limits: { rates: [{ name: "slow", limit: 10, window: 60 }] } },
        by["a slow key"],
      ),
      call("POST", "/v1/api-keys", { ...body, environment: "sandbox" }, by["a key of the sandbox"]),
    ];
    expect((await Promise.all(made)).map(({ status }) => status)).toEqual(made.map(() => 201));
  });
});

describe("If-Match", () => {
  test.each([
    ["a list that holds the version", (tag: string) => `"x", ${tag}`, 200],
    ["any version", () => "*", 200],
    ["another version", () => '"x"', 412],
    ["a weak version", (tag: string) => `W/${tag}`, 412],
  ])("with %s", async (_, header, status) => {
    const { keyBody } = await setUp();
    const { id } = await makeKey(keyBody);
    const tag = (await call("GET", `/v1/api-keys/${id}`)).headers.get("ETag") as string;
    expect((await call("PATCH", `/v1/api-keys/${id}`, { name: "n" }, { "If-Match": header(tag) })).status).toBe(status);
  });
});
