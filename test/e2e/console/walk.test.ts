/** Every page that the code has a route for: at any width and in both themes, and how heavy it is. A new page falls under it by itself. */

import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { PROJECT } from "../../helpers/gateway.ts";
import { bearing, seed, type Tenant } from "../../helpers/seed.ts";
import { violationsOf } from "./axe.ts";
import { cutPlaceholdersOn } from "./fits.ts";
import { gateway } from "./shared.ts";
import { complaintsOf, consoleOf, rootLink, signedIn, signedInAsRoot, signInLink, takePicture } from "./visitors.ts";
import { looseFactsOn, oddWordsOn } from "./words.ts";

/** Of phones, tablets and notebooks, and between them. */
const WIDTHS = [320, 360, 640, 768, 896, 1024, 1280];
const THEMES = ["light", "dark"] as const;
const AXE_WIDTHS = { light: 1280, dark: 360 } as const;
/** With its style, scripts and icon. */
const MAX_BYTES = 20 * 1024;
/** With the script of charts. */
const MAX_BYTES_OF_CHARTS = 60 * 1024;
/** What is loaded to be kept, and is no page. */
const FILE = /\.\w+$/;
/** Everyone can open them. The others are for those who are signed in. */
const OPEN = /^\/(?:guide|errors|docs|go|sign-in)\b/;

/** By its name, since its types are those of Workers, which tests in Node do not have. */
const { consolePages }: { consolePages: () => { routes: readonly { method: string; path: string }[] } } = await import(
  join(PROJECT, "src/console/console.tsx")
);

let browser: Browser;
let tenant: Tenant;
let visitors: Record<"owner" | "root" | "stranger", Page>;
let complaints: string[][];
let request: { keyId: string; id: string };

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  const key = await tenant.key({ name: "production-backend", scopes: ["read:all", "emails:write"], plan: "free" });
  const answer = await fetch(`${gateway.base("sandbox")}/emails/1`, { method: "DELETE", headers: bearing(key) });
  request = { keyId: key.id, id: answer.headers.get("x-request-id") as string };
  visitors = {
    owner: await signedIn(browser, gateway, tenant.members.owner),
    root: await signedInAsRoot(browser, gateway),
    stranger: await (await browser.newContext({ baseURL: consoleOf(gateway) })).newPage(),
  };
  complaints = Object.values(visitors).map(complaintsOf);
});
afterAll(() => browser?.close());

const tokenOf = (url: string) => url.split("/").at(-1) as string;

async function keyRequestOf(memberId: string): Promise<string> {
  const wanted = { name: "nightly-export", purpose: "Copies emails.", environment: "sandbox", scopes: ["emails:read"] };
  const headers = { Authorization: `Bearer ${gateway.rootToken}`, "Keygate-Act-As": memberId };
  const init = { method: "POST", headers, body: JSON.stringify(wanted) };
  return (await (await fetch(`${consoleOf(gateway)}/v1/key-requests`, init)).json()).id;
}

/** What stands for the parameters of routes, by the route up to them. */
const SAMPLES: Record<string, () => string | Promise<string>> = {
  "/keys/:id": () => request.keyId,
  "/requests/:id": () => request.id,
  "/keys/:id/secrets/:secret": async () =>
    (await gateway.manage("GET", `/v1/api-keys/${request.keyId}`)).body.secrets[0].id,
  "/workspaces/:id": () => tenant.workspaces[0],
  "/members/:id": () => tenant.members.admin,
  "/sessions/:id": async () =>
    (await gateway.manage("GET", `/v1/sessions?member_id=${tenant.members.owner}`)).body.data[0].id,
  "/organizations/:id": () => tenant.organizationId,
  "/key-requests/:id": () => keyRequestOf(tenant.members.member),
  "/errors/:code": () => "scope_missing",
  "/docs/:name": () => "createApiKey",
  "/sign-in/root/:token": async () => tokenOf(await rootLink(gateway)),
  "/sign-in/:token": async () => tokenOf(await signInLink(gateway, tenant.members.member)),
};
/** What pages need in their query to show something. */
const QUERIES: Record<string, () => string> = {
  "/keys/selected/revoke": () => `?key=${request.keyId}`,
  "/keys/selected/disable": () => `?key=${request.keyId}`,
};

/** One route for each of the words that a parameter can be. */
function spelledOut(route: string): string[] {
  const parameter = /:\w+\{([\w|-]+)\}/.exec(route);
  if (!parameter) return [route];
  return (parameter[1] as string).split("|").flatMap((word) => spelledOut(route.replace(parameter[0], word)));
}

