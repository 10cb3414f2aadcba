/** The audit trail as people read it. */

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ACTIONS, wordsOf } from "../../../src/console/audit/sentences.ts";
import { AT_START, controlOf } from "../../helpers/control.ts";
import { migrate } from "../../helpers/workerd.ts";
import { CONTROL, call, makeKey, makeMember, setUp, worker } from "../../management/call.ts";
import { Browser, formTo } from "../browser.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
beforeAll(migrate);

async function world() {
  const { organization, member, workspace, keyBody } = await setUp({ name: "Acme" });
  const key = await makeKey({ ...keyBody, name: "billing-prod", scopes: ["signatures:read"] });
  const browser = await Browser.signedIn(controlOf(), member.id);
  return { organization, member, workspace, key, browser };
}

describe("The audit trail", () => {
  test("says in a sentence who did what to which thing, by their names", async () => {
    const { browser, key, member, organization, workspace } = await world();
    await browser.send(`/keys/${key.id}/revoke`, [["reason", "leaked"]]);
    const nell = await makeMember(organization.id, { name: "Nell" });
    await call("POST", "/v1/sign-in-links", { member_id: nell.id });
    const { text, html } = await browser.open("/audit");
    const name = (await call("GET", `/v1/members/${member.id}`)).body.name;
    expect(text).toContain(`${name} revoked the key billing-prod , reason: leaked`);
    expect(text).toContain("the root token created the key billing-prod");
    expect(text).toContain("the root token added the member Nell");
    expect(text).toContain("the root token created a sign-in link for Nell");
    expect(text).toContain(`${name} signed in`);
    expect(text).toContain(`the root token created the workspace ${workspace.name}`);
    expect(text).toContain("the root token created the organization Acme");
    expect(html).toContain(`href="/audit?target=${key.id}"`);
    expect(html).toContain(`href="/audit?actor=${member.id}"`);
  });

  test("folds the details, which still have every id and the request", async () => {
    const { browser, key } = await world();
    const { html } = await browser.open(`/audit?target=${key.id}`);
    const [details = ""] = /<details class="aside">[\s\S]*?<\/details>/.exec(html) ?? [];
    for (const part of [key.id, "api_key.created", "req_", "signatures:read"]) expect(details).toContain(part);
    expect(details).toContain(`href="/keys/${key.id}"`);
  });

  test("names a key that its page shows, and what is no longer there by what its events tell", async () => {
    const { browser, key, workspace } = await world();
    expect((await browser.open(`/keys/${key.id}/history`)).text).toContain(
      "the root token created the key billing-prod",
    );
    await call("DELETE", `/v1/workspaces/${workspace.id}`);
    expect((await browser.open("/audit")).text).toContain(`deleted the workspace ${workspace.name}`);
  });

  test("is filtered by picking, also by what no list has", async () => {
    const { browser, key } = await world();
    const page = await browser.open("/audit?action=api_key.created&actor=mem_gone");
    const controls = formTo(page, "/audit").controls.map(({ name, value }) => [name, value]);
    expect(controls.slice(0, 2)).toEqual([
      ["action", "api_key.created"],
      ["actor", "mem_gone"],
    ]);
    expect(page.text).toContain("No events match. Show all events");
    const found = await browser.open(`/audit?action=api_key.created&actor=root&target=${key.id}`);
    expect(found.text).toContain("created the key billing-prod");
  });

  test("folds its filters, and says which are set and how to remove each", async () => {
    const { browser, key, member } = await world();
    const folded = ({ html }: { html: string }) =>
      /<details class="drop"[^>]*>[\s\S]*?<\/details>/.exec(html)?.[0] ?? "";
    const plain = folded(await browser.open("/audit"));
    expect(plain).toMatch(/^<details class="drop"><summary[^>]*>Filters<\/summary>/);
    for (const name of ["action", "actor", "target", "from", "to"]) expect(plain).toContain(`name="${name}"`);
    const set = await browser.open(`/audit?action=session.created&actor=${member.id}&target=${key.id}&from=2026-01-01`);
    expect(folded(set)).toContain("Filters (4)");
    const name = (await call("GET", `/v1/members/${member.id}`)).body.name;
    for (const chip of ["What: Signed in", `Who: ${name}`, `To what (id): ${key.id}`, "From (UTC): 2026-01-01"]) {
      expect(set.text).toContain(`${chip} × , remove`);
    }
    expect(set.html).toContain(`href="/audit?action=session.created&amp;actor=${member.id}&amp;from=2026-01-01"`);
    expect(set.text).toContain("Clear all");
    expect(folded(await browser.open("/audit?from=never"))).toMatch(/^<details class="drop" open/);
  });

  test("is exported whole, also beyond what one read holds", async () => {
    const { browser, organization, key } = await world();
    const { env } = await import("cloudflare:workers");
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
       INSERT INTO audit_events (id, at, organization_id, actor, action, target, details, request_id)
       SELECT 'evt_' || i || ?1, i, ?1, 'root', 'api_key.changed', ?2, '{}', 'req_1' FROM n`,
    )
      .bind(organization.id, key.id)
      .run();
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await worker.fetch(`${CONTROL}/audit/events.ndjson?action=api_key.changed`, {
      headers: { Cookie: cookie, "Sec-Fetch-Site": "same-origin" },
    });
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="audit-events.ndjson"');
    const lines = (await response.text()).trimEnd().split("\n");
    expect(new Set(lines.map((line) => JSON.parse(line).id)).size).toBe(12_000);
  });
});

test("an action without words is named as it is", () => {
  expect(wordsOf("toString")).toEqual({ name: "toString", deed: "toString:" });
  expect(new Set(ACTIONS.map((action) => wordsOf(action).name)).size).toBe(ACTIONS.length);
});
