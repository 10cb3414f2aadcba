/** How the pages look and feel: to readers of screens, on narrow ones, by keyboard, in both themes. */

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { PROJECT } from "../../helpers/gateway.ts";
import { seed, type Tenant } from "../../helpers/seed.ts";
import { devServer as gateway } from "../shared.ts";
import { signedIn } from "./visitors.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = join(PROJECT, "dist/console");
const THEMES = ["light", "dark"] as const;
const WIDTHS = [360, 1280];
const MOST_BYTES = 100 * 1024;

let browser: Browser;
let tenant: Tenant;
let page: Page;
let keyId: string;

beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await startBrowser();
  tenant = await seed(gateway);
  keyId = (await tenant.key({ name: "production-backend", scopes: ["read:all", "emails:write"], plan: "free" })).id;
  await tenant.key({ name: "ci-pipeline", environment: "production", workspace_ids: [tenant.workspaces[0]] });
  page = await signedIn(browser, gateway, tenant.members.owner);
});
afterAll(() => browser?.close());

const PAGES: Record<string, () => string> = {
  overview: () => "/",
  keys: () => "/keys",
  "no-keys": () => "/keys?q=nothing-is-called-so",
  "new-key": () => "/keys/new",
  key: () => `/keys/${keyId}`,
  edit: () => `/keys/${keyId}/edit`,
  rotate: () => `/keys/${keyId}/rotate`,
  revoke: () => `/keys/${keyId}/revoke`,
  workspaces: () => "/workspaces",
  workspace: () => `/workspaces/${tenant.workspaces[0]}`,
  members: () => "/members",
  member: () => `/members/${tenant.members.admin}`,
  audit: () => "/audit",
  organization: () => "/organization",
  sessions: () => "/sessions",
  guide: () => "/guide",
  errors: () => "/errors",
  missing: () => "/keys/key_missing",
};
const CASES = Object.keys(PAGES).flatMap((name) => THEMES.map((theme) => ({ name, theme })));

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** Put in from outside, so that the page's own policy stays as it is. */
async function violations(): Promise<string[]> {
  await page.evaluate(AXE);
  const found: Violation[] = await page.evaluate(
    "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => r.violations)",
  );
  return found.map(
    ({ id, impact, nodes }) =>
      `${impact} ${id}: ${nodes
        .map(({ html }) => html)
        .slice(0, 3)
        .join(" ")}`,
  );
}

describe("Every page", () => {
  test.for(CASES)("$name, $theme: axe finds nothing, and it fits 360 px", async ({ name, theme }) => {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto((PAGES[name] as () => string)());
      await page.screenshot({ path: join(SHOTS, `${name}-${width}-${theme}.png`), fullPage: true });
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      expect(await violations()).toEqual([]);
    }
  });

  test.for(Object.keys(PAGES))("%s is small, with all that it loads", async (name) => {
    const sizes: Promise<number>[] = [];
    const context = await browser.newContext({ storageState: await page.context().storageState() });
    const fresh = await context.newPage();
    fresh.on("response", (response) => {
      sizes.push(response.body().then((body) => gzipSync(body).length));
    });
    await fresh.goto(`http://localhost:${gateway.port}${(PAGES[name] as () => string)()}`);
    await fresh.waitForLoadState("networkidle");
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(500);
    expect(bytes).toBeLessThan(MOST_BYTES);
    await context.close();
  });
});

describe("By keyboard alone", () => {
  const tabTo = async (name: RegExp, role = "") => {
    for (let presses = 0; presses < 120; presses++) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const { outlineStyle } = getComputedStyle(element);
        const label = (element as HTMLInputElement).labels?.[0]?.textContent ?? "";
        const name = element.getAttribute("aria-label") ?? (label || element.textContent) ?? "";
        return { name: name.trim(), tag: element.tagName, outlineStyle };
      });
      if (!name.test(focused.name) || !focused.tag.startsWith(role)) continue;
      expect(focused.outlineStyle).not.toBe("none");
      return;
    }
    throw new Error(`nothing called ${name} takes the focus`);
  };

  test("the content is reached by the first press, and a key is made and revoked", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto("/keys");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("content");
    await tabTo(/^New key$/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/keys\/new/);
    await tabTo(/^Name$/);
    await page.keyboard.type("by keyboard");
    await tabTo(/^emails:read$/);
    await page.keyboard.press("Space");
    await tabTo(/^Create the key$/);
    await page.keyboard.press("Enter");
    await page.locator("#secret").waitFor();
    await tabTo(/I have stored/);
    await page.keyboard.press("Space");
    await tabTo(/^Done$/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/keys\/key_/);
    await tabTo(/^Revoke$/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/revoke/);
    await tabTo(/^Revoke for good$/);
    await page.keyboard.press("Enter");
    await page.getByText("The key is revoked, for good").waitFor();
  });
});
