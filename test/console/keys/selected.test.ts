/** What is done with several keys at once. */

import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AT_START, controlOf } from "../../helpers/control.ts";
import { migrate } from "../../helpers/workerd.ts";
import { CONTROL, call, makeKey, makeMember, setUp, worker } from "../../management/call.ts";
import { Browser, entriesOf, fill, formTo, type Page } from "../browser.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
beforeAll(migrate);

const control = controlOf();

async function world(count: number) {
  const { organization, member, keyBody } = await setUp({ name: "Acme" });
  const browser = await Browser.signedIn(control, member.id);
  const keys: { id: string; name: string }[] = [];
  for (let n = 0; n < count; n++)
    keys.push(await makeKey({ ...keyBody, name: `key ${n}`, scopes: ["signatures:read"] }));
  return { organization, member, keyBody, browser, keys };
}

const query = (ids: readonly string[], more: Record<string, string> = {}) =>
  new URLSearchParams([...ids.map((id): [string, string] => ["key", id]), ...Object.entries(more)]);
const statusOf = async (id: string) => (await call("GET", `/v1/api-keys/${id}`)).body.status;
const statuses = (keys: readonly { id: string }[]) => Promise.all(keys.map(({ id }) => statusOf(id)));
const formOf = (page: Page, deed: string) => formTo(page, `/keys/selected/${deed}`);

describe("The keys that are selected in the list", () => {
  test("are sent by its form, whose buttons lead to the pages that ask", async () => {
    const { browser, keys } = await world(2);
    const page = await browser.open("/keys?q=key&sort=name");
    const form = formTo(page, "/keys/selected/export.csv");
    expect(form.method).toBe("get");
    expect(page.html).toContain('formaction="/keys/selected/revoke"');
    expect(page.html).toContain('formaction="/keys/selected/disable"');
    for (const box of form.controls) if (box.type === "checkbox") box.checked = true;
    expect(entriesOf(form)).toEqual([...keys.map(({ id }) => ["key", id]), ["back", "/keys?q=key&sort=name"]]);
  });

  test("are revoked, twenty in one flow, with one reason, once their number was typed", async () => {
    const { browser, keys, organization } = await world(20);
    const back = "/keys?status=active&sort=name";
    const asked = await browser.open(
      `/keys/selected/revoke?${query(
        keys.map(({ id }) => id),
        { back },
      )}`,
    );
    expect(asked.text).toContain("Revoke 20 keys");
    for (const { name } of keys) expect(asked.text).toContain(name);
    const unsure = await browser.submit(asked, fill(formOf(asked, "revoke"), { reason: "leaked laptop" }));
    expect(unsure.status).toBe(422);
    expect(unsure.html).toContain('id="count-problem"');
    expect(unsure.html).toContain('value="leaked laptop"');
    expect(new Set(await statuses(keys))).toEqual(new Set(["active"]));
    const done = await browser.submit(unsure, fill(formOf(unsure, "revoke"), { count: "20" }));
    expect(done.status).toBe(200);
    expect(done.text).toContain("20 keys are revoked.");
    expect(done.html).toContain(`href="${back.replaceAll("&", "&amp;")}"`);
    expect(new Set(await statuses(keys))).toEqual(new Set(["revoked"]));
    const { body } = await call("GET", `/v1/audit-events?organization_id=${organization.id}&action=api_key.revoked`);
    expect(body.data).toHaveLength(20);
    expect(new Set(body.data.map(({ details }: { details: { reason: string } }) => details.reason))).toEqual(
      new Set(["leaked laptop"]),
    );
  });

  test("are shown with what is at stake before they are revoked, those in use first", async () => {
    const { browser, keys, keyBody } = await world(2);
    const main = await makeKey({ ...keyBody, name: "main", environment: "production", scopes: ["signatures:read"] });
    const used = (id: string, at: number) =>
      env.DB.prepare("UPDATE api_keys SET last_used_at = ? WHERE id = ?").bind(at, id).run();
    await used(main.id, Date.now() - 3_600_000);
    await used((keys[1] as (typeof keys)[0]).id, Date.now() - 3 * 86_400_000);
    const ids = [...keys.map(({ id }) => id), main.id];
    const page = await browser.open(`/keys/selected/revoke?${query(ids)}`);
    expect(page.text).toContain("1 of 3 is a production key, 1 was used in the last 24 hours.");
    expect([...page.html.matchAll(/<a href="\/keys\/(key_\w+)">/g)].map(([, id]) => id)).toEqual([
      main.id,
      ...ids.slice(0, 2).toReversed(),
    ]);
    expect(page.html).toMatch(/<code title="kg_\w+_…(.{4})">…\1<\/code>/);
  });

  test("are disabled, and those that cannot be are named one by one, with the reason", async () => {
    const { browser, keys } = await world(3);
    const [first, revoked, last] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0]];
    const asked = await browser.open(`/keys/selected/disable?${query(keys.map(({ id }) => id))}`);
    await call("POST", `/v1/api-keys/${revoked.id}/revoke`);
    const done = await browser.submit(asked, formOf(asked, "disable"));
    expect(done.text).toContain("2 keys are disabled.");
    expect(done.text).toMatch(/1 key was not disabled: *key 1 *: The key is revoked/);
    expect(await statuses([first, revoked, last])).toEqual(["disabled", "revoked", "disabled"]);
  });

  test("are changed once, however often the form is sent", async () => {
    const { browser, keys, organization } = await world(2);
    const asked = await browser.open(`/keys/selected/revoke?${query(keys.map(({ id }) => id))}`);
    const form = fill(formOf(asked, "revoke"), { count: "2" });
    for (let n = 0; n < 2; n++) expect((await browser.submit(asked, form)).text).toContain("2 keys are revoked.");
    const { body } = await call("GET", `/v1/audit-events?organization_id=${organization.id}&action=api_key.revoked`);
    expect(body.data).toHaveLength(2);
  });

  test("are left alone if they are another organization's, or beyond the visitor's rights", async () => {
    const { browser, keys } = await world(1);
    const other = await world(1);
    const ids = [...keys, ...other.keys].map(({ id }) => id);
    const asked = await browser.open(`/keys/selected/revoke?${query(ids)}`);
    expect(asked.text).toContain("1 key of the selection is not yours to see any more, and will be left out.");
    const done = await browser.submit(asked, fill(formOf(asked, "revoke"), { count: "2" }));
    expect(done.text).toContain("1 key is revoked.");
    expect(done.text).toContain("1 key was not revoked:");
    expect(await statuses(other.keys)).toEqual(["active"]);
    const plain = await makeMember(other.organization.id, { name: "Plain", role: "member" });
    const member = await Browser.signedIn(control, plain.id);
    const path = "/keys/selected/revoke";
    expect((await member.open(`${path}?${query([other.keys[0]?.id as string])}`)).status).toBe(403);
    const sent = await member.send(path, [
      ["key", other.keys[0]?.id as string],
      ["count", "1"],
    ]);
    expect(sent.status).toBe(403);
    expect(await statuses(other.keys)).toEqual(["active"]);
  });

  test.for(["disable", "revoke", "export.csv"])("have to be some: without any, %s says so", async (deed) => {
    const { browser } = await world(0);
    const page = await browser.open(`/keys/selected/${deed}?back=${encodeURIComponent("/keys?view=never")}`);
    expect(page.status).toBe(422);
    expect(page.text).toContain("Select at least one key first");
    expect(page.html).toContain('href="/keys?view=never"');
    if (deed !== "export.csv")
      expect((await browser.send(`/keys/selected/${deed}`, [["count", "0"]])).status).toBe(422);
  });

  test("count once each, and never more than a page holds", async () => {
    const { browser, keys } = await world(1);
    const [key = { id: "" }] = keys;
    const asked = await browser.open(`/keys/selected/revoke?${query([key.id, key.id])}`);
    expect(asked.text).toContain("Revoke 1 key");
    const many = Array.from({ length: 80 }, (_, n) => `key_${n}`);
    expect((await browser.open(`/keys/selected/revoke?${query([...many, key.id])}`)).text).toContain("Revoke 50 keys");
  });

  test.for(["https://evil.test/", "//evil.test", "/keys?next=//evil.test&q=a", "/members", "javascript:alert(1)"])(
    "lead back to the list only, not to %s",
    async (back) => {
      const { browser, keys } = await world(1);
      const page = await browser.open(`/keys/selected/disable?${query([keys[0]?.id as string], { back })}`);
      const cancel = /<a class="button quiet" href="([^"]*)"/.exec(page.html)?.[1];
      expect(cancel).toBe(back.includes("q=a") ? "/keys?q=a" : "/keys");
    },
  );
});

