/** Forms that come back: with a mistake, from a review, after the session has ended, or because others were faster. */

import { env } from "cloudflare:workers";
import { afterAll, describe, expect, test, vi } from "vitest";
import { AT_START, controlOf } from "../helpers/control.ts";
import { sessionTokenFor } from "../helpers/people.ts";
import { migrate } from "../helpers/workerd.ts";
import { CONTROL, call, worker } from "../management/call.ts";
import { Browser, entriesOf, fill, formTo, type Page, type PageForm } from "./browser.ts";
import { makeWorld, platformTeam, visitorOf } from "./world.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
await migrate();
const control = controlOf();
const world = await makeWorld();
const path = `/keys/${world.keyId}`;
const keyNow = async () => (await call("GET", `/v1/api-keys/${world.keyId}`)).body;
const quota = (name: string) => ({ name, limit: 10, per: "day" });
const give = (limits: object) => call("PATCH", `/v1/api-keys/${world.keyId}`, { limits });

/** Writes into one row of the quotas. */
function writeRow(form: PageForm, row: number, [name, limit]: [string, string]): PageForm {
  const named = (field: string) => form.controls.filter((one) => one.name === field)[row];
  Object.assign(named("quota_name") ?? {}, { value: name });
  Object.assign(named("quota_limit") ?? {}, { value: limit });
  return form;
}

const signIn = async (browser: Browser, memberId: string) =>
  browser.cookies.set("__Host-keygate_session", await sessionTokenFor(control, memberId));

const keysCalled = async (name: string, organizationId: string) =>
  (await call("GET", `/v1/api-keys?organization_id=${organizationId}&q=${encodeURIComponent(name)}`)).body.data;

const press = (browser: Browser, page: Page, form: PageForm, intent: string) =>
  browser.submit(page, form, ["intent", intent]);
const editForm = (page: Page) => formTo(page, `${path}/edit`);

describe("The form for editing a key", () => {
  test("keeps a limit that was written below emptied rows, through review and editing, and saves it", async () => {
    await give({ quotas: [quota("a"), quota("b")] });
    const browser = await visitorOf(control, world);
    let page = await browser.open(`${path}/edit`);
    let form = writeRow(writeRow(writeRow(editForm(page), 0, ["", ""]), 1, ["", ""]), 2, ["c", "7"]);
    page = await press(browser, page, form, "review");
    for (let turn = 0; turn < 3; turn++) {
      page = await press(browser, page, editForm(page), "edit");
      form = editForm(page);
      expect(form.controls.filter(({ name }) => name === "quota_name").map(({ value }) => value)).toEqual(["c", ""]);
      page = await press(browser, page, form, "review");
    }
    page = await press(browser, page, editForm(page), "save");
    expect(page.text).toContain("Saved.");
    expect((await keyNow()).limits).toEqual({ rates: [], quotas: [{ name: "c", limit: 7, per: "day" }] });
  });

  test("does not drop a row whose name was emptied: it is a mistake, and nothing is saved", async () => {
    await give({ quotas: [quota("a")] });
    const browser = await visitorOf(control, world);
    const page = await browser.open(`${path}/edit`);
    const review = await press(browser, page, writeRow(editForm(page), 0, ["", "10"]), "save");
    expect(review.status).toBe(422);
    expect(review.html).toContain('id="quota_name-0-problem"');
    expect((await keyNow()).limits.quotas).toEqual([quota("a")]);
  });

  test("comes back with all that was written if the session has ended, and is saved after the next sign-in", async () => {
    await give({ quotas: [quota("a")] });
    const browser = await Browser.signedIn(control, world.ownerId);
    const page = await browser.open(`${path}/edit`);
    const form = fill(writeRow(editForm(page), 1, ["b", "5"]), { description: 'two\nlines & "quotes"' });
    await env.DB.prepare("UPDATE sessions SET revoked_at = 1").run();
    const out = await press(browser, page, form, "review");
    expect(out.status).toBe(401);
    expect(out.text).toContain("what you filled in is kept on this page");
    await signIn(browser, world.ownerId);
    const review = await browser.submit(out, editForm(out));
    expect(review.text).toContain("Review the change");
    await press(browser, review, editForm(review), "save");
    expect(await keyNow()).toMatchObject({
      limits: { quotas: [quota("a"), { name: "b", limit: 5 }] },
      description: 'two\nlines & "quotes"',
    });
  });

  test("changes nothing but what was changed, though it shows days without times and lines as browsers send them", async () => {
    await call("PATCH", `/v1/api-keys/${world.keyId}`, {
      description: " a\nb ",
      expires_at: "2040-12-24T18:30:12.345Z",
    });
    const before = await keyNow();
    const browser = await visitorOf(control, world);
    const page = await browser.open(`${path}/edit`);
    const review = await press(browser, page, fill(editForm(page), { name: "renamed" }), "review");
    expect(review.text).not.toContain("description");
    await press(browser, review, editForm(review), "save");
    const { name: _, ...after } = await keyNow();
    expect(after).toEqual({ ...before, name: undefined });
  });
});

