/** Mistakes in forms, and limits that come back: by keyboard, on a narrow screen. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { seed, type Tenant } from "../../helpers/seed.ts";
import { violationsOf } from "./axe.ts";
import { hasFocus, type Keyboard, keyboardOf } from "./keyboard.ts";
import { gateway } from "./shared.ts";
import { newVisitor, signedIn, signIn, signInLink, takePicture } from "./visitors.ts";

let browser: Browser;
let tenant: Tenant;
let page: Page;
let keyboard: Keyboard;

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  page = await newVisitor(browser, gateway);
  await page.setViewportSize({ width: 360, height: 800 });
  keyboard = keyboardOf(page);
});
beforeEach(async () => {
  await signIn(page, await signInLink(gateway, tenant.members.owner));
});
afterAll(() => browser?.close());

const quotaOf = (name: string, limit = 10) => ({ name, limit, per: "day" });

/** As it is: narrow, and in both themes. */
async function look(name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await takePicture(page, `${name}-360-${colorScheme}`);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    expect(await violationsOf(page)).toEqual([]);
  }
}

describe("A form with mistakes", () => {
  test("opens with the focus on the list of them, in the form's order, from which Enter leads to each field", async () => {
    await page.goto("/keys/new");
    await keyboard.write(/^Allowed client addresses$/, "nonsense");
    await keyboard.enter(/^Create the key$/);
    await hasFocus(page, "#mistakes");
    expect(await page.locator("#mistakes a").allTextContents()).toEqual(["Name", "Scopes", "Allowed client addresses"]);
    await look("new-key-mistakes");
    for (const id of ["name", "scopes", "allowed_addresses"]) {
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await hasFocus(page, `#${id}`);
      await page.locator("#mistakes").focus();
      for (const link of await page.locator("#mistakes a").all()) {
        await page.keyboard.press("Tab");
        if ((await link.getAttribute("href")) === `#${id}`) break;
      }
    }
  });

  test("tells a screen reader of each field that it is wrong, and why", async () => {
    await page.goto("/members");
    await keyboard.write(/^Email address$/, "owner@acme.test");
    await keyboard.enter(/^Add the member and create an invitation$/);
    const email = page.getByLabel("Email address");
    expect(await email.getAttribute("aria-invalid")).toBe("true");
    const [problem] = ((await email.getAttribute("aria-describedby")) ?? "").split(" ");
    expect(await page.locator(`#${problem}`).textContent()).toContain("already has a member with this email address");
    expect(await page.getByRole("radiogroup", { name: "Role" }).getAttribute("aria-invalid")).toBe("true");
    expect(await page.locator("#mistakes a").allTextContents()).toEqual(["Email address", "Name", "Role"]);
    await look("member-mistakes");
  });

  test("is as good without script", async () => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      storageState: await page.context().storageState(),
      viewport: { width: 360, height: 800 },
    });
    const plain = await context.newPage();
    await plain.goto(`http://localhost:${gateway.port}/keys/new`);
    await plain.getByRole("button", { name: "Create the key" }).click();
    await hasFocus(plain, "#mistakes");
    await context.close();
  });
});

describe("The form for editing a key", () => {
  test("keeps the limit that was written below emptied ones, through review and editing", async () => {
    const { id } = await tenant.key({ name: "limited", limits: { quotas: [quotaOf("a"), quotaOf("b")] } });
    await page.goto(`/keys/${id}/edit`);
    for (const [row, name, limit] of [
      [0, "", ""],
      [1, "", ""],
      [2, "c", "7"],
    ] as const) {
      await page.locator(`#quota_name-${row}`).fill(name);
      await page.locator(`#quota_limit-${row}`).fill(limit);
    }
    await keyboard.enter(/^Review the change$/);
    await look("limits-reviewed");
    await keyboard.enter(/^Keep editing$/);
    expect(await page.locator("#quota_name-0").inputValue()).toBe("c");
    await look("limits-edited");
    await keyboard.enter(/^Review the change$/);
    await keyboard.enter(/^Save the change$/);
    await page.getByText("Saved.").waitFor();
    const { body } = await gateway.manage("GET", `/v1/api-keys/${id}`);
    expect(body.limits).toEqual({ rates: [], quotas: [quotaOf("c", 7)] });
  });

  test("marks the cell of a row that is half filled", async () => {
    const { id } = await tenant.key({ name: "half", limits: { quotas: [quotaOf("a")] } });
    await page.goto(`/keys/${id}/edit`);
    await page.locator("#quota_name-0").fill("");
    await keyboard.enter(/^Review the change$/);
    expect(await page.locator("#quota_name-0").getAttribute("aria-invalid")).toBe("true");
    await look("limit-mistake");
    await page.goto(`/keys/${id}`);
    expect((await gateway.manage("GET", `/v1/api-keys/${id}`)).body.limits.quotas).toEqual([quotaOf("a")]);
  });

  test("is kept when the session has ended, and can be sent again after the next sign-in", async () => {
    const { id } = await tenant.key({ name: "signed out" });
    await page.goto(`/keys/${id}/edit`);
    await keyboard.write(/^Name$/, "after the sign-in");
    await gateway.manage("DELETE", `/v1/sessions?member_id=${tenant.members.owner}`);
    await keyboard.enter(/^Review the change$/);
    await page.getByText("what you filled in is kept on this page").waitFor();
    await look("signed-out-with-a-form");
    const other = await signedIn(browser, gateway, tenant.members.owner);
    await page.context().addCookies(await other.context().cookies());
    await keyboard.enter(/^Send the form again$/);
    await keyboard.enter(/^Save the change$/);
    expect(await page.locator("h1").textContent()).toBe("after the sign-in");
    await other.context().close();
  });
});

describe("What stops others", () => {
  test("says what was done once, and neither after a reload nor to who gets the link", async () => {
    const { id } = await tenant.key({ name: "told once" });
    await page.goto(`/keys/${id}`);
    await keyboard.open(/^Disable…$/);
    await keyboard.enter(/^Disable$/);
    await page.getByText("The key was disabled.").waitFor();
    await look("key-disabled");
    const shared = page.url();
    expect(new URL(shared).search).toBe("");
    await page.reload();
    expect(await page.getByText("The key was disabled.").count()).toBe(0);
    await page.goto(`${shared}?done=revoked`);
    expect(await page.locator(".notice").count()).toBe(0);
  });

  test("is asked for by name: the removal of a member with keys", async () => {
    await tenant.key({ role: "member", name: "of the member", scopes: ["signatures:read"] });
    await page.goto(`/members/${tenant.members.member}`);
    await keyboard.enter(/^Remove the member$/);
    await keyboard.write(/^They have active keys/, "somebody");
    await keyboard.enter(/^Remove member$/);
    await hasFocus(page, "#mistakes");
    await look("removal-asked");
    await keyboard.write(/^They have active keys/, "member");
    await keyboard.enter(/^Remove member$/);
    await page.getByText("Deleted.").waitFor();
    await page.reload();
    expect(await page.getByText("Deleted.").count()).toBe(0);
  });
});
