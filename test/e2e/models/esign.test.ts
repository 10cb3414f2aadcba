/** The rows Y1 to Y15: electronic signature, where keys stand for organizations, with a sandbox. */

import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { bearing } from "../../helpers/seed.ts";
import { type Answer, actingAs, byKey, byRoot, type Client, made, makeOrganization, signedIn } from "./clients.ts";
import { across, runModel } from "./model.ts";

const ENVIRONMENTS = ["production", "sandbox"];
const REACHES = ["organization", "workspace"];
const METHODS = ["GET", "POST", "PATCH", "DELETE"];

const model = runModel("esign", ENVIRONMENTS);
let root: Client;
beforeAll(() => {
  root = byRoot(model.gateway);
});

interface Key {
  readonly id: string;
  readonly secret: string;
}

/** With two workspaces, both the owner's, and the first the admin's and the member's. */
async function makeTenant(fields: object = {}) {
  const organization = await makeOrganization(model.gateway, { plan: "api", ...fields });
  const [own, foreign] = [await organization.workspace(), await organization.workspace()];
  const people = {
    owner: await organization.member("owner", [own, foreign]),
    admin: await organization.member("admin", [own]),
    member: await organization.member("member", [own]),
  };
  const owner = actingAs(model.gateway, people.owner);
  const fieldsOf = (given: { reach?: string; workspace_ids?: string[] } & Record<string, unknown>) => ({
    organization_id: organization.id,
    environment: "sandbox",
    reach: given.workspace_ids ? "workspace" : "organization",
    permission: "full-access",
    scopes: ["all"],
    name: "integration",
    ...given,
  });
  return {
    id: organization.id,
    own,
    foreign,
    people,
    owner,
    fieldsOf,
    ask: (given: object, by = owner): Promise<Answer> => by("POST", "/v1/api-keys", fieldsOf({ ...given })),
    key: (given: object = {}, by = owner): Promise<Key & Answer["body"]> =>
      made(by, "/v1/api-keys", fieldsOf({ ...given })),
    listed: async (query: string, by = owner): Promise<string[]> => {
      const { body } = await by("GET", `/v1/api-keys?organization_id=${organization.id}&${query}`);
      return body.data.map(({ id }: Key) => id).sort();
    },
  };
}

type Tenant = Awaited<ReturnType<typeof makeTenant>>;

const seen = () => ENVIRONMENTS.reduce((sum, environment) => sum + (model.origins[environment]?.seen.length ?? 0), 0);
const ids = (...keys: Key[]) => keys.map(({ id }) => id).sort();