describe("A form that is sent by someone else than it was opened by", () => {
  const link = `${path}/edit`;
  const written = (page: Page) => fill(editForm(page), { description: "kept as it was written" });

  test("is not sent in the name of a member who has signed in since, without a question", async () => {
    const browser = await visitorOf(control, world);
    const page = await browser.open(link);
    const other = await visitorOf(control, world);
    browser.cookies.set("__Host-keygate_session", other.cookies.get("__Host-keygate_session") as string);
    const asked = await press(browser, page, written(page), "review");
    expect(asked.status).toBe(409);
    expect(asked.text).toContain("Nothing was done yet, and what you filled in is kept on this page.");
    expect(asked.text).toContain("Send it as Visitor of Acme");
    const review = await browser.submit(asked, editForm(asked));
    expect(review.text).toContain("Review the change");
    expect(review.text).toContain("kept as it was written");
  });

  test("creates no key in another organization that was signed in to since", async () => {
    const browser = await visitorOf(control, world);
    const page = await browser.open("/keys/new");
    const elsewhere = await makeWorld();
    await signIn(browser, elsewhere.ownerId);
    const sent = await browser.submit(page, fill(formTo(page, "/keys/new"), { name: "not for them" }));
    expect(sent.status).toBe(409);
    expect(await keysCalled("not for them", elsewhere.organizationId)).toEqual([]);
  });

  test("is not sent after its session ended, in the name of whoever signs in next, without a question", async () => {
    const browser = await Browser.signedIn(control, world.ownerId);
    const page = await browser.open("/keys/new");
    const form = fill(formTo(page, "/keys/new"), { name: "not for the next" });
    await env.DB.prepare("UPDATE sessions SET revoked_at = 1").run();
    const kept = await browser.submit(page, form);
    expect(kept.status).toBe(401);
    const elsewhere = await makeWorld();
    await signIn(browser, elsewhere.ownerId);
    const asked = await browser.submit(kept, formTo(kept, "/keys/new"));
    expect(asked.status).toBe(409);
    expect(asked.text).toContain("Send it as Ada of Acme");
    expect(await keysCalled("not for the next", elsewhere.organizationId)).toEqual([]);
    await signIn(browser, world.ownerId);
    const back = await browser.submit(kept, formTo(kept, "/keys/new"));
    expect(back.status).toBe(422);
    expect(back.text).toContain("Fix this");
  });

  test("is not sent in the name of another after the platform team was signed in between", async () => {
    const browser = await Browser.signedIn(control, world.ownerId);
    const page = await browser.open(link);
    const team = await platformTeam();
    browser.cookies.set("__Host-keygate_session", team.cookies.get("__Host-keygate_session") as string);
    const out = await press(browser, page, written(page), "review");
    expect(out.status).toBe(401);
    await signIn(browser, (await makeWorld()).ownerId);
    expect((await browser.submit(out, editForm(out))).status).toBe(409);
    await signIn(browser, world.ownerId);
    expect((await browser.submit(out, editForm(out))).text).toContain("Review the change");
  });

  test("is kept if the platform team has signed in since, and for the platform team if a member has", async () => {
    const member = await visitorOf(control, world);
    const team = await platformTeam();
    const [memberToken, teamToken] = [member, team].map(
      ({ cookies }) => cookies.get("__Host-keygate_session") as string,
    );
    const page = await member.open(link);
    const at = `/organizations/${world.organizationId}`;
    const terms = await team.open(at);
    member.cookies.set("__Host-keygate_session", teamToken as string);
    team.cookies.set("__Host-keygate_session", memberToken as string);
    for (const [browser, form, on] of [
      [member, written(page), page],
      [team, fill(formTo(terms, at), { name: "kept as it was written" }), terms],
    ] as const) {
      const out = await browser.submit(on, form);
      expect([out.status, out.path]).toEqual([401, on.path]);
      expect(out.html).toContain('value="kept as it was written"');
    }
  });
});

