/** The console of an organization that has used the gateway for three months. */

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type History, writeHistory } from "../../../bench/history.ts";
import { startBrowser } from "../../helpers/browser.ts";
import { violationsOf } from "./axe.ts";
import { gateway } from "./shared.ts";
import { complaintsOf, consoleOf, signedIn, takePicture } from "./visitors.ts";

let browser: Browser;
let history: History;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  history = writeHistory(gateway.state);
  browser = await startBrowser();
  page = await signedIn(browser, gateway, acme().ownerId);
  complaints = complaintsOf(page);
});
afterAll(() => browser?.close());

const acme = () => history.organizations[0] as History["organizations"][number];
const rows = (on: Page) => on.locator("table.keys tbody tr");

async function withoutScript(): Promise<{ context: BrowserContext; plain: Page }> {
  const storageState = await page.context().storageState();
  const context = await browser.newContext({ storageState, javaScriptEnabled: false, baseURL: consoleOf(gateway) });
  return { context, plain: await context.newPage() };
}

describe("With 120 keys and 300,000 requests", () => {
  test("the history has them", () => {
    expect(history.organizations.map(({ keys }) => keys.length)).toEqual([88, 24, 8]);
    expect(history.requests).toBe(300_000);
  });

  test("at least 15 keys are on a screen of 1280 by 900, each on one line of 36 to 40 px", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto("/keys");
    const boxes = await Promise.all((await rows(page).all()).map((row) => row.boundingBox()));
    const whole = boxes.filter((box) => box && box.y + box.height <= 900);
    expect(whole.length).toBeGreaterThanOrEqual(15);
    for (const box of boxes) {
      expect(box?.height).toBeGreaterThanOrEqual(36);
      expect(box?.height).toBeLessThanOrEqual(40);
    }
    await takePicture(page, "history-keys-1280", false);
  });

  test("at 360 px each key has two lines, and the order and the filters stay within reach", async () => {
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto("/keys");
    for (const row of (await rows(page).all()).slice(0, 10)) {
      expect((await row.boundingBox())?.height).toBeLessThanOrEqual(72);
    }
    await page.locator(".bar-of-list summary").click();
    await page.getByRole("link", { name: "Name, A to Z" }).click();
    const names = await page.locator("td.key a").allTextContents();
    expect(names).toEqual(names.toSorted((one, other) => one.localeCompare(other)));
    await page.getByText("Filters", { exact: true }).click();
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    expect(await violationsOf(page)).toEqual([]);
    await takePicture(page, "history-keys-360", false);
  });

  test("a key is found by part of its name, its id, and its last four characters", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    const [key] = acme().keys.filter(({ name }) => name.startsWith("nightly-export"));
    for (const text of [key?.name.slice(2), key?.id, key?.id.slice(4, 14), key?.lastFour]) {
      await page.goto("/keys");
      await page.getByLabel("Search", { exact: true }).fill(text as string);
      await page.keyboard.press("Enter");
      await page.locator(`td.key a[href="/keys/${key?.id}"]`).waitFor();
    }
  });

  test.for(["with script", "without script"])("20 keys are revoked in one flow: %s", async (how) => {
    const { context, plain } = await withoutScript();
    const on = how === "with script" ? page : plain;
    await on.setViewportSize({ width: 1280, height: 900 });
    await on.goto("/keys?status=active&permission=full-access");
    const total = Number((await on.locator(".bar-of-list strong").textContent())?.trim());
    if (how === "with script") await on.getByRole("button", { name: "Select all" }).click();
    const boxes = await on.locator(".pick").all();
    for (const [at, box] of boxes.entries()) {
      if (how === "with script" ? at >= 20 : at < 20) await box.click();
    }
    await on.getByRole("button", { name: "Revoke…" }).click();
    await on.getByLabel("Reason").fill("left the company");
    await on.getByLabel("how many keys").fill("20");
    await on.getByRole("button", { name: "Revoke 20 keys for good" }).click();
    await on.getByText("20 keys are revoked.").waitFor();
    await on.getByRole("link", { name: "Back to the keys" }).click();
    expect(Number((await on.locator(".bar-of-list strong").textContent())?.trim())).toBe(total - 20);
    await context.close();
  });

  test("the selected keys can be saved as a file more than once, without a reload", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto("/keys");
    await page.locator(".pick").first().check();
    for (let times = 0; times < 2; times++) {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Export CSV" }).click(),
      ]);
      expect(file.suggestedFilename()).toBe("api-keys.csv");
    }
  });

  test("views, filters, chips, order, pages and menus all work without script", async () => {
    const { context, plain } = await withoutScript();
    await plain.goto("/keys");
    expect(await rows(plain).count()).toBe(50);
    await plain.getByRole("link", { name: "Next page" }).click();
    await plain.getByRole("link", { name: "Previous page" }).click();
    await plain.getByText("Filters", { exact: true }).click();
    await plain.getByLabel("Environment").selectOption("sandbox");
    await plain.getByRole("button", { name: "Show keys" }).click();
    await plain.waitForURL(/environment=sandbox/);
    expect(new Set(await plain.locator("td.environment-of").allTextContents())).toEqual(new Set(["sandbox"]));
    await plain.getByRole("link", { name: "Environment: sandbox" }).click();
    await plain.getByRole("link", { name: "Broad rights" }).click();
    await plain.getByRole("link", { name: "Expires", exact: true }).click();
    await plain.locator(".dots").first().click();
    await plain.getByRole("link", { name: "Edit" }).first().click();
    expect(plain.url()).toMatch(/\/edit$/);
    await context.close();
  });

  test("the first bar of a chart is as tall as its whole day", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto("/?days=7");
    expect(await page.locator(".bars g").count()).toBe(7);
    await page.goto("/?days=1");
    const names = await page.locator(".bars g title").allTextContents();
    expect(names).toHaveLength(24);
    expect(new Set(names.map((name) => name.split(":").slice(0, 2).join(":"))).size).toBe(24);
  });

  test("a chart has a crosshair for the keyboard, zoom, the period before, and the SVG without script", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto("/?days=30");
    const chart = page.getByRole("slider", { name: "Requests by day" });
    await chart.locator("canvas").waitFor();
    expect(await page.locator("svg.bars").isVisible()).toBe(false);
    const said = () => chart.getAttribute("aria-valuetext");
    expect(await said()).toMatch(/so far: [\d,]+ requests?, .*in the day of the period before$/);
    await chart.focus();
    for (const key of ["ArrowLeft", "ArrowLeft", "ArrowRight"]) await page.keyboard.press(key);
    expect(await chart.getAttribute("aria-valuenow")).toBe("28");
    await page.keyboard.press("Home");
    expect(await page.locator(".readout").textContent()).toBe(await said());
    const reset = page.getByRole("button", { name: "Reset zoom" });
    expect(await reset.isVisible()).toBe(false);
    await page.keyboard.press("+");
    await reset.click();
    expect(await reset.isVisible()).toBe(false);
    const box = await chart.boundingBox();
    const [x, y] = [(box?.x ?? 0) + 200, (box?.y ?? 0) + 80];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 200, y, { steps: 5 });
    await page.mouse.up();
    await reset.waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await takePicture(page, "history-overview-1280");
    const { context, plain } = await withoutScript();
    await plain.goto("/?days=30");
    expect(await plain.locator("svg.bars").isVisible()).toBe(true);
    expect(await plain.locator("svg.bars .previous").count()).toBe(1);
    await context.close();
  });

  test("bars lead to the requests and keys behind them", async () => {
    await page.goto("/?days=30&environment=production");
    const hrefs = await page.locator(".ranks a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    expect(hrefs).toContain("/requests?reason=scope_missing&environment=production");
    expect(hrefs.some((href) => href?.startsWith("/requests?route=%2F"))).toBe(true);
    await page.getByRole("link", { name: /scope_missing/ }).click();
    await page.getByRole("link", { name: "Reason: scope_missing" }).waitFor();
  });

  test("nothing breaks the policy of the pages, and times are in the visitor's zone on hover", async () => {
    await page.goto("/keys");
    expect(await page.locator("td.expires time").first().getAttribute("title")).toMatch(/\d{4}.*\d:\d\d/);
    expect(complaints).toEqual([]);
  });
});