async function pathOf(route: string): Promise<string> {
  const segments = route.split("/");
  const filled = await Promise.all(
    segments.map(async (segment, at) => {
      if (!segment.startsWith(":")) return segment;
      const name = segments.slice(0, at + 1).join("/");
      const sample = SAMPLES[name];
      if (!sample) throw new Error(`the new route ${route} needs a sample for ${name}`);
      return sample();
    }),
  );
  return filled.join("/") + (QUERIES[route]?.() ?? "");
}

const ROUTES = [
  ...new Set(
    consolePages()
      .routes.filter(({ method, path }) => method === "GET" && !path.includes("*") && !FILE.test(path))
      .flatMap(({ path }) => spelledOut(path)),
  ),
];

const CASES = ROUTES.flatMap((route): { route: string; as: keyof typeof visitors }[] => {
  if (route.startsWith("/organizations")) return [{ route, as: "root" }];
  if (route.startsWith("/sign-in")) return [{ route, as: "stranger" }];
  const own = { route, as: "owner" } as const;
  return OPEN.test(route) || route === "/" ? [own, { route, as: "stranger" }] : [own];
});

const overflow = (page: Page) => page.evaluate("document.documentElement.scrollWidth - innerWidth");

async function walk(page: Page, path: string, picture: string, status: number): Promise<void> {
  const answer = await page.goto(path);
  expect(answer?.status()).toBe(status);
  // What scripts ask for is no page.
  if (!answer?.headers()["content-type"]?.startsWith("text/html")) return;
  expect(await page.locator("header.bar, nav, main h1").count()).toBeGreaterThanOrEqual(3);
  await page.setViewportSize({ width: 1280, height: 900 });
  expect([await oddWordsOn(page), await looseFactsOn(page)]).toEqual([[], []]);
  const tooWide: string[] = [];
  const cut: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      if (Number(await overflow(page)) > 0) tooWide.push(`${width} ${theme}`);
      cut.push(...(await cutPlaceholdersOn(page)).map((placeholder) => `${width} ${theme}: ${placeholder}`));
    }
  }
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width: AXE_WIDTHS[theme], height: 900 });
    await takePicture(page, `${picture}-${AXE_WIDTHS[theme]}-${theme}`);
    expect(await violationsOf(page)).toEqual([]);
  }
  expect([tooWide, cut]).toEqual([[], []]);
  expect(await weightOf(page, (await answer?.body()) as Buffer)).toBeLessThanOrEqual(
    (await page.locator("script[src*=uplot]").count()) > 0 ? MAX_BYTES_OF_CHARTS : MAX_BYTES,
  );
}

const weights = new Map<string, number>();

async function weightOf(page: Page, document: Buffer): Promise<number> {
  const urls: string[] = await page.evaluate(
    "[...document.querySelectorAll('link[href], script[src], img[src]')].map((part) => part.href || part.src)",
  );
  for (const url of urls) {
    if (!weights.has(url)) weights.set(url, gzipSync(await (await page.request.get(url)).body()).length);
  }
  return urls.reduce((sum, url) => sum + (weights.get(url) ?? 0), gzipSync(document).length);
}

test("the request of the samples is kept", { timeout: 90_000 }, async () => {
  const isKept = async () => (await gateway.manage("GET", `/v1/requests/${request.id}`)).status;
  await expect.poll(isKept, { timeout: 80_000, interval: 1_000 }).toBe(200);
});

test("the table of routes has the pages", () => {
  expect(ROUTES.length).toBeGreaterThan(30);
  expect(ROUTES).toEqual(expect.arrayContaining(["/", "/keys", "/guide", "/errors/:code", "/docs", "/organizations"]));
});

describe("scrolls sideways and cuts a placeholder off at no width, axe finds nothing, and it weighs at most 20 KB", () => {
  test.for(CASES)("$route, $as", { timeout: 120_000 }, async ({ route, as }) => {
    const picture = `walk${route.replaceAll(/[/:]+/g, "-")}-${as}`;
    await walk(visitors[as], await pathOf(route), picture, 200);
  });

  test.for([
    { path: "/nowhere", as: "owner", status: 404 },
    { path: "/nowhere", as: "stranger", status: 404 },
    { path: "/keys/key_missing", as: "owner", status: 404 },
    { path: "/keys", as: "stranger", status: 401 },
    { path: "/sign-in/kgl_spent", as: "stranger", status: 401 },
    { path: "/keys?q=nothing-is-called-so", as: "owner", status: 200 },
    { path: "/go?q=production", as: "owner", status: 200 },
  ] as const)("$path, $as, $status", { timeout: 120_000 }, async ({ path, as, status }) => {
    await walk(visitors[as], path, `walk${path.replaceAll(/\W+/g, "-")}-${as}`, status);
  });
});

test("no page has broken its own policy", () => {
  expect(complaints).toEqual([[], [], []]);
});
