/** One key in a browser: its dialogs, its first request, its snippets, and why one of its requests was refused. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { bearing, type Key, seed, type Tenant } from "../../helpers/seed.ts";
import { gateway, origins } from "./shared.ts";
import { complaintsOf, consoleOf, signedIn } from "./visitors.ts";

origins();
let browser: Browser;
let tenant: Tenant;
let page: Page;
let plain: Page;
let complaints: string[];
let refused: { readonly key: Key; readonly requestId: string };

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  const key = await tenant.key({ name: "refused", permission: "read-only" });
  const answer = await call(key, "POST");
  refused = { key, requestId: answer.headers.get("x-request-id") ?? "" };
  page = await signedIn(browser, gateway, tenant.members.owner);
  complaints = complaintsOf(page);
  const storageState = await page.context().storageState();
  const context = await browser.newContext({ storageState, javaScriptEnabled: false, baseURL: consoleOf(gateway) });
  plain = await context.newPage();
});
afterAll(() => browser?.close());

const call = (key: Key, method = "GET") =>
  fetch(`${gateway.base("sandbox")}/emails/1`, { method, headers: bearing(key) });
const statusOf = async ({ id }: Key) => (await gateway.manage("GET", `/v1/api-keys/${id}`)).body.status;

describe("A dialog", () => {
  test("says when it acts and who is affected, is left with Escape and Cancel, and gives the focus back", async () => {
    const key = await tenant.key({ name: "kept" });
    await call(key);
    await page.goto(`/keys/${key.id}`);
    for (const leave of [
      () => page.keyboard.press("Escape"),
      () => page.locator("dialog").getByRole("link", { name: "Cancel" }).click(),
    ]) {
      await page.getByRole("link", { name: "Revoke…" }).click();
      const dialog = page.getByRole("dialog", { name: "Revoke the key" });
      await dialog.getByText("within 2.5 seconds").waitFor();
      await dialog.getByText(/requests? .*since \d\d:00 UTC|Last used|never used/).waitFor();
      await leave();
      await dialog.waitFor({ state: "detached" });
      expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe("Revoke…");
    }
    expect(await statusOf(key)).toBe("active");
  });

  test("that is sent with a mistake comes back as a page that says what is wrong", { timeout: 90_000 }, async () => {
    const key = await tenant.key({ name: "in use" });
    await call(key);
    await expect
      .poll(async () => (await gateway.manage("GET", `/v1/api-keys/${key.id}`)).body.last_used_at, { timeout: 60_000 })
      .not.toBeNull();
    await page.goto(`/keys/${key.id}`);
    await page.getByRole("link", { name: "Revoke…" }).click();
    const dialog = page.locator("dialog");
    await dialog.getByLabel("Reason").fill("leaked");
    await dialog.getByLabel("Type its name").fill("wrong");
    await dialog.getByRole("button", { name: "Revoke for good" }).click();
    await page.locator("#mistakes").waitFor();
    expect(page.url()).toContain(`/keys/${key.id}/revoke`);
    expect(await page.getByLabel("Reason").inputValue()).toBe("leaked");
    await page.getByLabel("Type its name").fill("in use");
    await page.getByRole("button", { name: "Revoke for good" }).click();
    await page.getByText("The key was revoked.").waitFor();
    expect(await statusOf(key)).toBe("revoked");
  });

  test("opens from the menu of a row in the list too, and gives the focus back to its button", async () => {
    const key = await tenant.key({ name: "of the menu" });
    await page.goto("/keys");
    const button = page.getByRole("button", { name: "Actions for of the menu" });
    const open = async (deed: string) => {
      await button.click();
      await page
        .locator("[popover]:popover-open")
        .getByRole("link", { name: `${deed}…` })
        .click();
      const dialog = page.locator("dialog[open]");
      await dialog.getByText("of the menu").waitFor();
      return dialog;
    };
    for (const deed of ["Rotate", "Disable", "Revoke"]) {
      const dialog = await open(deed);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      await expect.poll(() => button.evaluate("document.activeElement.ariaLabel")).toBe("Actions for of the menu");
    }
    await (await open("Disable")).getByRole("button", { name: "Disable" }).click();
    await page.getByText("The key was disabled.").waitFor();
    expect(await statusOf(key)).toBe("disabled");
    await plain.goto("/keys");
    await plain.getByRole("button", { name: "Actions for of the menu" }).click();
    await plain.locator("[popover]:popover-open").getByRole("link", { name: "Enable…" }).click();
    await plain.getByRole("heading", { name: "Enable the key" }).waitFor();
  });

  test.for(["with script", "without script"])("rotates, disables, enables and revokes: %s", async (how) => {
    const on = how === "with script" ? page : plain;
    const key = await tenant.key({ name: "changes" });
    const open = async (deed: string) => {
      await on.goto(`/keys/${key.id}`);
      await on.getByRole("link", { name: `${deed}…` }).click();
      await (on === page ? page.locator("dialog[open]") : plain.locator("h1")).waitFor();
    };
    await open("Rotate");
    await on.getByRole("button", { name: "Create a new secret" }).click();
    expect(await on.locator("#secret").textContent()).toMatch(/^kg_test_/);
    await on.getByLabel("I have saved").check();
    await open("Disable");
    await on.getByRole("button", { name: "Disable" }).click();
    await on.getByText("The key was disabled.").waitFor();
    await open("Enable");
    await on.getByRole("button", { name: "Enable" }).click();
    await on.getByText("The key was enabled.").waitFor();
    await open("Revoke");
    await on.getByRole("button", { name: "Revoke for good" }).click();
    await on.getByText("The key was revoked.").waitFor();
  });
});

describe("The first request", () => {
  test("turns the page of a new secret green within seconds, and stays on it", { timeout: 60_000 }, async () => {
    await page.goto("/keys/new");
    await page.getByLabel("Name", { exact: true }).fill("first");
    await page.getByLabel("emails:read").check();
    await page.getByRole("button", { name: "Create the key" }).click();
    const secret = (await page.locator("#secret").textContent()) as string;
    await page.getByText("Waiting for the first request…").waitFor();
    await call({ id: "", secret });
    await page.locator(".notice.good", { hasText: "The first request was seen" }).waitFor({ timeout: 25_000 });
    expect(await page.locator("#secret").textContent()).toBe(secret);
    await page.getByLabel("I have saved").check();
  });

  test("is looked for with a link, without script", async () => {
    const key = await tenant.key({ name: "plain first" });
    await plain.goto(`/keys/${key.id}`);
    await plain.getByRole("link", { name: "Check now" }).click();
    await plain.getByText("Waiting for the first request…").waitFor();
  });
});

test("One snippet is shown at a time, and another one is a key press away, also without script", async () => {
  await plain.goto(`/keys/${refused.key.id}/connect`);
  const shown = async () => plain.locator(".snippets pre:visible").evaluateAll((list) => list.map(({ id }) => id));
  expect(await shown()).toEqual(["snippet-curl"]);
  await plain.getByLabel("curl").focus();
  await plain.keyboard.press("ArrowRight");
  expect(await shown()).toEqual(["snippet-Python"]);
});

test("From the id of a refused request, two clicks lead to why, and three more to where it works", {
  timeout: 150_000,
}, async () => {
  const isKept = async () => (await gateway.manage("GET", `/v1/requests/${refused.requestId}`)).status;
  await expect.poll(isKept, { timeout: 120_000, interval: 2_000 }).toBe(200);
  await page.goto("/members");
  await page.getByRole("link", { name: "Requests", exact: true }).click();
  await page.getByLabel("Why was a request refused?").fill(refused.requestId);
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByText("Refused with 403.").waitFor();
  await page.getByRole("button", { name: "Review the change…" }).click();
  await page.getByRole("button", { name: "Save the change" }).click();
  await page.getByText("Saved.").waitFor();
  expect((await call(refused.key, "POST")).status).toBeLessThan(300);
});

test("No page breaks its own policy", () => {
  expect(complaints).toEqual([]);
});
