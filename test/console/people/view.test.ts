/** The platform team looks at the console as a member sees it: everything, and no change. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { consolePages } from "../../../src/console/console.tsx";
import { migrate } from "../../helpers/workerd.ts";
import { auditOf, call, makeMember } from "../../management/call.ts";
import type { Browser } from "../browser.ts";
import { makeWorld, platformTeam, type World } from "../world.ts";

await migrate();
let world: World;
let workspaceId: string;
let memberId: string;
let team: Browser;
let looking: Browser;
let sessionId: string;

const path = (of: string) => `/organizations/${world.organizationId}/members/${of}/view`;

beforeAll(async () => {
  world = await makeWorld();
  ({ workspaceId } = world);
  memberId = (await makeMember(world.organizationId, { name: "Mia", role: "member" })).id;
  team = await platformTeam();
  looking = await platformTeam();
  const begun = await looking.send(path(world.ownerId), []);
  expect([begun.status, begun.path]).toEqual([200, "/"]);
  sessionId =
    (await env.DB.prepare("SELECT id FROM root_sessions WHERE viewed_member_id IS NOT NULL").first("id")) ?? "";
});

const BANNER = "You see the console as";

/** Every row of every table. */
async function everything(): Promise<string> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
  ).all<{ name: string }>();
  const tables = await env.DB.batch(results.map(({ name }) => env.DB.prepare(`SELECT * FROM ${name}`)));
  return JSON.stringify(tables.map(({ results }) => results));
}

/** One route for each of the words that a parameter can be. */
function spelledOut(route: string): string[] {
  const parameter = /:\w+\{([\w|-]+)\}/.exec(route);
  if (!parameter) return [route];
  return (parameter[1] as string).split("|").flatMap((word) => spelledOut(route.replace(parameter[0], word)));
}

function pathOf(route: string): string {
  const ids: Record<string, string> = {
    keys: world.keyId,
    workspaces: workspaceId,
    members: world.otherId,
    sessions: sessionId,
    organizations: world.organizationId,
    secrets: "sec_1",
    "key-requests": "krq_1",
    requests: `req_${"0".repeat(32)}`,
  };
  const segments = route.split("/");
  return segments.map((one, at) => (one.startsWith(":") ? (ids[segments[at - 1] as string] ?? one) : one)).join("/");
}

/** Fields of every form: what one does not have, it ignores. */
const FIELDS: [string, string][] = Object.entries({
  ...{
    name: "Changed",
    email: "new@acme.test",
    member_name: "New",
    role: "member",
    reason: "because",
    purpose: "work",
  },
  ...{ environment: "sandbox", reach: "organization", permission: "read-only", scopes: "signatures:read" },
  ...{ intent: "save", grace_seconds: "86400", attempt: "chg_1", count: "1", version: "ver_1" },
});

const ROUTES = [
  ...new Set(
    consolePages()
      .routes.filter(({ method, path }) => method === "POST" && !path.includes("*") && !path.startsWith("/sign-"))
      .flatMap((route) => spelledOut(route.path)),
  ),
];
const END = "/organizations/view/end";
/** They change nothing. */
const READS = ["/keys/new/summary", "/explain", "/go.json"];
const WRITES = ROUTES.filter((route) => route !== END && !READS.includes(route));

test("the table of routes has the forms", () => {
  expect(ROUTES).toEqual(expect.arrayContaining([END, ...READS, "/keys/new", "/members/:id/remove"]));
  expect(WRITES.length).toBeGreaterThan(25);
});

