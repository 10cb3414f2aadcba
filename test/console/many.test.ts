/** An organization with more members and workspaces than a form lists. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { controlOf } from "../helpers/control.ts";
import { migrate } from "../helpers/workerd.ts";
import { call, makeMember } from "../management/call.ts";
import { Browser, fill, formTo, type Page, type PageForm } from "./browser.ts";
import { pathsOf } from "./go/hits.ts";
import { makeWorld, visitorOf, type World } from "./world.ts";

const MANY = 201;
let world: World;
let owner: Browser;
/** The newest. */
let workspaceId: string;
let memberId: string;

beforeAll(async () => {
  await migrate();
  world = await makeWorld();
  const { organizationId } = world;
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})`;
  const end = organizationId.slice(4);
  await env.DB.batch([
    env.DB.prepare(
      `${numbers} INSERT INTO workspaces (id, organization_id, name, created_at, version)
       SELECT 'ws_' || i || ?2, ?1, 'Place ' || i, 1e13 + i, 'v' FROM n`,
    ).bind(organizationId, end),
    env.DB.prepare(
      `${numbers} INSERT INTO members (id, organization_id, email, name, role, created_at, version)
       SELECT 'mem_' || i || ?2, ?1, 'n' || i || '@many.test', 'Person ' || i, 'member', 1e13 + i, 'v' FROM n`,
    ).bind(organizationId, end),
  ]);
  [workspaceId, memberId] = [`ws_${MANY}${end}`, `mem_${MANY}${end}`];
  owner = await visitorOf({ ...controlOf(), now: Date.now }, world);
});

describe("The search finds the newest of many", () => {
  test.for<[what: string, text: () => string, path: () => string]>([
    ["member by the email address", () => `N${MANY}@MANY.test`, () => `/members/${memberId}`],
    ["member by part of the email address", () => `${MANY}@many`, () => `/members/${memberId}`],
    ["member by the name", () => `person ${MANY}`, () => `/members/${memberId}`],
    ["member by the id", () => memberId, () => `/members/${memberId}`],
    ["workspace by the name", () => `place ${MANY}`, () => `/workspaces/${workspaceId}`],
    ["workspace by the id", () => workspaceId, () => `/workspaces/${workspaceId}`],
  ])("%s", async ([, text, path]) => {
    expect(await pathsOf(owner, text())).toContain(path());
  });

  test("and for no other organization, and not by a pattern", async () => {
    const elsewhere = await visitorOf({ ...controlOf(), now: Date.now }, await makeWorld());
    for (const text of [`n${MANY}@many.test`, memberId, workspaceId, `Place ${MANY}`]) {
      expect(await pathsOf(elsewhere, text)).toEqual([]);
    }
    for (const text of ["Person%", "n_01@many.test"]) expect(await pathsOf(owner, text)).toEqual([]);
  });
});

describe("A form that does not list all workspaces says so, and takes the id of another one", () => {
  const SAYS = "At most 200 are listed. For another one, write its id";
  const tick = (form: PageForm, name: string, value: string): PageForm => {
    const found = form.controls.find((one) => one.name === name && one.value === value);
    if (!found) throw new Error(`no ${name} ${value}`);
    for (const one of form.controls) if (one.name === name && found.type === "radio") one.checked = false;
    found.checked = true;
    return form;
  };
  const reached = async (page: Page) => {
    const { body } = await call("GET", `/v1/api-keys/${/\/keys\/(key_\w+)/.exec(page.html)?.[1]}`);
    return body.workspace_ids;
  };

  test("for a new key, and for a key", async () => {
    const page = await owner.open("/keys/new");
    expect(page.text).toContain(SAYS);
    const form = fill(formTo(page, "/keys/new"), { name: "far away", workspace_ids: ` ${workspaceId} ` });
    tick(tick(tick(form, "environment", "sandbox"), "reach", "workspace"), "scopes", "signatures:read");
    const made = await owner.submit(page, tick(form, "permission", "full-access"), ["intent", "create"]);
    expect(made.text).toContain("Key created");
    expect(await reached(made)).toEqual([workspaceId]);

    const path = `/keys/${/\/keys\/(key_\w+)/.exec(made.html)?.[1]}/edit`;
    const edit = await owner.open(path);
    expect(edit.text).toContain(SAYS);
    const next = workspaceId.replace(`${MANY}`, `${MANY - 1}`);
    const review = await owner.submit(edit, fill(formTo(edit, path), { workspace_ids: next }), ["intent", "review"]);
    expect(review.text).toContain(`Place ${MANY - 1}`);
    await owner.submit(review, formTo(review, path), ["intent", "save"]);
    expect((await reached(made)).sort()).toEqual([next, workspaceId].sort());
  });

  test("for a new member, and for a member", async () => {
    const page = await owner.open("/members");
    expect(page.text).toContain(SAYS);
    const form = fill(formTo(page, "/members"), { name: "Far", workspace_ids: workspaceId });
    const back = await owner.submit(page, tick(form, "role", "member"));
    expect(back.status).toBe(422);
    const fixed = fill(formTo(back, "/members"), { email: "far@many.test" });
    expect((await owner.submit(back, fixed)).status).toBe(201);
    const [path] = await pathsOf(owner, "far@many.test");
    expect((await call("GET", `/v1${path}`)).body.workspace_ids).toEqual([workspaceId]);

    const edit = await owner.open(path as string);
    expect(edit.text).toContain(SAYS);
    const wrong = await owner.submit(edit, fill(formTo(edit, path as string), { workspace_ids: "ws_unknown" }));
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain('id="workspace_ids-problem"');
  });

  test("but not to those who can choose no other, and keeps no id that they cannot give", async () => {
    const { id } = await makeMember(world.organizationId, { role: "admin", workspace_ids: [world.workspaceId] });
    const admin = await Browser.signedIn({ ...controlOf(), now: Date.now }, id);
    const page = await admin.open("/members");
    expect(page.text).not.toContain("are listed");
    const form = tick(fill(formTo(page, "/members"), { email: "by@many.test", name: "By" }), "role", "member");
    const foreign = form.controls.find(({ name, disabled }) => name === "workspace_ids" && disabled);
    Object.assign(foreign ?? {}, { disabled: false, checked: true });
    const refused = await admin.submit(page, form);
    expect(refused.status).toBe(403);
    await admin.submit(refused, formTo(refused, "/members"));
    expect(await pathsOf(owner, "by@many.test")).toHaveLength(1);
  });

  test("but not if it lists them all", async () => {
    const few = await visitorOf({ ...controlOf(), now: Date.now }, await makeWorld());
    for (const path of ["/keys/new", "/members"]) expect((await few.open(path)).text).not.toContain("are listed");
  });
});

test.each<[string, string, string[]]>([
  [
    "/keys",
    "At most 200 are listed. The pages Members and Workspaces have a link to the keys of each.",
    ["/members", "/workspaces"],
  ],
  ["/audit", "At most 200 members are listed. The page of each member has a link to their actions.", []],
])("The filters of %s say that they do not list all, and where to find the others", async (path, says, links) => {
  const page = await owner.open(path);
  expect(page.text).toContain(says);
  for (const link of links) expect((await owner.open(link)).status).toBe(200);
  const few = await visitorOf({ ...controlOf(), now: Date.now }, await makeWorld());
  expect((await few.open(path)).text).not.toContain("At most");
});
