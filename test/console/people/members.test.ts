/** The list of members, with how many keys each has. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { controlOf } from "../../helpers/control.ts";
import { migrate } from "../../helpers/workerd.ts";
import { call, makeKey, makeMember, setUp } from "../../management/call.ts";
import { Browser, fill, formTo } from "../browser.ts";
import { platformTeam } from "../world.ts";

beforeAll(migrate);

async function world() {
  const { organization, workspace, member, keyBody } = await setUp({ name: "Acme", key_quota: 1_000 });
  const [nell, guest] = [
    await makeMember(organization.id, { name: "Nell" }),
    await makeMember(organization.id, { name: "Guest", role: "member" }),
  ];
  for (const name of ["one", "two"]) await makeKey({ ...keyBody, name });
  await makeKey({ ...keyBody, name: "limited", reach: "workspace", workspace_ids: [workspace.id] });
  await makeKey({ ...keyBody, name: "Nell's", member_id: nell.id });
  return { organization, member, nell, guest, keyBody };
}

const visiting = (memberId: string) => Browser.signedIn(controlOf(), memberId);
/** What stands in the column of keys, with the link. */
const keysIn = (html: string, memberId: string) =>
  new RegExp(`href="/keys\\?member_id=${memberId}">([\\s\\S]*?)</a>`).exec(html)?.[1]?.replace(/<[^>]*>/g, "");

describe("The list of members", () => {
  test("says how many keys each has, as many as the list that the number leads to", async () => {
    const { member, nell, guest } = await world();
    const browser = await visiting(member.id);
    const { html, text } = await browser.open("/members");
    expect(keysIn(html, member.id)).toBe("3 keys of Ada");
    expect(keysIn(html, nell.id)).toBe("1 key of Nell");
    expect(keysIn(html, guest.id)).toBeUndefined();
    expect(text).toContain("0 keys");
    expect(html).toContain('<th scope="col" role="columnheader" class="number">Keys</th>');
    expect((await browser.open(`/keys?member_id=${member.id}`)).text).toContain("3 keys");
  });

  test("counts only the keys that the visitor sees", async () => {
    const { organization, member } = await world();
    // Manages the workspace keys of their own workspaces, of which they have none.
    const admin = await makeMember(organization.id, { name: "Admin", role: "admin" });
    const { html } = await (await visiting(admin.id)).open("/members");
    expect(keysIn(html, member.id)).toBe("2 keys of Ada");
  });

  test("counts no further than 100 for one member", async () => {
    const { organization, nell, keyBody } = await world();
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
       INSERT INTO api_keys (id, organization_id, member_id, environment, reach, permission, name, created_at, expires_at, version)
       SELECT 'key_' || i || ?1, ?1, ?2, 'sandbox', 'organization', 'full-access', 'nightly', 1, 2, 'v' FROM n`,
    )
      .bind(organization.id, nell.id)
      .run();
    const { html } = await (await visiting(keyBody.member_id)).open("/members");
    expect(keysIn(html, nell.id)).toBe("100+ keys of Nell");
  });
});

test("a member above the visitor has no form on their page, but the reason why", async () => {
  const { organization, member, nell, guest } = await world();
  const admin = await makeMember(organization.id, { name: "Admin", role: "admin" });
  const opened = async (of: string, by: string) => {
    const { text, forms, html } = await (await visiting(by)).open(`/members/${of}`);
    const isForm = forms.some(({ action }) => action === `/members/${of}`);
    return { isForm, canRemove: html.includes(`/members/${of}/remove`), says: text.includes("You cannot change") };
  };
  const none = { isForm: false, canRemove: false, says: true };
  const all = { isForm: true, canRemove: true, says: false };
  expect(await opened(member.id, admin.id)).toEqual(none);
  expect((await (await visiting(admin.id)).open(`/members/${member.id}`)).text).toContain(
    "You cannot change this member. The role owner can manage keys that you cannot.",
  );
  expect(await opened(guest.id, admin.id)).toEqual(all);
  expect(await opened(nell.id, member.id)).toEqual(all);
  expect(await opened(admin.id, admin.id)).toEqual({ ...all, canRemove: false });
});

describe("The form for a new member, sent again by a reload or a double click", () => {
  test.for<"an owner" | "the platform team">(["an owner", "the platform team"])(
    "adds one member, and leads to where a new invitation can be created: %s",
    async (who) => {
      const { organization, member } = await world();
      const isTeam = who === "the platform team";
      const browser = isTeam ? await platformTeam() : await visiting(member.id);
      const at = isTeam ? `/organizations/${organization.id}` : "/members";
      const action = isTeam ? `${at}/members` : at;
      const page = await browser.open(at);
      const form = fill(formTo(page, action), {
        email: "new@acme.test",
        [isTeam ? "member_name" : "name"]: "Newcomer",
      });
      for (const one of form.controls) if (one.name === "role" && one.value === "member") one.checked = true;
      const first = await browser.submit(page, form);
      expect(first.status).toBe(201);
      expect(first.text).toContain("Invitation for Newcomer");

      const again = await browser.submit(page, form);
      expect(again.status).toBe(200);
      expect(again.text).toContain("You sent the same form twice. It was done once.");
      expect(again.text).toContain("Create a new invitation for Newcomer");
      const { data } = (await call("GET", `/v1/members?organization_id=${organization.id}`)).body;
      expect(data.filter(({ name }: { name: string }) => name === "Newcomer")).toHaveLength(1);

      const other = await browser.submit(page, fill(form, { email: "other@acme.test" }));
      expect(other.status).toBe(409);
      expect(other.text).toContain("This form was sent before, with other content, and nothing was created this time.");
      expect((await browser.submit(other, formTo(other, action))).status).toBe(201);
    },
  );
});
