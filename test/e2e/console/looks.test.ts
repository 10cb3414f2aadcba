/** How pages look that take more than an address: to readers of screens, on narrow ones, in both themes. The others are in `walk.test.ts`. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { bearing, type Key, seed, type Tenant } from "../../helpers/seed.ts";
import { violationsOf } from "./axe.ts";
import { cutPlaceholdersOn } from "./fits.ts";
import { hasFocus } from "./keyboard.ts";
import { gateway } from "./shared.ts";
import { signedIn, signInLink, takePicture } from "./visitors.ts";

const THEMES = ["light", "dark"] as const;
const WIDTHS = [360, 1280];

let browser: Browser;
let tenant: Tenant;
let page: Page;
let keyId: string;
let busyId: string;

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  keyId = (await tenant.key({ name: "production-backend", scopes: ["read:all", "emails:write"], plan: "free" })).id;
  await tenant.key({ name: "ci-pipeline", environment: "production", workspace_ids: [tenant.workspaces[0]] });
  await use(await tenant.key({ name: "busy", scopes: ["read:all"], plan: "free" }));
  const named = await tenant.key({ name: "a-name-that-fills-its-line", scopes: ["read:all"] });
  await fetch(`${gateway.base("sandbox")}/signatures/1`, { method: "DELETE", headers: bearing(named) });
  page = await signedIn(browser, gateway, tenant.members.owner);
});
afterAll(() => browser?.close());

/** What is let through, refused, and over a limit; counts are in D1 about a minute later. */
async function use(key: Key): Promise<void> {
  busyId = key.id;
  const call = (method: string, path: string) =>
    fetch(`${gateway.base("sandbox")}${path}`, { method, headers: bearing(key) });
  for (let n = 0; n < 70; n++) await call("GET", n % 3 ? "/signatures/1" : "/emails/1");
  await call("DELETE", "/signatures/1");
}

/** The page that is open, which another visit would not show again. */
async function checkAsItIs(name: string): Promise<void> {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of WIDTHS) await checkLook(`${name}-${width}-${theme}`, width);
  }
}

async function checkLook(picture: string, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  await takePicture(page, picture);
  expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  expect(await cutPlaceholdersOn(page)).toEqual([]);
  expect(await violationsOf(page)).toEqual([]);
}

test.for(["/", "/keys", "/audit", "/organization"])(
  "At 360 px, the navigation shows where the visitor is on %s, and Tab begins at the top",
  async (path) => {
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto(path);
    const current = page.locator("nav [aria-current]").first();
    const { left, right } = await current.evaluate((element) => element.getBoundingClientRect());
    expect([left >= 0, right <= 360]).toEqual([true, true]);
    await page.keyboard.press("Tab");
    await hasFocus(page, ".skip");
  },
);

describe("The filters of a list", () => {
  test.for(["/keys", "/requests", "/audit"])("on %s take no room at 360 px until they are unfolded", async (path) => {
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto(path);
    const shown = page.locator(`main form[action="${path}"] :is(select, input[type=date])`).filter({ visible: true });
    expect(await shown.count()).toBe(0);
    await page.locator("main summary", { hasText: "Filters" }).click();
    expect(await shown.count()).toBeGreaterThan(1);
    await checkAsItIs(`filters${path.replace("/", "-")}`);
  });
});

test("In the list of requests at 360 px, the environment below a key's name begins where the name does", {
  timeout: 100_000,
}, async () => {
  await page.setViewportSize({ width: 360, height: 800 });
  const cell = page.locator(".log td:has(.environment)").filter({ hasText: "a-name-that-fills-its-line" }).first();
  const isKept = async () => {
    await page.goto("/requests");
    return cell.count();
  };
  await expect.poll(isKept, { timeout: 80_000, interval: 2_000 }).toBe(1);
  const [name, environment] = [await cell.locator("a").boundingBox(), await cell.locator(".environment").boundingBox()];
  expect(environment?.y).toBeGreaterThan(name?.y as number);
  expect(environment?.x).toBeCloseTo(name?.x as number, 0);
});

describe("What a visitor comes to", () => {
  const STEPS: Record<string, () => Promise<unknown>> = {
    "secret-shown": async () => {
      await page.goto(`/keys/${keyId}/rotate`);
      await page.getByRole("button", { name: "Create a new secret" }).click();
      await page.locator("#secret").waitFor();
    },
    "changes-reviewed": async () => {
      await page.goto(`/keys/${keyId}/edit`);
      await page.getByLabel("Description").fill("Used by the nightly export");
      await page.getByRole("button", { name: "Review the change" }).click();
    },
    "request-explained": async () => {
      await page.goto(`/keys/${keyId}/connect`);
      await page.getByLabel("Method").selectOption("DELETE");
      await page.getByRole("button", { name: "Explain" }).click();
      await page.locator("summary").click();
    },
    "path-explained": async () => {
      await page.goto("/requests");
      await page.getByLabel("Why was a request refused?").fill("/signatures/1");
      await page.getByRole("button", { name: "Explain" }).click();
      await page.getByRole("heading", { name: "Ask again" }).waitFor();
    },
    "which-key": async () => {
      await page.goto("/requests");
      await page.getByLabel("Why was a request refused?").fill("i");
      await page.getByRole("button", { name: "Explain" }).click();
      await page.getByRole("heading", { name: "Which key?" }).waitFor();
    },
    "key-revoked-in-dialog": async () => {
      await page.goto(`/keys/${keyId}`);
      await page.getByRole("link", { name: "Revoke…" }).click();
      await page.locator("dialog[open]").waitFor();
    },
    "form-with-mistakes": async () => {
      await page.goto("/keys/new");
      await page.getByRole("button", { name: "Create the key" }).click();
      await page.locator(".notice.bad").waitFor();
    },
    "link-shown": async () => {
      await page.goto(`/members/${tenant.members.admin}`);
      await page.getByRole("button", { name: "Invite for admin" }).click();
      await page.locator("#secret").waitFor();
    },
    disable: () => page.goto(`/keys/${keyId}/disable`),
    "sign-in": async () => page.goto(await signInLink(gateway, tenant.members.member)),
    "signed-out": async () => {
      const visitor = await browser.newContext();
      const open = await visitor.newPage();
      await open.goto(`http://localhost:${gateway.port}/keys`);
      expect(await violationsOf(open)).toEqual([]);
      await visitor.close();
    },
  };
  test.for(Object.keys(STEPS))("%s: axe finds nothing, it fits 360 px, and no placeholder is cut off", async (name) => {
    await (STEPS[name] as () => Promise<unknown>)();
    await checkAsItIs(name);
  });

  // After the others, for the counts to have come.
  test.for([
    { name: "overview-in-use", path: () => "/" },
    { name: "key-in-use", path: () => `/keys/${busyId}` },
  ])("$name draws what was counted, and axe finds nothing", { timeout: 150_000 }, async ({ name, path }) => {
    const isCounted = async () => {
      await page.goto(path());
      return page.locator("main svg").count();
    };
    await expect.poll(isCounted, { timeout: 120_000, interval: 3_000 }).toBeGreaterThan(0);
    await checkAsItIs(name);
  });
});
