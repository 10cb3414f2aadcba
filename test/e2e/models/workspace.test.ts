/** The rows W1 to W8: broad scopes, and plans with limits of their own. */

import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { ERRORS } from "../../../src/errors.ts";
import { codeOf, headerOf, rawRequest, sendRaw } from "../../helpers/raw.ts";
import { someAddress } from "../../helpers/seed.ts";
import { type Answer, actingAs, byKey, byRoot, type Client, made, makeOrganization, signedIn } from "./clients.ts";
import { across, runModel } from "./model.ts";
import { LANGUAGES, runSnippet, snippetOf } from "./snippets.ts";

interface Key {
  readonly id: string;
  readonly secret: string;
}

describe("A workspace with broad scopes and plans", () => {
  const model = runModel("workspace", ["production"]);
  let root: Client;
  let organizationId: string;
  let ownerId: string;
  let owner: Client;

  const fieldsOf = (fields: object) => ({
    organization_id: organizationId,
    environment: "production",
    reach: "organization",
    permission: "full-access",
    name: "production-backend",
    scopes: ["read:all"],
    ...fields,
  });
  const key = (fields: object = {}, by = owner): Promise<Key & Answer["body"]> =>
    made(by, "/v1/api-keys", fieldsOf(fields));
  const seen = () => model.origins.production?.seen ?? [];
  const OK = { status: 200, code: undefined };
  const get = async (asking: Key, path = "/projects/1", method = "GET") => {
    const { status, body } = await model.call(asking, method, path);
    return { status, code: body.code };
  };

  beforeAll(async () => {
    root = byRoot(model.gateway);
    const organization = await makeOrganization(model.gateway);
    organizationId = organization.id;
    ownerId = await organization.member("owner");
    owner = actingAs(model.gateway, ownerId);
  });

  /** A key of an organization on this plan. */
  const keyOnPlan = async (plan: string | null) => {
    const { id } = await makeOrganization(model.gateway, { plan });
    return { id, ...(await key({ organization_id: id }, root)), organizationId: id } as Key & {
      organizationId: string;
    };
  };
  const policyOf = async (asking: Key) =>
    (await model.call(asking, "GET", "/projects/1")).headers.get("ratelimit-policy");

  test("W1 a key has a name, by which it is found, audited and revoked", async () => {
    const [backend, pipeline] = [await key({ name: "production-backend-eu" }), await key({ name: "ci-pipeline" })];
    const found = async (q: string) =>
      (await owner("GET", `/v1/api-keys?organization_id=${organizationId}&q=${q}`)).body.data;
    expect(await found("ci-pipe")).toMatchObject([{ id: pipeline.id, name: "ci-pipeline" }]);
    const { body } = await owner("GET", `/v1/audit-events?organization_id=${organizationId}&target=${pipeline.id}`);
    expect(body.data).toMatchObject([{ action: "api_key.created", details: { name: "ci-pipeline" } }]);
    const [{ id }] = await found("ci-pipeline");
    expect((await owner("POST", `/v1/api-keys/${id}/revoke`)).status).toBe(200);
    expect(await get(pipeline)).toEqual({ status: 401, code: "key_revoked" });
    expect(await get(backend)).toEqual(OK);
    expect((await owner("POST", "/v1/api-keys", fieldsOf({ name: "" }))).status).toBe(422);
  });

  const CALLS = ["projects", "tasks", "team", "billing"].flatMap((resource) =>
    ["GET", "POST", "PATCH", "DELETE"].map((method) => ({ resource, method })),
  );
  const isUseful = ({ resource }: (typeof CALLS)[number]) => resource === "projects" || resource === "tasks";
  const allows: Record<string, (call: (typeof CALLS)[number]) => boolean> = {
    "read:all": ({ method }) => method === "GET",
    "write:all": (call) => isUseful(call) && (call.method === "POST" || call.method === "PATCH"),
    // There is nothing like deleting a bill.
    admin: ({ resource, method }) => !(resource === "billing" && method === "DELETE"),
  };

  test.for(Object.keys(allows))("W2 %s allows just what it stands for", async (scope) => {
    const granted = await key({ scopes: [scope] });
    for (const call of CALLS) {
      const expected = allows[scope]?.(call) ? OK : { status: 403, code: "scope_missing" };
      expect({ ...call, ...(await get(granted, `/${call.resource}/1`, call.method)) }).toEqual({
        ...call,
        ...expected,
      });
    }
  });

  test("W2 admin manages keys and members, and the two others do not", async () => {
    const manage = async (scope: string) => {
      const client = byKey(model.gateway, await key({ scopes: [scope] }));
      return [
        (await client("GET", `/v1/members?organization_id=${organizationId}`)).status,
        (await client("GET", `/v1/api-keys?organization_id=${organizationId}`)).status,
        // Half a year: a key makes none that outlives it.
        (await client("POST", "/v1/api-keys", fieldsOf({ expires_at: new Date(Date.now() + 15e9).toISOString() })))
          .status,
      ];
    };
    expect(await manage("admin")).toEqual([200, 200, 201]);
    expect(await manage("read:all")).toEqual([403, 403, 403]);
    expect(await manage("write:all")).toEqual([403, 403, 403]);
  });

  test("W3 plain HTTP is rejected where the base URL is https, with no redirect", async () => {
    const { secret } = await key({ scopes: ["admin"] });
    for (const [host, path] of [
      ["api.example.com", "/v1/projects/1"],
      ["keys.example.com", `/v1/api-keys?organization_id=${organizationId}`],
    ] as const) {
      const before = seen().length;
      const headers = [
        ["Host", host],
        ["Authorization", `Bearer ${secret}`],
      ] as const;
      const response = await sendRaw(model.gateway.port, rawRequest("GET", path, headers));
      expect(response?.status).toBe(403);
      expect(codeOf(response)).toBe("https_required");
      expect(headerOf(response, "location")).toBeUndefined();
      expect(seen().length).toBe(before);
    }
  });

  test.for([
    { what: "no header", line: undefined, code: "credentials_missing" },
    { what: "no scheme", line: "SECRET", code: "credentials_malformed" },
    { what: "another scheme", line: "Basic SECRET", code: "credentials_malformed" },
    { what: "a key cut short", line: "Bearer wk_123", code: "credentials_malformed" },
    { what: "two spaces", line: "Bearer  SECRET", code: "credentials_malformed" },
    { what: "a tab", line: "Bearer\tSECRET", code: "credentials_malformed" },
    { what: "a space in it", line: "Bearer SECR ET", code: "credentials_malformed" },
    { what: "a non-breaking space after it", line: "Bearer SECRET\xa0", code: "credentials_malformed" },
  ])("W4 a key that is missing or malformed is 401: $what", async ({ line, code }) => {
    const { secret } = await key();
    const given = line?.replace("SECR ET", `${secret.slice(0, 20)} ${secret.slice(20)}`).replace("SECRET", secret);
    const headers = [
      ["Host", `127.0.0.1:${model.gateway.port}`],
      ["CF-Connecting-IP", someAddress()],
      ...(given === undefined ? [] : [["Authorization", given] as const]),
    ] as const;
    const before = seen().length;
    const response = await sendRaw(model.gateway.port, rawRequest("GET", "/production/projects/1", headers));
    expect([response?.status, codeOf(response)]).toEqual([401, code]);
    expect(seen().length).toBe(before);
  });

  test("W4 a revoked key is 401", async () => {
    const revoked = await key();
    expect((await owner("POST", `/v1/api-keys/${revoked.id}/revoke`)).status).toBe(200);
    expect(await get(revoked)).toEqual({ status: 401, code: "key_revoked" });
  });

  test("W6 each plan has its own limits", async () => {
    expect(await policyOf(await keyOnPlan("free"))).toBe('"minute";q=60;w=60');
    expect(await policyOf(await keyOnPlan("pro"))).toBe('"minute";q=600;w=60');
    expect(await policyOf(await keyOnPlan("business"))).toBe('"second";q=100;w=1');
  });

  test("W7 the docs show one call in curl, Python and JavaScript, and each of them works", async () => {
    const { secret } = await key();
    const before = seen().length;
    const printed = await Promise.all(
      LANGUAGES.map((language) => {
        const snippet = snippetOf("first-request.md", language);
        expect(snippet).toContain("https://api.example.com/v1/");
        const code = snippet.replaceAll("https://api.example.com/v1", model.gateway.base("production"));
        return runSnippet(language, code, secret);
      }),
    );
    for (const text of printed) expect(JSON.parse(text)).toMatchObject({ method: "GET", url: "/projects" });
    const calls = seen().slice(before);
    expect(calls.map(({ method, url }) => `${method} ${url}`)).toEqual(LANGUAGES.map(() => "GET /projects"));
    const agents = calls.map(({ headers }) => headers["user-agent"]?.split("/")[0]);
    expect(agents.sort()).toEqual(["Python-urllib", "curl", "node"]);
  });

  test("the guide tells API consumers what the configuration says and what has changed in it, with no sign-in", async () => {
    const { port, base } = model.gateway;
    const response = await fetch(`http://localhost:${port}/guide`);
    expect(response.status).toBe(200);
    const text = (await response.text()).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
    const told = [base("production"), "projects:write", "write:all", "60 requests", ...Object.keys(ERRORS)];
    expect(told.filter((each) => !text.includes(each))).toEqual([]);
    const [latest, before] = [text.indexOf("2 Nov 2026 The plan free"), text.indexOf("1 Oct 2026 Keys with")];
    expect(latest).toBeGreaterThan(0);
    expect(before).toBeGreaterThan(latest);
  });

  test("W8 a key's history can be read later: created, edited, rotated and revoked, by whom and when", async () => {
    const session = await signedIn(model.gateway, ownerId);
    const manager = await key({ scopes: ["admin"] });
    const client = byKey(model.gateway, manager);
    const startedAt = Date.now();
    const { id, secret } = await key({ expires_at: new Date(startedAt + 15e9).toISOString() }, session);
    const steps: [Client, string, string, object][] = [
      [owner, "PATCH", "", { scopes: ["read:all", "write:all"], name: "renamed" }],
      [client, "POST", "/rotate", { grace_seconds: 60 }],
      [root, "POST", "/revoke", { reason: "found in a log" }],
    ];
    for (const [by, method, path, body] of steps) {
      expect((await by(method, `/v1/api-keys/${id}${path}`, body)).status).toBe(200);
    }
    const { status, body } = await owner("GET", `/v1/audit-events?organization_id=${organizationId}&target=${id}`);
    expect(status).toBe(200);
    const events = body.data.toReversed();
    expect(events).toMatchObject([
      { action: "api_key.created", actor: ownerId, via: expect.stringMatching(/^ses_/) },
      { action: "api_key.changed", actor: ownerId, via: "root" },
      { action: "api_key.rotated", actor: manager.id, via: manager.id },
      { action: "api_key.revoked", actor: "root", via: "root" },
    ]);
    expect(events[0].details).toMatchObject({ name: "production-backend", scopes: ["read:all"] });
    expect(events[1].details).toEqual({
      scopes: { from: ["read:all"], to: ["read:all", "write:all"] },
      name: { from: "production-backend", to: "renamed" },
    });
    expect(events[2].details).toMatchObject({ grace_seconds: 60 });
    expect(events[3].details).toEqual({ reason: "found in a log" });
    const times = events.map(({ at }: { at: string }) => Date.parse(at));
    expect(times).toEqual(times.toSorted((a: number, b: number) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(startedAt);
    expect(times.at(-1)).toBeLessThanOrEqual(Date.now());
    expect(JSON.stringify(body)).not.toContain(secret.slice(3, 20));
  });

  describe("what a change brings, and when", { concurrent: true }, () => {
    test("W4 a call outside of the key's scopes is 403, which says which scope to add; once added, it is let through", async () => {
      const granted = await key({ scopes: ["tasks:read"] });
      const { status, body } = await model.call(granted, "POST", "/projects");
      expect(status).toBe(403);
      expect(body).toMatchObject({
        code: "scope_missing",
        required_scopes: ["projects:write"],
        detail: expect.stringContaining("projects:write"),
        fix: expect.stringContaining("Add the required scope"),
      });
      const scopes = ["tasks:read", ...body.required_scopes];
      const ask = async () => (await model.call(granted, "POST", "/projects")).status;
      const { after } = await across(() => owner("PATCH", `/v1/api-keys/${granted.id}`, { scopes }), ask);
      expect(new Set(after)).toEqual(new Set([200]));
    });

    test("W4 too many requests are 429, with Retry-After in seconds; who waits so long is let through", async () => {
      const limited = await keyOnPlan("free");
      const answers = await Promise.all(Array.from({ length: 80 }, () => model.call(limited, "GET", "/projects/1")));
      const refused = answers.filter(({ status }) => status !== 200);
      expect(refused.length).toBeGreaterThan(0);
      for (const { status, body, headers } of refused) {
        expect([status, body.code]).toEqual([429, "rate_exceeded"]);
        expect(headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
      }
      await wait(Number(refused.at(-1)?.headers.get("retry-after")) * 1000);
      expect(await get(limited)).toEqual(OK);
    });

    test("W5 a key's scopes can be edited: more and fewer, within 2.5 seconds, and without a new key", async () => {
      const edited = await key({ scopes: ["read:all"] });
      const ask = async () => [
        (await model.call(edited, "GET", "/tasks/1")).status,
        (await model.call(edited, "POST", "/tasks")).status,
      ];
      const edit = (scopes: string[]) => () => owner("PATCH", `/v1/api-keys/${edited.id}`, { scopes });
      const more = await across(edit(["read:all", "write:all"]), ask);
      expect(more.before).toEqual([200, 403]);
      for (const statuses of more.after) expect(statuses).toEqual([200, 200]);
      for (const statuses of (await across(edit(["write:all"]), ask)).after) expect(statuses).toEqual([403, 200]);
    });

    test("W6 a change of the plan changes the limit within 2.5 seconds", async () => {
      const limited = await keyOnPlan("free");
      const onto = (plan: string) => () => root("PATCH", `/v1/organizations/${limited.organizationId}`, { plan });
      const { before, after } = await across(onto("business"), () => policyOf(limited));
      expect(before).toBe('"minute";q=60;w=60');
      expect(new Set(after)).toEqual(new Set(['"second";q=100;w=1']));
      // More than the first plan gives in this time.
      const answers = await Promise.all(Array.from({ length: 90 }, () => get(limited)));
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(65);
      expect(new Set((await across(onto("free"), () => policyOf(limited))).after)).toEqual(
        new Set(['"minute";q=60;w=60']),
      );
    });
  });
});
