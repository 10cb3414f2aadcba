/** Every flow of the console, by keyboard alone. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { seed, type Tenant } from "../../helpers/seed.ts";
import { hasFocus, type Keyboard, keyboardOf } from "./keyboard.ts";
import { gateway } from "./shared.ts";
import { newVisitor, signedIn, signIn, signInLink } from "./visitors.ts";

let browser: Browser;
let tenant: Tenant;
let page: Page;
let keyboard: Keyboard;

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  page = await newVisitor(browser, gateway);
  keyboard = keyboardOf(page);
});
beforeEach(async () => {
  await signIn(page, await signInLink(gateway, tenant.members.owner));
});
afterAll(() => browser?.close());

const says = (text: string | RegExp) => page.getByText(text).first().waitFor();

describe("By keyboard alone", () => {
  test("the content is reached by the first press, and a key is made and revoked", async () => {
    await page.goto("/keys");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await hasFocus(page, "#content");
    await keyboard.enter(/^New key$/);
    await keyboard.write(/^Name$/, "by keyboard");
    await keyboard.toggle(/^emails:read$/);
    await keyboard.enter(/^Create the key$/);
    await page.locator("#secret").waitFor();
    await keyboard.toggle(/I have saved/);
    await keyboard.enter(/^Done$/);
    await keyboard.open(/^Revoke…$/);
    await keyboard.write(/^Reason$/, "a trial");
    await keyboard.enter(/^Revoke for good$/);
    await says("The key was revoked");
  });

  test("a key is edited, after a look at what changes", async () => {
    const { id } = await tenant.key({ name: "to edit", plan: "free" });
    await page.goto(`/keys/${id}`);
    await keyboard.enter(/^Edit$/);
    await keyboard.write(/^Name$/, "edited");
    await keyboard.enter(/^Review the change$/);
    await keyboard.enter(/^Save the change$/);
    await says("Saved");
    expect(await page.locator("h1").textContent()).toBe("edited");
  });

  test("a key is rotated, disabled and enabled", async () => {
    const { id, secret } = await tenant.key({ name: "to rotate" });
    await page.goto(`/keys/${id}`);
    await keyboard.open(/^Rotate…$/);
    await keyboard.to(/^Grace period$/);
    await page.keyboard.press("ArrowUp");
    await keyboard.enter(/^Create a new secret$/);
    const rotated = await page.locator("#secret").textContent();
    expect(rotated).toMatch(/^kg_test_/);
    expect(rotated).not.toBe(secret);
    await keyboard.toggle(/I have saved/);
    await keyboard.enter(/^Done$/);
    await keyboard.open(/^Disable…$/);
    await keyboard.enter(/^Disable$/);
    await keyboard.open(/^Enable…$/);
    await keyboard.enter(/^Enable$/);
    expect((await gateway.manage("GET", `/v1/api-keys/${id}`)).body.status).toBe("active");
  });

  test("keys are searched, filtered and sorted, and one is tried", async () => {
    const { id } = await tenant.key({ name: "needle", scopes: ["emails:read"] });
    await tenant.key({ name: "hay" });
    await page.goto("/keys");
    await keyboard.write(/^Search$/, "needle");
    await keyboard.toggle(/^Filters/);
    await keyboard.to(/^Status/);
    await page.keyboard.type("active");
    await keyboard.enter(/^Show keys$/);
    expect(page.url()).toContain("status=active");
    await keyboard.enter(/^Key$/);
    expect(page.url()).toContain("sort=name");
    expect(await page.locator("main td strong a").allTextContents()).toEqual(["needle"]);
    await keyboard.enter(/^needle$/);
    expect(page.url()).toContain(id);
    await keyboard.enter(/^Connect$/);
    await keyboard.to(/^Method$/);
    await page.keyboard.type("DELETE");
    await keyboard.enter(/^Explain$/);
    await says("scope_missing");
  });

  test("keys are selected in the list, and revoked together", async () => {
    const names = ["one of two", "two of two"];
    for (const name of names) await tenant.key({ name });
    await page.goto("/keys?q=of+two");
    for (const name of names.toReversed()) await keyboard.toggle(new RegExp(`^Select ${name}$`));
    await keyboard.enter(/^Revoke…$/);
    await keyboard.write(/^Reason$/, "a trial");
    await keyboard.write(/how many keys/, "3");
    await keyboard.enter(/^Revoke 2 keys for good$/);
    await hasFocus(page, "#mistakes");
    await keyboard.write(/how many keys/, "2");
    await keyboard.enter(/^Revoke 2 keys for good$/);
    await says("2 keys are revoked.");
    await keyboard.enter(/^Back to the keys$/);
    expect(page.url()).toContain("q=of+two");
  });

  test("a row's menu is opened, left, and used", async () => {
    const { id } = await tenant.key({ name: "menu" });
    await page.goto("/keys?q=menu");
    await keyboard.toggle(/^Actions for menu$/);
    await page.getByRole("link", { name: "Rotate" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Rotate" }).waitFor({ state: "hidden" });
    await page.keyboard.press("Space");
    await keyboard.open(/^Rotate…$/);
    expect(await page.locator("dialog form").getAttribute("action")).toContain(`/keys/${id}/rotate`);
  });

  test("a workspace is made, renamed and deleted", async () => {
    await page.goto("/workspaces");
    await keyboard.write(/^Name$/, "Porto");
    await keyboard.enter(/^Create$/);
    await keyboard.enter(/^Porto$/);
    await keyboard.write(/^Name$/, "Oporto");
    await keyboard.enter(/^Rename$/);
    await page.goto("/workspaces");
    await keyboard.enter(/^Oporto$/);
    await keyboard.enter(/^Delete the workspace$/);
    await keyboard.enter(/^Delete Oporto$/);
    expect(await page.getByRole("link", { name: "Oporto" }).count()).toBe(0);
  });

  test("a member is made, given another role, let in by a link, and removed", async () => {
    await page.goto("/members");
    await keyboard.write(/^Email address$/, "nell@acme.test");
    await keyboard.write(/^Name$/, "Nell");
    // One stop for all roles; arrows choose.
    await keyboard.to(/^owner/);
    await page.keyboard.press("ArrowDown");
    await keyboard.enter(/^Add the member and create an invitation$/);
    expect(await page.locator("#secret").textContent()).toContain("/sign-in/");
    await keyboard.enter(/^Nell$/);
    await keyboard.to(/^admin/);
    await page.keyboard.press("ArrowDown");
    await keyboard.enter(/^Save$/);
    const { body } = await gateway.manage("GET", `/v1/members?organization_id=${tenant.organizationId}`);
    expect(body.data.find(({ name }: { name: string }) => name === "Nell").role).toBe("member");
    await keyboard.enter(/^Create a new invitation for Nell$|^Invite for Nell$/);
    expect(await page.locator("#secret").textContent()).toContain("/sign-in/");
    await page.goto("/members");
    await keyboard.enter(/^Nell$/);
    await keyboard.enter(/^Remove the member$/);
    await keyboard.enter(/^Remove Nell$/);
    expect(await page.getByRole("link", { name: "Nell" }).count()).toBe(0);
  });

  test("the audit trail is filtered, and taken away as a file", async () => {
    await page.goto("/audit");
    await keyboard.toggle(/^Filters/);
    await keyboard.to(/^What$/);
    await page.keyboard.type("Member added");
    await keyboard.enter(/^Show events$/);
    expect(page.url()).toContain("action=member.created");
    for (const [name, file] of [
      [/^CSV$/, "audit-events.csv"],
      [/^NDJSON$/, "audit-events.ndjson"],
    ] as const) {
      await keyboard.to(name);
      const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
      expect(download.suggestedFilename()).toBe(file);
    }
  });

  test("scopes are chosen by rows and columns, and the secret is copied", async () => {
    await page.goto("/keys/new");
    await keyboard.write(/^Name$/, "by the row");
    await keyboard.toggle(/^all.*read of all$/);
    await keyboard.toggle(/^all.*all of emails$/);
    expect(await page.locator("input[name=scopes]:checked").count()).toBeGreaterThan(9);
    await keyboard.enter(/^Create the key$/);
    await keyboard.to(/^Copy.*the secret$/);
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await page.locator("#secret").textContent());
  });

  test("the organization is renamed, and the overview shows another environment", async () => {
    await page.goto("/organization");
    await keyboard.write(/^Name$/, "Acme");
    await keyboard.enter(/^Rename$/);
    await says("Saved");
    await page.goto("/");
    await keyboard.to(/^Environment$/);
    await page.keyboard.type("sandbox");
    await keyboard.enter(/^Show$/);
    expect(page.url()).toContain("environment=sandbox");
  });

  test("the platform team makes an organization, lets its owner in, and suspends it", async () => {
    const { body } = await gateway.manage("POST", "/v1/root-sign-in-links");
    await page.goto(body.url);
    await keyboard.enter(/^Sign in$/);
    await keyboard.write(/^Name$/, "Keys Only");
    await keyboard.to(/^Plan$/);
    await page.keyboard.type("free");
    await keyboard.enter(/^Create$/);
    await keyboard.write(/^Email address$/, "kay@keys.test");
    await keyboard.write(/^Their name$/, "Kay");
    await keyboard.enter(/^Add the member and create an invitation$/);
    expect(await page.locator("#secret").textContent()).toContain("/sign-in/kgl_");
    await keyboard.enter(/^The organization$/);
    await keyboard.enter(/^Suspend Keys Only$/);
    await keyboard.write(/^Type the name/, "Keys Only");
    await keyboard.enter(/^Suspend Keys Only$/);
    await says("The organization was suspended.");
    await says("Activate");
  });

  test("other sessions are ended, and one's own is begun and ended", async () => {
    await signedIn(browser, gateway, tenant.members.owner);
    await page.goto("/sessions");
    await keyboard.enter(/^End all others$/);
    expect(await page.getByRole("button", { name: /^End the session/ }).count()).toBe(0);
    await keyboard.enter(/^Sign out$/);
    await page.goto(await signInLink(gateway, tenant.members.owner));
    await keyboard.enter(/^Sign in$/);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
  });
});