describe("The file of keys", () => {
  const cookie = ({ cookies }: Browser) => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const read = async (browser: Browser, path: string) => {
    const response = await worker.fetch(`${CONTROL}${path}`, {
      headers: { Cookie: cookie(browser), "Sec-Fetch-Site": "same-origin" },
    });
    return { headers: response.headers, lines: (await response.text()).split("\r\n") };
  };

  test("has every key that the list shows, beyond its page, and no formulas", async () => {
    const { browser, keyBody } = await world(0);
    for (let n = 0; n < 60; n++)
      await makeKey({ ...keyBody, name: `=cmd ${n}`, scopes: ["signatures:read", "folders:read"] });
    await makeKey({ ...keyBody, name: "other" });
    const { headers, lines } = await read(browser, "/keys/export.csv?q=cmd&sort=name");
    expect(headers.get("content-disposition")).toBe('attachment; filename="api-keys.csv"');
    expect(headers.get("cache-control")).toContain("no-store");
    expect(lines[0]).toBe(
      "id,name,description,environment,hint,status,status_reason,permission,scopes,reach,workspace_ids,member_id,plan,created_at,last_used_at,expires_at,revoked_at",
    );
    expect(lines).toHaveLength(62);
    expect(lines[1]).toMatch(/^"key_[^"]*","'=cmd 0","","sandbox","kg_test_….{4}","active","",/);
    expect(lines[1]).toMatch(/"(signatures:read folders:read|folders:read signatures:read)"/);
  });

  test("has those that are selected, and none of others", async () => {
    const { browser, keys } = await world(3);
    const other = await world(1);
    const ids = [keys[2]?.id, keys[0]?.id, other.keys[0]?.id] as string[];
    const { lines } = await read(browser, `/keys/selected/export.csv?${query(ids)}`);
    expect(lines.slice(1, -1).map((line) => line.slice(1, line.indexOf('",')))).toEqual(ids.slice(0, 2));
  });

  test("goes on where one read ends", async () => {
    const { browser, keyBody, organization } = await world(0);
    await makeKey({ ...keyBody, name: "one" });
    const columns = "organization_id, environment, reach, permission, name, created_at, expires_at, version";
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
       INSERT INTO api_keys (id, ${columns}) SELECT 'key_many_' || i || ?1, ?1, 'sandbox', 'organization', 'full-access', 'many', 1, 4000000000000, 'v' FROM n`,
    )
      .bind(organization.id)
      .run();
    const { lines } = await read(browser, "/keys/export.csv");
    expect(lines).toHaveLength(603);
  });
});
