/** From anywhere to anything, by one shortcut and a part of its name. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { type Key, seed, type Tenant } from "../../helpers/seed.ts";
import { violationsOf } from "./axe.ts";
import { cutPlaceholdersOn } from "./fits.ts";
import { hasFocus } from "./keyboard.ts";
import { gateway } from "./shared.ts";
import { complaintsOf, consoleOf, signedIn, takePicture } from "./visitors.ts";

let browser: Browser;
let tenant: Tenant;
let key: Key;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  key = await tenant.key({ name: "nightly-export-berlin" });
  await tenant.key({ name: "nightly-import" });
  page = await signedIn(browser, gateway, tenant.members.owner);
  complaints = complaintsOf(page);
});
afterAll(() => browser?.close());

const dialog = () => page.getByRole("dialog", { name: "Go to anything" });
const chosen = () => page.locator('.search [aria-selected="true"] strong');

test.for(["/", "/keys/new", "/members", "/audit", "/guide", "/errors/key_unknown", "/docs/createApiKey", "/nowhere"])(
  "a key is opened from %s by Control-K, a part of its name, and Enter",
  async (path) => {
    await page.goto(path);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("ort-berl");
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(`/keys/${key.id}$`));
  },
);

test.for([
  ["its id", () => key.id],
  ["its last four characters", () => key.secret.slice(-4)],
  ["its secret", () => key.secret],
] as const)("a key is opened by %s, which is in no address", async ([, text]) => {
  await page.goto("/");
  const asked: string[] = [];
  const note = (request: { url(): string }) => asked.push(request.url());
  page.on("request", note);
  await page.keyboard.press("/");
  await page.keyboard.insertText(text());
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/keys/${key.id}$`));
  page.off("request", note);
  expect(asked.filter((url) => url.includes(key.secret))).toEqual([]);
});

test("Enter waits for what was found for the whole text", async () => {
  await page.goto("/");
  await page.keyboard.press("/");
  await page.getByText("results").waitFor();
  await page.route("**/go.json", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await route.continue();
  });
  const asked = page.waitForRequest("**/go.json");
  await page.keyboard.type("ort-berl");
  await asked;
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/keys/${key.id}$`));
  await page.unroute("**/go.json");
});

test("Enter asks again after a search that failed, and opens nothing that was found before it", async () => {
  await page.goto("/guide");
  await page.keyboard.press("/");
  await page.getByText("results").waitFor();
  await page.route("**/go.json", (route) => route.abort());
  await page.keyboard.type("ort-berl");
  await page.getByText("The search failed").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("The search failed").waitFor();
  expect(new URL(page.url()).pathname).toBe("/guide");
  await page.unroute("**/go.json");
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/keys/${key.id}$`));
});

describe("The dialog", () => {
  test("is opened by its button, moved through by arrows, and closed by Escape, which gives the focus back", async () => {
    await page.goto("/keys");
    await page.locator(".go").click();
    await dialog().waitFor();
    await page.keyboard.type("nightly");
    await page.getByText("2 results", { exact: true }).waitFor();
    const first = await chosen().textContent();
    await page.keyboard.press("ArrowDown");
    expect(await chosen().textContent()).not.toBe(first);
    await page.keyboard.press("ArrowDown");
    expect(await chosen().textContent()).toBe(first);
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "hidden" });
    await hasFocus(page, ".go");
  });

  test("is not opened by a slash that is typed into a field", async () => {
    await page.goto("/keys");
    await page.getByLabel("Search", { exact: true }).focus();
    await page.keyboard.type("a/b");
    expect(await dialog().isVisible()).toBe(false);
  });

  test("says what to try where nothing is found", async () => {
    await page.goto("/");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("zzzz");
    await page.getByText("Nothing found. Try a part of a name").waitFor();
    await page.keyboard.press("Enter");
    expect(new URL(page.url()).pathname).toBe("/");
  });

  test.for(["light", "dark"] as const)("has nothing that axe finds wrong, and fits any screen: %s", async (theme) => {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto("/");
      await page.keyboard.press("Control+k");
      await page.getByText(/results$/).waitFor();
      await takePicture(page, `go-${width}-${theme}`, false);
      expect(await violationsOf(page)).toEqual([]);
      expect(await cutPlaceholdersOn(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("breaks no policy", () => {
    expect(complaints).toEqual([]);
  });
});

test("without script, the same link is a page with the same results", async () => {
  const storageState = await page.context().storageState();
  const context = await browser.newContext({ storageState, javaScriptEnabled: false, baseURL: consoleOf(gateway) });
  const plain = await context.newPage();
  await plain.goto("/members");
  await plain.getByRole("link", { name: "Search" }).click();
  await plain.getByLabel("Name, id or last four characters").fill("ort-berl");
  await plain.getByRole("button", { name: "Search" }).click();
  await plain.getByRole("link", { name: /nightly-export-berlin/ }).click();
  expect(new URL(plain.url()).pathname).toBe(`/keys/${key.id}`);
  await context.close();
});