test("a form that comes when too many were sent is kept, to be sent a little later", async () => {
  const browser = await visitorOf(control, world);
  const page = await browser.open(`${path}/edit`);
  const form = fill(editForm(page), { description: "one of many" });
  let answer = page;
  for (let n = 0; n < 500 && answer.status !== 429; n++) answer = await press(browser, page, form, "review");
  expect(answer.status).toBe(429);
  expect(answer.text).toContain("What you filled in is kept on this page. Nothing was done yet.");
  expect(entriesOf(editForm(answer))).toContainEqual(["description", "one of many"]);
  // Now nobody looks who is signed in. Still, the form is not another's.
  const blind = await press(browser, answer, editForm(answer), "review");
  expect(blind.status).toBe(429);
  await signIn(browser, (await makeWorld()).ownerId);
  expect((await browser.submit(blind, editForm(blind))).status).toBe(409);
});

test("a form of which nobody knows whether it was done is kept, with that warning", async () => {
  const browser = await visitorOf(control, world);
  const page = await browser.open(`${path}/edit`);
  const form = fill(editForm(page), { description: "in the dark" });
  await env.DB.prepare("ALTER TABLE outbox RENAME TO outbox_away").run();
  const answer = await press(browser, page, form, "save");
  await env.DB.prepare("ALTER TABLE outbox_away RENAME TO outbox").run();
  expect(answer.status).toBeGreaterThanOrEqual(500);
  expect(answer.text).toContain("It is not certain that nothing was done.");
  expect(entriesOf(editForm(answer))).toContainEqual(["description", "in the dark"]);
});

test("what another site sends is not kept to be sent again", async () => {
  for (const headers of [{ "Sec-Fetch-Site": "cross-site" }, { Origin: "https://evil.test" }, {}] as Record<
    string,
    string
  >[]) {
    const response = await worker.fetch(`${CONTROL}${path}/edit`, {
      method: "POST",
      headers,
      body: new URLSearchParams({ name: "forged" }),
    });
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain("forged");
  }
});

describe("A form that comes back with a mistake", () => {
  test("does not overwrite what others saved meanwhile", async () => {
    const team = await platformTeam();
    const at = `/organizations/${world.organizationId}`;
    const page = await team.open(at);
    const wrong = await team.submit(page, fill(formTo(page, at), { key_quota: "many", name: "By the slower" }));
    expect(wrong.status).toBe(422);
    await call("PATCH", `/v1/organizations/${world.organizationId}`, { name: "By the faster" });
    const again = await team.submit(page, fill(formTo(wrong, at), { key_quota: "5" }));
    expect(again.status).toBe(412);
    expect((await call("GET", `/v1/organizations/${world.organizationId}`)).body.name).toBe("By the faster");
    // They know now, and may.
    await team.submit(again, formTo(again, at));
    expect((await call("GET", `/v1/organizations/${world.organizationId}`)).body.name).toBe("By the slower");
  });

  test.for(["0x10", "1e3", "5.0", " ", "-1", "５"])("takes no other number than was written: %s", async (written) => {
    const team = await platformTeam();
    const page = await team.open("/organizations");
    const form = fill(formTo(page, "/organizations"), { name: `Quota ${written}`, key_quota: written });
    const answer = await team.submit(page, form);
    expect(answer.status).toBe(written.trim() === "" ? 200 : 422);
  });

  test.for([
    { on: "the members' page", path: () => "/members", action: () => "/members", name: "name" },
    {
      on: "the platform team's page",
      path: () => `/organizations/${world.organizationId}`,
      action: () => `/organizations/${world.organizationId}/members`,
      name: "member_name",
    },
  ])(
    "names an email address that is taken at its field, together with the other mistakes: $on",
    async ({ path: at, action, name }) => {
      const browser = at() === "/members" ? await visitorOf(control, world) : await platformTeam();
      const page = await browser.open(at());
      const form = fill(formTo(page, action()), { email: world.otherEmail, [name]: "" });
      for (const one of form.controls) if (one.name === "role" && one.value === "member") one.checked = true;
      const answer = await browser.submit(page, form);
      expect(answer.status).toBe(422);
      expect(answer.html).toContain('id="email-problem"');
      expect(answer.html).toContain(`id="${name}-problem"`);
      const alone = await browser.submit(answer, fill(formTo(answer, action()), { [name]: "Nell" }));
      expect(alone.status).toBe(409);
      expect(alone.text).toContain("The organization already has a member with this email address.");
      expect(alone.html).toContain('id="email-problem"');
      expect(entriesOf(formTo(alone, action()))).toContainEqual(["email", world.otherEmail]);
    },
  );
});