describe("while the platform team looks as a member, each form that changes something is refused", () => {
  test.for(WRITES)("%s", async (route) => {
    const target = pathOf(route);
    expect(target).not.toContain(":");
    const before = await everything();
    const page = await looking.send(target, [...FIELDS, ["key", world.keyId]]);
    expect([page.status, page.text]).toEqual([403, expect.stringContaining("Nothing was changed")]);
    expect(page.text).toContain(BANNER);
    expect(await everything()).toBe(before);
  });

  test("and so are methods that no form has, and forms that were opened before", async () => {
    const before = await everything();
    const cookie = looking.cookies.get("__Host-keygate_session");
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const answer = await call(method, `/keys/${world.keyId}`, undefined, {
        ...{ Authorization: "", Cookie: `__Host-keygate_session=${cookie}`, "Sec-Fetch-Site": "same-origin" },
      }).catch(() => ({ status: 403 }));
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    const opened = await looking.send(`/organizations/${world.organizationId}`, [...FIELDS, ["opened_by", "root"]]);
    expect(opened.status).toBe(403);
    expect(await everything()).toBe(before);
  });

  test("also through the management API, which knows no such session", async () => {
    const cookie = looking.cookies.get("__Host-keygate_session");
    const headers = { Authorization: "", Cookie: `__Host-keygate_session=${cookie}`, "Sec-Fetch-Site": "same-origin" };
    expect((await call("POST", `/v1/api-keys/${world.keyId}/revoke`, {}, headers)).status).toBe(401);
  });

  test.for(READS)("%s, which changes nothing, works as for the member", async (route) => {
    const before = await everything();
    expect((await looking.send(route, FIELDS)).status).not.toBe(403);
    expect(await everything()).toBe(before);
  });
});

describe("the view", () => {
  test("shows each page as the member sees it, with a banner that names them", async () => {
    for (const path of ["/", "/keys", `/keys/${world.keyId}`, "/members", "/audit", "/organization", "/guide"]) {
      const page = await looking.open(path);
      expect([path, page.status]).toEqual([path, 200]);
      expect(page.text).toContain(`${BANNER} Ada of Acme`);
    }
  });

  test("shows no more than the member's role allows", async () => {
    const browser = await platformTeam();
    const page = await browser.send(path(memberId), []);
    expect(page.text).toContain("Hello, Mia");
    expect((await browser.open("/keys")).status).toBe(403);
    expect((await browser.open("/members")).status).toBe(403);
  });

  test("is in the audit trail of the organization, and begins with nothing else than the platform team's own session", async () => {
    expect(await auditOf(world.ownerId)).toContainEqual(
      expect.objectContaining({ action: "member.viewed", actor: "root", organization_id: world.organizationId }),
    );
    const member = await makeMember(world.organizationId);
    const { body } = await call("POST", "/v1/sign-in-links", { member_id: member.id });
    const signedIn = await platformTeam();
    await signedIn.send(new URL(body.url).pathname, []);
    expect((await signedIn.send(path(world.ownerId), [])).status).toBe(401);
    expect((await signedIn.open("/")).text).not.toContain(BANNER);
  });

  test("ends by one button, after which the platform team can change things again", async () => {
    const browser = await platformTeam();
    await browser.send(path(world.ownerId), []);
    const form = (await browser.open("/keys")).forms.find(({ action }) => action === END);
    expect(form).toBeDefined();
    const ended = await browser.submit({ ...(await browser.open("/keys")) }, form as never);
    expect([ended.status, ended.path]).toEqual([200, `/organizations/${world.organizationId}`]);
    expect(ended.text).not.toContain(BANNER);
    expect((await browser.open("/keys")).path).toBe("/organizations");
  });

  test("ends when the member is removed, and is nobody else's", async () => {
    const member = await makeMember(world.organizationId, { name: "Gone" });
    const browser = await platformTeam();
    await browser.send(path(member.id), []);
    expect((await team.open("/organizations")).text).not.toContain(BANNER);
    await call("DELETE", `/v1/members/${member.id}`);
    expect((await browser.open("/keys")).path).toBe("/organizations");
  });

  test("of a member that does not exist is refused", async () => {
    expect((await team.send(path("mem_0"), [])).status).toBe(404);
  });
});
