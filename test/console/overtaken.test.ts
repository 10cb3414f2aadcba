/** Forms whose record someone else changed after they were opened. */

import { beforeAll, describe, expect, test } from "vitest";
import { controlOf } from "../helpers/control.ts";
import { migrate } from "../helpers/workerd.ts";
import { call, makeMember } from "../management/call.ts";
import { Browser, fill, formTo, type Page } from "./browser.ts";
import { makeWorld, platformTeam, visitorOf, type World } from "./world.ts";

let world: World;
let owner: Browser;
let team: Browser;

beforeAll(async () => {
  await migrate();
  world = await makeWorld();
  owner = await visitorOf({ ...controlOf(), now: Date.now }, world);
  team = await platformTeam();
});

const warning = ({ html }: Page) =>
  (/<div class="notice bad" id="mistakes"[\s\S]*?<\/div>/.exec(html)?.[0] ?? "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");
const fieldsIn = ({ html }: Page) => [...html.matchAll(/<a href="#([a-z_]+)">/g)].map(([, id]) => id);

/** Sends a form after someone else changed its record. */
async function overtaken(browser: Browser, path: string, change: () => Promise<unknown>, values = {}): Promise<Page> {
  const page = await browser.open(path);
  await change();
  const answer = await browser.submit(page, fill(formTo(page, path), values));
  expect(answer.status).toBe(412);
  const text = warning(answer);
  expect(text).toContain("Nothing was changed.");
  expect(text).toContain("Someone else changed this after you opened the page.");
  expect(text).not.toMatch(/ETag|If-Match|version/i);
  return answer;
}

describe("A form that others were faster than says what is stored now", () => {
  test("of a member, so that nobody gives back a role without knowing", async () => {
    const member = await makeMember(world.organizationId, { name: "Mae", role: "admin" });
    const answer = await overtaken(
      owner,
      `/members/${member.id}`,
      () => call("PATCH", `/v1/members/${member.id}`, { role: "member", workspace_ids: [world.workspaceId] }),
      { name: "Mae B" },
    );
    expect(fieldsIn(answer)).toEqual(["name", "role", "workspace_ids"]);
    expect(warning(answer)).toMatch(
      /Name : stored now is Mae Role : stored now is member Workspaces : stored now is Sales/,
    );
    await owner.submit(answer, formTo(answer, `/members/${member.id}`));
    expect((await call("GET", `/v1/members/${member.id}`)).body).toMatchObject({ name: "Mae B", role: "admin" });
  });

  test("of the visitor's own name, which is all that they can change of themselves", async () => {
    const self = await makeMember(world.organizationId, { name: "Ida", workspace_ids: [world.workspaceId] });
    const browser = await Browser.signedIn({ ...controlOf(), now: Date.now }, self.id);
    const rename = () => call("PATCH", `/v1/members/${self.id}`, { name: "Ida B" });
    const answer = await overtaken(browser, `/members/${self.id}`, rename, { name: "Ida C" });
    expect(fieldsIn(answer)).toEqual(["name"]);
  });

  test("of the organization", async () => {
    const rename = () => call("PATCH", `/v1/organizations/${world.organizationId}`, { name: "By the faster" });
    const answer = await overtaken(owner, "/organization", rename, { name: "By the slower" });
    expect(warning(answer)).toContain("stored now is By the faster");
  });

  test("of the terms of an organization", async () => {
    const path = `/organizations/${world.organizationId}`;
    const change = { plan: null, environments: ["sandbox"], key_quota: 7 };
    const answer = await overtaken(team, path, () => call("PATCH", `/v1${path}`, change));
    expect(fieldsIn(answer)).toEqual(["plan", "environments", "key_quota"]);
    expect(warning(answer)).toMatch(
      /Plan : stored now is nothing Environments : stored now is sandbox Key quota : stored now is 7/,
    );
  });

  test("of a workspace", async () => {
    const rename = () => call("PATCH", `/v1/workspaces/${world.workspaceId}`, { name: "Faster" });
    const answer = await overtaken(owner, `/workspaces/${world.workspaceId}`, rename, { name: "Slower" });
    expect(warning(answer)).toContain("stored now is Faster");
  });

  test("and if it has the same already, that there is nothing to replace", async () => {
    const rename = () => call("PATCH", `/v1/organizations/${world.organizationId}`, { name: "Same" });
    const answer = await overtaken(owner, "/organization", rename, { name: "Same" });
    expect(fieldsIn(answer)).toEqual([]);
    expect(warning(answer)).toContain("What is stored now is the same as in your form.");
  });
});

describe("A form that comes back after its member has risen above the visitor says why it is gone", () => {
  test.for<[what: string, status: number, values: Record<string, string>]>([
    ["sent as it was", 412, {}],
    ["sent with a mistake", 422, { name: "" }],
  ])("%s", async ([, status, values]) => {
    const member = await makeMember(world.organizationId, { role: "member" });
    const { id } = await makeMember(world.organizationId, { role: "admin" });
    const admin = await Browser.signedIn({ ...controlOf(), now: Date.now }, id);
    const path = `/members/${member.id}`;
    const page = await admin.open(path);
    await call("PATCH", `/v1${path}`, { role: "owner" });
    const answer = await admin.submit(page, fill(formTo(page, path), values));
    expect(answer.status).toBe(status);
    expect(warning(answer)).toContain(
      "Nothing was changed. You cannot change this member. The role owner can manage keys that you cannot.",
    );
    expect(answer.text.match(/You cannot change this member/g)).toHaveLength(1);
    expect(answer.text).not.toContain("send the form again");
    expect(fieldsIn(answer)).toEqual([]);
  });
});

test("A page that asks before it removes someone says that they were changed, in the same words", async () => {
  const member = await makeMember(world.organizationId, { name: "Leaver", role: "member" });
  const path = `/members/${member.id}/remove`;
  const rename = () => call("PATCH", `/v1/members/${member.id}`, { name: "Stayer" });
  const answer = await overtaken(owner, path, rename);
  expect(warning(answer)).toContain("Look at it before you send the form again.");
  expect((await call("GET", `/v1/members/${member.id}`)).status).toBe(200);
});