describe("Electronic signature", () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await makeTenant();
  });

  const statusAndCode = async (key: Key, method: string, path: string, environment = "sandbox") => {
    const { status, body } = await model.call(key, method, path, environment);
    return { status, code: body.code };
  };
  const OK = { status: 200, code: undefined };

  test.for(ENVIRONMENTS)(
    "Y1 %s has a base URL of its own, and takes a Bearer key on every call",
    async (environment) => {
      const key = await tenant.key({ environment });
      for (const path of ["/signature_requests", "/signature_requests/1/documents", "/documents/1", "/users"]) {
        expect(await statusAndCode(key, "GET", path, environment)).toEqual(OK);
        const without = await fetch(model.gateway.base(environment) + path);
        expect(without.status).toBe(401);
      }
      const [otherUrl] = ENVIRONMENTS.filter((other) => other !== environment).map((other) =>
        model.gateway.base(other),
      );
      expect(model.gateway.base(environment)).not.toBe(otherUrl);
    },
  );

  test("Y2 a key is set up with description, environment, reach and permission, and shows them", async () => {
    const setUp = {
      description: "Contracts of the sales team",
      environment: "production",
      reach: "workspace",
      workspace_ids: [tenant.own],
      permission: "read-only",
    };
    const { id } = await tenant.key(setUp);
    expect((await tenant.owner("GET", `/v1/api-keys/${id}`)).body).toMatchObject(setUp);
    for (const field of ["environment", "reach", "permission"]) {
      const { status, body } = await tenant.ask({ ...setUp, [field]: undefined });
      expect(status).toBe(422);
      expect(body.errors.map(({ field: named }: { field: string }) => named)).toEqual([field]);
    }
  });

  const PAIRS = ENVIRONMENTS.flatMap((of) => ENVIRONMENTS.map((at) => ({ of, at })));
  test.for(PAIRS)("Y3 a key of $of at the base URL of $at", async ({ of, at }) => {
    const key = await tenant.key({ environment: of });
    const before = { all: seen(), there: model.origins[at]?.seen.length ?? 0 };
    for (const method of METHODS) {
      const { status, body } = await model.call(key, method, "/signature_requests/1", at);
      expect(status).toBe(of === at ? 200 : 403);
      if (of !== at) expect(body).toMatchObject({ code: "environment_mismatch", base_url: model.gateway.base(of) });
    }
    const reached = of === at ? METHODS.length : 0;
    expect(model.origins[at]?.seen.length).toBe(before.there + reached);
    expect(seen()).toBe(before.all + reached);
  });

  test("Y4 production keys can be made only while the organization has an API plan", async () => {
    const free = await makeTenant({ plan: null });
    const [sandbox, refused] = [await free.ask({}), await free.ask({ environment: "production" })];
    expect(sandbox.status).toBe(201);
    expect(refused).toMatchObject({ status: 403, body: { code: "environment_not_allowed", plans: ["api"] } });
    const path = `/v1/organizations/${free.id}`;
    expect((await free.owner("PATCH", path, { plan: "api" })).status).toBe(403);
    expect((await root("PATCH", path, { plan: "api" })).status).toBe(200);
    const key = await free.key({ environment: "production" });
    expect((await root("PATCH", path, { plan: null })).status).toBe(200);
    expect((await free.ask({ environment: "production" })).status).toBe(403);
    expect(await statusAndCode(key, "GET", "/documents/1", "production")).toEqual(OK);
  });

  test("Y5 a key of the organization reaches every workspace", async () => {
    const key = await tenant.key();
    for (const workspace of [tenant.own, tenant.foreign]) {
      expect(await statusAndCode(key, "GET", `/workspaces/${workspace}/signature_requests/1`)).toEqual(OK);
    }
  });

  test("Y5 a key of workspaces reaches those that were selected when it was made", async () => {
    const [one, both] = [
      await tenant.key({ workspace_ids: [tenant.own] }),
      await tenant.key({ workspace_ids: [tenant.own, tenant.foreign] }),
    ];
    const path = `/workspaces/${tenant.foreign}/signature_requests/1`;
    expect(await statusAndCode(one, "GET", path)).toEqual({ status: 403, code: "workspace_forbidden" });
    expect(await statusAndCode(both, "GET", path)).toEqual(OK);
  });

  test("Y5 a key of workspaces must name at least one, and only those of its organization", async () => {
    const other = await makeTenant();
    for (const workspace_ids of [[], [other.own], [tenant.own, other.own]]) {
      expect(await tenant.ask({ reach: "workspace", workspace_ids })).toMatchObject({
        status: 422,
        body: { errors: [{ field: "workspace_ids" }] },
      });
    }
    const answer = await tenant.ask({ reach: "organization", workspace_ids: [tenant.own] });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: "workspace_ids" }] } });
  });

  test("Y6 a workspace key creates, views, updates and deletes what belongs to its workspaces, and nothing else", async () => {
    const key = await tenant.key({ workspace_ids: [tenant.own] });
    for (const method of METHODS) {
      expect(await statusAndCode(key, method, `/workspaces/${tenant.own}/signature_requests/1`)).toEqual(OK);
      expect(await statusAndCode(key, method, "/documents/1")).toEqual(OK);
      expect(model.origins.sandbox?.seen.at(-1)?.headers["keygate-workspace-ids"]).toBe(tenant.own);
      const before = seen();
      expect(await statusAndCode(key, method, `/workspaces/${tenant.foreign}/signature_requests/1`)).toEqual({
        status: 403,
        code: "workspace_forbidden",
      });
      expect(seen()).toBe(before);
    }
  });

  test("Y6 a workspace key can read users and workspaces, and not change them", async () => {
    const key = await tenant.key({ workspace_ids: [tenant.own] });
    for (const path of ["/users/1", "/workspaces", `/workspaces/${tenant.own}`]) {
      expect(await statusAndCode(key, "GET", path)).toEqual(OK);
      const before = seen();
      for (const method of ["POST", "PATCH", "DELETE"]) {
        const { status, body } = await model.call(key, method, path, "sandbox");
        expect(status).toBe(403);
        expect(body).toMatchObject({ code: "scope_missing", lacking_in: ["reach"] });
      }
      expect(seen()).toBe(before);
    }
  });

  test("Y6 so it is in the management API: it reads members and workspaces, and sees keys of its workspaces alone", async () => {
    const { own, foreign, people } = tenant;
    const key = await tenant.key({ environment: "production", scopes: ["manage"], workspace_ids: [own] });
    const client = byKey(model.gateway, key);
    for (const path of [`/v1/members/${people.member}`, `/v1/workspaces/${own}`]) {
      expect((await client("GET", path)).status).toBe(200);
      expect((await client("PATCH", path, { name: "Other" })).status).toBe(403);
      expect((await client("DELETE", path)).status).toBe(403);
    }
    const [ours, theirs] = [
      await tenant.key({ environment: "production", workspace_ids: [own] }),
      await tenant.key({ environment: "production", workspace_ids: [foreign] }),
    ];
    expect((await client("GET", `/v1/api-keys/${ours.id}`)).status).toBe(200);
    expect((await client("GET", `/v1/api-keys/${theirs.id}`)).status).toBe(404);
    expect((await tenant.ask({ environment: "production" }, client)).status).toBe(403);
  });

  test("Y7 a key may do everything, or only read", async () => {
    for (const reached of [{}, { workspace_ids: [tenant.own] }]) {
      const full = await tenant.key({ ...reached, permission: "full-access" });
      const readOnly = await tenant.key({ ...reached, permission: "read-only" });
      for (const method of METHODS) {
        expect(await statusAndCode(full, method, "/signature_requests/1")).toEqual(OK);
        const expected = method === "GET" ? OK : { status: 403, code: "scope_missing" };
        expect(await statusAndCode(readOnly, method, "/signature_requests/1")).toEqual(expected);
      }
    }
    expect((await tenant.ask({ permission: "write-only" })).status).toBe(422);
  });

  test("Y8 an organization has 200 active keys at the most, over all reaches and environments", async () => {
    const crowded = await makeTenant();
    const kinds = ENVIRONMENTS.flatMap((environment) => [
      { environment },
      { environment, workspace_ids: [crowded.own] },
      { environment, workspace_ids: [crowded.foreign], permission: "read-only" },
    ]);
    const kindOf = (at: number) => kinds[at % kinds.length] as object;
    const keys: Key[] = [];
    while (keys.length < 199) {
      const batch = Array.from({ length: Math.min(20, 199 - keys.length) }, (_, at) => crowded.key(kindOf(at)));
      keys.push(...(await Promise.all(batch)));
    }

    const two = await Promise.all([crowded.ask(kindOf(0)), crowded.ask(kindOf(1))]);
    expect(two.map(({ status }) => status).sort()).toEqual([201, 409]);
    for (const kind of kinds) {
      const { status, body } = await crowded.ask(kind);
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: "key_quota_reached", limit: 200, detail: expect.stringContaining("200") });
    }

    expect((await crowded.owner("POST", `/v1/api-keys/${keys[0]?.id}/revoke`)).status).toBe(200);
    expect((await crowded.ask(kindOf(1))).status).toBe(201);
    expect((await crowded.ask(kindOf(2))).status).toBe(409);

    const path = `/v1/organizations/${crowded.id}`;
    expect((await crowded.owner("PATCH", path, { key_quota: 201 })).status).toBe(403);
    expect((await root("PATCH", path, { key_quota: 201 })).status).toBe(200);
    expect((await crowded.ask(kindOf(3))).status).toBe(201);
    expect((await crowded.ask(kindOf(4))).body).toMatchObject({ code: "key_quota_reached", limit: 201 });
  }, 60_000);

  describe("Y9 who manages which keys", () => {
    const KINDS = ["organization", "own", "foreign", "both"] as const;
    type Kind = (typeof KINDS)[number];
    const OF_WHOM: Record<string, readonly Kind[]> = {
      member: [],
      admin: ["organization", "own"],
      owner: KINDS,
    };
    const reachOf = (kind: Kind) => {
      const { own, foreign } = tenant;
      return { organization: {}, own: [own], foreign: [foreign], both: [own, foreign] }[kind];
    };
    const reached = (kind: Kind) => (kind === "organization" ? {} : { workspace_ids: reachOf(kind) });
    const WAYS = {
      "signed in": signedIn,
      "acting by the root token": async (...who: Parameters<typeof actingAs>) => actingAs(...who),
    };
    const CASES = Object.keys(OF_WHOM).flatMap((role) =>
      KINDS.flatMap((kind) => (Object.keys(WAYS) as (keyof typeof WAYS)[]).map((way) => ({ role, kind, way }))),
    );

    test.for(CASES)("Y9 $role, $way: view, create, rotate, revoke a key of $kind", async ({ role, kind, way }) => {
      const client = await WAYS[way](model.gateway, tenant.people[role as keyof Tenant["people"]]);
      const may = OF_WHOM[role]?.includes(kind);
      const { id, secret } = await tenant.key(reached(kind));
      const statuses = {
        view: (await client("GET", `/v1/api-keys/${id}`)).status,
        create: (await tenant.ask(reached(kind), client)).status,
        rotate: (await client("POST", `/v1/api-keys/${id}/rotate`, { grace_seconds: 60 })).status,
        revoke: (await client("POST", `/v1/api-keys/${id}/revoke`)).status,
      };
      // A member's scopes have no keys in them; for an admin, keys of workspaces elsewhere do not exist.
      const hidden = role === "member" ? 403 : 404;
      expect(statuses).toEqual(
        may
          ? { view: 200, create: 201, rotate: 200, revoke: 200 }
          : { view: hidden, create: 403, rotate: hidden, revoke: hidden },
      );
      if (!may) expect(await statusAndCode({ id, secret }, "GET", "/documents/1")).toEqual(OK);
    });

    test.for(Object.keys(OF_WHOM))(
      "Y9 the list shows to a role of %s exactly the keys that they manage",
      async (role) => {
        const fresh = await makeTenant();
        const keys = {
          organization: await fresh.key(),
          own: await fresh.key({ workspace_ids: [fresh.own] }),
          foreign: await fresh.key({ workspace_ids: [fresh.foreign] }),
          both: await fresh.key({ workspace_ids: [fresh.own, fresh.foreign] }),
        };
        const client = await signedIn(model.gateway, fresh.people[role as keyof Tenant["people"]]);
        const managed = OF_WHOM[role]?.map((kind) => keys[kind]) ?? [];
        if (role === "member") {
          expect((await client("GET", `/v1/api-keys?organization_id=${fresh.id}`)).status).toBe(403);
        } else {
          expect(await fresh.listed("", client)).toEqual(ids(...managed));
        }
      },
    );

    test("Y9 nobody makes a key that manages keys which they do not", async () => {
      const admin = actingAs(model.gateway, tenant.people.admin);
      const manage = { environment: "production", scopes: ["manage"] };
      const refused = await tenant.ask(manage, admin);
      expect(refused).toMatchObject({ status: 403, body: { code: "management_forbidden" } });
      const within = await tenant.ask({ ...manage, workspace_ids: [tenant.own] }, admin);
      expect(within.status).toBe(201);
      const ofOwner = await tenant.key(manage);
      expect((await admin("POST", `/v1/api-keys/${ofOwner.id}/rotate`, { grace_seconds: 0 })).status).toBe(403);
    });
  });

  test("Y10 an organization's first key starts its trial, and the moment is recorded", async () => {
    const fresh = await makeTenant();
    const startedAt = async () => (await fresh.owner("GET", `/v1/organizations/${fresh.id}`)).body.trial_started_at;
    expect(await startedAt()).toBeNull();
    expect((await fresh.ask({ permission: "none" })).status).toBe(422);
    expect(await startedAt()).toBeNull();
    const { created_at } = await fresh.key();
    expect(await startedAt()).toBe(created_at);
    await fresh.key({ environment: "production" });
    expect(await startedAt()).toBe(created_at);
  });

  test("Y11 the list shows environment, permission and reach, and filters on each", async () => {
    const fresh = await makeTenant();
    const kinds = ENVIRONMENTS.flatMap((environment) =>
      ["full-access", "read-only"].flatMap((permission) =>
        REACHES.map((reach) => ({ environment, permission, reach })),
      ),
    );
    const keys = await Promise.all(
      kinds.map((kind) => fresh.key({ ...kind, workspace_ids: kind.reach === "workspace" ? [fresh.own] : [] })),
    );
    const { body } = await fresh.owner("GET", `/v1/api-keys?organization_id=${fresh.id}`);
    const shown = body.data.map(({ environment, permission, reach }: (typeof kinds)[number]) => ({
      environment,
      permission,
      reach,
    }));
    expect(new Set(shown)).toEqual(new Set(kinds));
    expect(await fresh.listed("")).toEqual(ids(...keys));
    for (const filter of ["environment", "permission", "reach"] as const) {
      for (const value of new Set(kinds.map((kind) => kind[filter]))) {
        const matching = keys.filter((key) => key[filter] === value);
        expect(matching.length).toBe(4);
        expect(await fresh.listed(`${filter}=${value}`)).toEqual(ids(...matching));
      }
    }
    for (const [at, { environment, permission, reach }] of kinds.entries()) {
      const query = `environment=${environment}&permission=${permission}&reach=${reach}`;
      expect(await fresh.listed(query)).toEqual(ids(keys[at] as Key));
    }
  });

  test("Y13 a description is optional, and can be searched", async () => {
    const fresh = await makeTenant();
    const [without, plain, other] = [
      await fresh.key(),
      await fresh.key({ description: "Contracts of the Sales team" }),
      await fresh.key({ description: "Payroll" }),
    ];
    expect((await fresh.owner("GET", `/v1/api-keys/${without.id}`)).body.description).toBeNull();
    expect(await fresh.listed("q=sales")).toEqual(ids(plain));
    expect(await fresh.listed("q=PAY")).toEqual(ids(other));
    expect(await fresh.listed("q=nothing+of+that")).toEqual([]);
    await fresh.owner("PATCH", `/v1/api-keys/${without.id}`, { description: "Sales, too" });
    expect(await fresh.listed("q=sales")).toEqual(ids(plain, without));
  });

  test("Y14 a key in the URL is refused, even a valid one, and the answer says to move it to the header", async () => {
    const key = await tenant.key();
    const before = seen();
    for (const headers of [{}, bearing(key)]) {
      for (const query of [
        `api_key=${key.secret}`,
        `page=2&anything=${key.secret}`,
        `access_token=Bearer%20${key.secret}`,
      ]) {
        const response = await fetch(`${model.gateway.base("sandbox")}/documents/1?${query}`, { headers });
        const text = await response.text();
        expect(response.status).toBe(401);
        expect(JSON.parse(text)).toMatchObject({
          code: "credentials_in_url",
          fix: expect.stringContaining("Move the key to the header `Authorization: Bearer"),
        });
        expect(text).not.toContain(key.secret);
      }
    }
    expect(seen()).toBe(before);
  });

  describe("what a change brings, and when", { concurrent: true }, () => {
    test("Y12 a rotated key has two secrets that work for the grace, and then the new one alone", async () => {
      const old = await tenant.key();
      expect(await statusAndCode(old, "GET", "/documents/1")).toEqual(OK);
      const graceMs = 3_000;
      const askedAt = Date.now();
      const rotated = await tenant.owner("POST", `/v1/api-keys/${old.id}/rotate`, { grace_seconds: graceMs / 1000 });
      const rotatedAt = Date.now();
      expect(rotated).toMatchObject({ status: 200, body: { id: old.id } });
      const renewed = rotated.body as Key;
      expect(renewed.secret).not.toBe(old.secret);
      expect(await statusAndCode(renewed, "GET", "/documents/1")).toEqual(OK);

      let [sentAt, answer] = [0, OK as Awaited<ReturnType<typeof statusAndCode>>];
      let admittedAt = 0;
      for (; answer.status === 200; await wait(20)) {
        admittedAt = sentAt;
        sentAt = Date.now();
        answer = await statusAndCode(old, "GET", "/documents/1");
      }
      expect(answer).toEqual({ status: 401, code: "key_expired" });
      expect(Date.now()).toBeGreaterThanOrEqual(askedAt + graceMs);
      expect(admittedAt).toBeGreaterThan(rotatedAt);
      expect(admittedAt).toBeLessThanOrEqual(rotatedAt + graceMs);
      expect(await statusAndCode(renewed, "GET", "/documents/1")).toEqual(OK);
    });

    test("Y12 a key can be revoked at once, and its secrets of before a rotation with it", async () => {
      const old = await tenant.key();
      const { body } = await tenant.owner("POST", `/v1/api-keys/${old.id}/rotate`, { grace_seconds: 3_600 });
      const ask = async () => [
        await statusAndCode(old, "GET", "/documents/1"),
        await statusAndCode(body, "GET", "/documents/1"),
      ];
      const { before, after } = await across(() => tenant.owner("POST", `/v1/api-keys/${old.id}/revoke`), ask);
      expect(before).toEqual([OK, OK]);
      const revoked = { status: 401, code: "key_revoked" };
      for (const answers of after) expect(answers).toEqual([revoked, revoked]);
    });

    test("Y15 a key goes on when the member who made it leaves, for it is the organization's", async () => {
      const fresh = await makeTenant();
      const key = await fresh.key({}, await signedIn(model.gateway, fresh.people.admin));
      const removal = () => fresh.owner("DELETE", `/v1/members/${fresh.people.admin}`);
      const { before, after } = await across(removal, () => statusAndCode(key, "GET", "/documents/1"));
      expect(before).toEqual(OK);
      for (const answer of after) expect(answer).toEqual(OK);
      const organizations = model.origins.sandbox?.seen.map(({ headers }) => headers["keygate-organization-id"]);
      expect(organizations).toContain(fresh.id);
      expect(await fresh.listed("status=active")).toEqual(ids(key));
      expect((await fresh.owner("POST", `/v1/api-keys/${key.id}/rotate`, { grace_seconds: 60 })).status).toBe(200);
    });
  });
});
