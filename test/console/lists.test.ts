/** Lists with more entries than a page or a form shows. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { controlOf } from "../helpers/control.ts";
import { migrate } from "../helpers/workerd.ts";
import { makeKey, makeMember, makeOrganization, makeWorkspace, setUp } from "../management/call.ts";
import { Browser, type Page } from "./browser.ts";
import { platformTeam } from "./world.ts";

beforeAll(migrate);

const NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";
const addMembers = (count: number, organizationId: string) =>
  env.DB.prepare(
    `${NUMBERS} INSERT INTO members (id, organization_id, email, name, role, created_at)
     SELECT 'mem_' || i || ?2, ?2, 'm' || i || '@acme.test', 'Member ' || i, 'member', i FROM n`,
  )
    .bind(count, organizationId)
    .run();
/** Older than any that a test makes otherwise. */
const addWorkspaces = (count: number, organizationId: string) =>
  env.DB.prepare(
    `${NUMBERS} INSERT INTO workspaces (id, organization_id, name, created_at)
     SELECT 'ws_' || i || ?2, ?2, 'Workspace ' || i, i FROM n`,
  )
    .bind(count, organizationId)
    .run();
const addSessions = (count: number, { organization_id, id }: { organization_id: string; id: string }) =>
  env.DB.prepare(
    `${NUMBERS} INSERT INTO sessions (id, hash, organization_id, member_id, created_at, last_seen_at, expires_at, version)
     SELECT 'ses_' || i || ?3, 'hash of ' || i || ?3, ?2, ?3, i, ?4, ?4 + 3600000, 'v' FROM n`,
  )
    .bind(count, organization_id, id, Date.now())
    .run();

const visiting = (memberId: string) => Browser.signedIn({ ...controlOf(), now: Date.now }, memberId);

const nextOf = ({ html }: Page) => /<a [^>]*rel="next" href="([^"]*)"/.exec(html)?.[1];

async function pagesOf(browser: Browser, path: string): Promise<Page[]> {
  const pages: Page[] = [];
  for (let at: string | undefined = path; at !== undefined; at = nextOf(pages.at(-1) as Page)) {
    pages.push(await browser.open(at));
  }
  return pages;
}

const countOf = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

describe("A list with more entries than a page has", () => {
  test("shows the platform team every member of an organization, page by page", async () => {
    const { id } = await makeOrganization();
    await addMembers(51, id);
    const team = await platformTeam();
    const pages = await pagesOf(team, `/organizations/${id}`);
    const names = pages.map(({ text }) => countOf(text, /Member \d+ member,/g));
    expect(names).toEqual([50, 1]);
    expect(pages[1]?.text).toContain("Member 51 member, m51@acme.test");
  });

  test("shows every session of a member, to them and to an owner", async () => {
    const { organization, member } = await setUp();
    const other = await makeMember(organization.id, { role: "member" });
    await addSessions(51, other);
    const ends = (pages: readonly Page[]) => pages.map(({ html }) => countOf(html, /\/sessions\/ses_\w+\/end"/g));
    expect(ends(await pagesOf(await visiting(member.id), `/members/${other.id}`))).toEqual([50, 1]);
    // Their own present one cannot be ended here.
    expect(ends(await pagesOf(await visiting(other.id), "/sessions"))).toEqual([50, 1]);
  });

  test("offers to end all other sessions on each of its pages, also with the present one alone", async () => {
    const { organization } = await setUp();
    const offered = async (others: number) => {
      const member = await makeMember(organization.id);
      if (others > 0) await addSessions(others, member);
      const pages = await pagesOf(await visiting(member.id), "/sessions");
      return pages.map(({ text }) => text.includes("End all others"));
    };
    expect(await offered(0)).toEqual([false]);
    expect(await offered(1)).toEqual([true]);
    expect(await offered(50)).toEqual([true, true]);
  });

  test("refuses a cursor that is not its own, instead of an empty list", async () => {
    const { organization, member } = await setUp();
    const team = await platformTeam();
    expect((await team.open(`/organizations/${organization.id}?cursor=wrong`)).status).toBe(422);
    const owner = await visiting(member.id);
    for (const path of ["/sessions", `/members/${member.id}`, "/members", "/workspaces", "/key-requests"]) {
      expect((await owner.open(`${path}?cursor=wrong`)).status, path).toBe(422);
    }
  });
});

describe("In an organization with more workspaces than a form lists", () => {
  async function crowded() {
    const { organization, member, keyBody } = await setUp();
    await addWorkspaces(200, organization.id);
    const last = await makeWorkspace(organization.id);
    const admin = await makeMember(organization.id, { name: "Admin", role: "admin", workspace_ids: [last.id] });
    return { organization, member, keyBody, last, admin };
  }
  const offeredBy = ({ forms }: Page) =>
    forms.flatMap(({ controls }) => controls.filter(({ name }) => name === "workspace_ids"));

  test("a member can choose their own, which comes after those", async () => {
    const { admin, last } = await crowded();
    const browser = await visiting(admin.id);
    const page = await browser.open("/keys/new");
    expect(page.text).not.toContain("You are not in any workspace.");
    expect(offeredBy(page).map(({ value }) => value)).toEqual([last.id]);
    expect(offeredBy(await browser.open("/members")).find(({ value }) => value === last.id)?.disabled).toBe(false);
  });

  test("it has its name on the pages of its keys and members, and stays the filter of a list", async () => {
    const { keyBody, member, last } = await crowded();
    const key = await makeKey({ ...keyBody, reach: "workspace", workspace_ids: [last.id] });
    const browser = await visiting(member.id);
    for (const path of [`/keys/${key.id}`, "/members"]) expect((await browser.open(path)).text).toContain("Sales");
    const page = await browser.open(`/keys?workspace_id=${last.id}`);
    expect(page.html).toContain(`<option value="${last.id}" selected="">Sales</option>`);
    expect(page.text).toContain("Workspace: Sales");
  });
});

test("The list of keys stays filtered by a member who comes after those that its filter lists", async () => {
  const { organization, member } = await setUp();
  await addMembers(201, organization.id);
  const last = await makeMember(organization.id, { role: "member" });
  const page = await (await visiting(member.id)).open(`/keys?member_id=${last.id}`);
  expect(page.html).toContain(`<option value="${last.id}" selected="">`);
});
