/** The search from anywhere: what it leads to, and for whom. */

import { beforeAll, describe, expect, test } from "vitest";
import { controlOf } from "../../helpers/control.ts";
import { migrate, newSecret } from "../../helpers/workerd.ts";
import { call, makeKey, makeMember } from "../../management/call.ts";
import { Browser } from "../browser.ts";
import { makeWorld, platformTeam, visitorOf, type World } from "../world.ts";
import { hitsOf, pathsOf } from "./hits.ts";

let world: World;
let owner: Browser;
let secret: string;
let keyId: string;

beforeAll(async () => {
  await migrate();
  world = await makeWorld();
  owner = await visitorOf({ ...controlOf(), now: Date.now }, world);
  const { organizationId, ownerId } = world;
  const body = { organization_id: organizationId, member_id: ownerId, environment: "sandbox", reach: "organization" };
  const key = await makeKey({ ...body, permission: "read-only", scopes: ["signatures:read"], name: "Nightly Export" });
  ({ secret, id: keyId } = key);
});

describe("A key is found", () => {
  test.for<[what: string, text: () => string]>([
    ["part of its name", () => "ghtly ex"],
    ["its id", () => keyId],
    ["part of its id", () => keyId.slice(4, 14)],
    ["its last four characters", () => secret.slice(-4)],
    ["its secret", () => secret],
    ["its secret, pasted with blanks", () => `  ${secret}\n`],
  ])("by %s", async ([, text]) => {
    expect(await pathsOf(owner, text())).toContain(`/keys/${keyId}`);
    const page = await owner.open(`/go?q=${encodeURIComponent(text())}`);
    expect(page.html).toContain(`href="/keys/${keyId}"`);
    expect(page.html).not.toContain(secret);
  });

  test("first of all, if nothing else has the name", async () => {
    expect((await hitsOf(owner, "nightly"))[0]).toMatchObject({ kind: "Key", name: "Nightly Export" });
  });

  test("by nobody else: another organization, the platform team, a member who manages none, a stranger", async () => {
    const others = [
      await visitorOf({ ...controlOf(), now: Date.now }, await makeWorld()),
      await platformTeam(),
      await Browser.signedIn(
        { ...controlOf(), now: Date.now },
        (await makeMember(world.organizationId, { role: "member" })).id,
      ),
      new Browser(),
    ];
    for (const browser of others) {
      for (const text of ["nightly", keyId, secret, secret.slice(-4)]) {
        expect(await pathsOf(browser, text)).not.toContain(`/keys/${keyId}`);
      }
    }
  });
});

describe("The search leads", () => {
  test.for<[text: string, path: string | (() => string)]>([
    ["", "/keys/new"],
    ["overv", "/"],
    ["api k", "/keys"],
    ["nell", () => `/members/${world.otherId}`],
    ["missing scope", "/errors/scope_missing"],
    ["rate_exc", "/errors/rate_exceeded"],
    ["createapikey", "/docs/createApiKey"],
    ["/v1/usage", "/docs/readUsage"],
    ["sales", () => `/workspaces/${world.workspaceId}`],
  ])("a member from “%s” to %s", async ([text, path]) => {
    expect(await pathsOf(owner, text)).toContain(typeof path === "string" ? path : path());
  });

  test("to a name from its letters, small or capital, also beyond ASCII", async () => {
    const member = await makeMember(world.organizationId, { name: "Émile" });
    const body = { organization_id: world.organizationId, name: "Überlingen" };
    const workspace = (await call("POST", "/v1/workspaces", body)).body;
    for (const text of ["Émile", "émile", "ÉMILE"])
      expect(await pathsOf(owner, text)).toEqual([`/members/${member.id}`]);
    for (const text of ["über", "ÜBER"]) expect(await pathsOf(owner, text)).toEqual([`/workspaces/${workspace.id}`]);
  });

  test("the platform team to organizations: by name, by id, and by the email address of a member", async () => {
    const team = await platformTeam();
    for (const text of ["acme", world.organizationId, world.otherEmail.toUpperCase()]) {
      const found = await hitsOf(team, text);
      expect(found.some(({ kind }) => kind === "Organization")).toBe(true);
    }
    expect(await pathsOf(team, world.otherEmail)).toContain(`/organizations/${world.organizationId}`);
    expect(await pathsOf(team, world.organizationId)).toContain(`/organizations/${world.organizationId}`);
  });

  test("a stranger to what is open, and nowhere else", async () => {
    expect(await pathsOf(new Browser(), "")).toEqual(["/", "/guide", "/errors", "/docs"]);
    expect(await pathsOf(new Browser(), "nell")).toEqual([]);
  });

  test("nowhere from what is in no name, and says what to try", async () => {
    for (const text of ["zzzz-nothing", "<script>", "%", "a".repeat(5_000), "req_00000000000000000000000000000000"]) {
      expect(await hitsOf(owner, text)).toEqual([]);
    }
    expect((await owner.open("/go?q=zzzz-nothing")).text).toContain("Try a part of a name");
  });
});

test("what is only a secret's form is searched by its hint too, and stays in no address", async () => {
  const unknown = newSecret();
  const page = await owner.open(`/go?q=${unknown}`);
  expect(page.status).toBe(200);
  expect(page.html).not.toContain(unknown);
});
