/** What others try with a member's browser. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { seed, type Tenant } from "../../helpers/seed.ts";
import { NASTY } from "./nasty.ts";
import { gateway } from "./shared.ts";
import { complaintsOf, consoleOf, signedIn, signInLink } from "./visitors.ts";

const base = consoleOf(gateway);
const PAGES = ["/", "/keys", "/keys/new", "/workspaces", "/members", "/audit", "/organization", "/sessions", "/guide"];

let browser: Browser;
let tenant: Tenant;
let page: Page;
let complaints: string[];
/** A page of another site, with what each test puts on it. */
let other: Server;
let otherPage = "";
let otherUrl: string;

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  page = await signedIn(browser, gateway, tenant.members.owner);
  complaints = complaintsOf(page);
  other = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(otherPage));
  await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
  otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  other?.close();
  await browser?.close();
});

const statusOf = async (id: string) => (await gateway.manage("GET", `/v1/api-keys/${id}`)).body.status;

test("at least a hundred nasty texts, as names and descriptions, are shown as text and do nothing", {
  timeout: 300_000,
}, async () => {
  expect(new Set(NASTY).size).toBeGreaterThanOrEqual(100);
  const { key } = tenant;
  const keys = await Promise.all(NASTY.map((name) => key({ name, ...({ description: name } as object) })));
  const workspace = { organization_id: tenant.organizationId, name: NASTY[12] };
  await gateway.manage("POST", "/v1/workspaces", workspace);
  const seen: string[] = [];
  await page.goto("/keys");
  for (;;) {
    seen.push(...(await page.locator("main td strong a").allTextContents()));
    const next = page.getByRole("link", { name: "Next page" });
    if ((await next.count()) === 0) break;
    await next.click();
  }
  expect(seen.length).toBeGreaterThanOrEqual(NASTY.length);
  for (const text of NASTY) expect(seen).toContain(text);
  for (const { id } of [keys[0], keys[15], keys[30], keys[50]] as { id: string }[]) {
    for (const path of [`/keys/${id}`, `/keys/${id}/edit`, `/keys/${id}/revoke`, `/audit?target=${id}`])
      await page.goto(path);
  }
  for (const path of ["/", "/workspaces", "/keys/new", "/audit"]) await page.goto(path);
  for (const text of NASTY.slice(12, 20)) {
    await page.goto(`/keys?q=${encodeURIComponent(text)}`);
    expect(await page.getByLabel("Search").inputValue()).toBe(text);
  }
  expect(await page.evaluate("window.broken")).toBeUndefined();
  expect(complaints).toEqual([]);
});

test("nasty texts as names of people, workspaces and organizations, and as reasons, are shown as text and do nothing", {
  timeout: 300_000,
}, async () => {
  const make = async (path: string, fields: object) => {
    const { status, body } = await gateway.manage("POST", path, fields);
    expect(status).toBe(201);
    return body.id as string;
  };
  const { organizationId, members, key } = await seed(gateway);
  const of = { organization_id: organizationId };
  const people = await Promise.all(
    NASTY.map((name, n) => make("/v1/members", { ...of, name, email: `nasty${n}@acme.test`, role: "owner" })),
  );
  const places = await Promise.all(NASTY.map((name) => make("/v1/workspaces", { ...of, name })));
  await Promise.all(NASTY.map((name) => make("/v1/organizations", { name })));
  const revoked = await key();
  await gateway.manage("POST", `/v1/api-keys/${revoked.id}/revoke`, { reason: NASTY[0] });
  await gateway.manage("PATCH", `/v1/organizations/${organizationId}`, { name: NASTY[13] });

  const visitor = await signedIn(browser, gateway, members.owner);
  const own = complaintsOf(visitor);
  const namesOn = async (path: string) => {
    const seen: string[] = [];
    await visitor.goto(path);
    for (;;) {
      seen.push(...(await visitor.locator("main td strong a").allTextContents()));
      const next = visitor.getByRole("link", { name: "Next page" });
      if ((await next.count()) === 0) return seen;
      const before = visitor.url();
      await next.click();
      await visitor.waitForURL(({ href }) => href !== before);
    }
  };
  const lacking = async (path: string) => {
    const names = await namesOn(path);
    return NASTY.filter((text) => !names.includes(text));
  };
  expect(await lacking("/members")).toEqual([]);
  expect(await lacking("/workspaces")).toEqual([]);
  for (const path of [
    ...["/", "/keys", "/keys/new", "/audit", "/organization", `/keys/${revoked.id}`, `/audit?target=${revoked.id}`],
    ...people.slice(12, 24).map((id) => `/members/${id}`),
    ...places.slice(12, 24).map((id) => `/workspaces/${id}`),
  ]) {
    expect((await visitor.goto(path))?.status()).toBe(200);
  }
  await visitor.goto(await signInLink(gateway, people[13] as string));
  expect(await visitor.locator("main strong").allTextContents()).toEqual([NASTY[13], NASTY[13]]);

  const { body: root } = await gateway.manage("POST", "/v1/root-sign-in-links");
  await visitor.goto(root.url);
  await visitor.getByRole("button", { name: "Sign in" }).click();
  expect(await lacking("/organizations")).toEqual([]);
  await visitor.goto(`/organizations/${organizationId}`);
  expect(await visitor.locator("h1").textContent()).toBe(NASTY[13]);
  expect(await visitor.evaluate("window.broken")).toBeUndefined();
  expect(own).toEqual([]);
  await visitor.context().close();
});

test("audit as CSV holds no formula, as NDJSON all events", async () => {
  const csv = await page.request.get("/audit/events.csv");
  expect(csv.headers()["content-disposition"]).toBe('attachment; filename="audit-events.csv"');
  const cells = [...(await csv.text()).matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell]) => cell as string);
  expect(cells.length).toBeGreaterThan(100);
  expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
  const lines = (await (await page.request.get("/audit/events.ndjson?action=api_key.created")).text())
    .trim()
    .split("\n");
  expect(lines.map((line) => JSON.parse(line).action)).toEqual(lines.map(() => "api_key.created"));
});

describe("A page of another site", () => {
  test("changes nothing by a form that it sends", async () => {
    const { id } = await tenant.key();
    otherPage = `<form method="post" action="${base}/keys/${id}/revoke"><button>Win</button></form>`;
    await page.goto(otherUrl);
    const [response] = await Promise.all([page.waitForResponse(/revoke/), page.getByRole("button").click()]);
    expect([401, 403]).toContain(response.status());
    expect(await statusOf(id)).toBe("active");
  });

  test("signs nobody in or out, and sees nothing by fetch", async () => {
    const link = await signInLink(gateway, tenant.members.member);
    otherPage = `<form id="in" method="post" action="${link}"><button>In</button></form><form id="out" method="post" action="${base}/sign-out"><button>Out</button></form>`;
    for (const name of ["In", "Out"]) {
      await page.goto(otherUrl);
      const [response] = await Promise.all([
        page.waitForResponse((answer) => answer.request().method() === "POST"),
        page.getByRole("button", { name, exact: true }).click(),
      ]);
      expect(response.status()).toBe(403);
    }
    await page.goto(otherUrl);
    const text = await page.evaluate(
      (url) =>
        fetch(url, { credentials: "include" }).then(
          (r) => r.text(),
          () => "blocked",
        ),
      `${base}/keys`,
    );
    expect(text).toBe("blocked");
    await page.goto("/");
    await page.getByText("owner, Acme").waitFor();
  });

  test("frames no page", async () => {
    const link = new URL(await signInLink(gateway, tenant.members.member)).pathname;
    for (const path of [...PAGES, "/organizations", link]) {
      otherPage = `<iframe src="${base}${path}"></iframe>`;
      await page.goto(otherUrl);
      const frame = page.frames().find((one) => one !== page.mainFrame());
      expect(await frame?.locator("main").count()).toBe(0);
    }
  });
});

describe("A session", () => {
  test("that somebody planted ends when the member signs in, and is not theirs", async () => {
    const visitor = await signedIn(browser, gateway, tenant.members.member);
    const sessionOf = async () =>
      (await visitor.context().cookies()).find(({ name }) => name === "__Host-keygate_session");
    const planted = await sessionOf();
    await visitor.goto(await signInLink(gateway, tenant.members.owner));
    await visitor.getByRole("button", { name: "Sign in" }).click();
    await visitor.getByText("owner, Acme").waitFor();
    const own = await sessionOf();
    expect(own).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax" });
    expect(own?.value).not.toBe(planted?.value);
    const headers = { Cookie: `${planted?.name}=${planted?.value}` };
    expect((await fetch(`${base}/sessions`, { headers })).status).toBe(401);
    await visitor.context().close();
  });

  test("ends by signing out, at once and everywhere, and the pages are gone with it", async () => {
    const visitor = await signedIn(browser, gateway, tenant.members.owner);
    const cookies = await visitor.context().cookies();
    await visitor.goto("/keys");
    await visitor.getByRole("button", { name: "Sign out" }).click();
    await visitor.getByRole("heading", { name: "Sign in" }).waitFor();
    await visitor.goBack();
    expect(await visitor.getByText("Those of Acme that you manage").count()).toBe(0);
    await visitor.context().addCookies(cookies);
    expect((await visitor.goto("/keys"))?.status()).toBe(401);
    await visitor.context().close();
  });

  test("of one's own is listed, and can be ended from another", async () => {
    const first = await signedIn(browser, gateway, tenant.members.admin);
    const second = await signedIn(browser, gateway, tenant.members.admin);
    await first.goto("/sessions");
    await first
      .getByRole("button", { name: /^End the session/ })
      .first()
      .click();
    await first.getByText("The session has ended").waitFor();
    expect((await second.goto("/keys"))?.status()).toBe(401);
    await Promise.all([first.context().close(), second.context().close()]);
  });
});

test("a sign-in leads to no other site, whatever the link says", async () => {
  const visited: string[] = [];
  for (const next of [
    "//evil.test",
    "https://evil.test",
    "/\\evil.test",
    "/%09/evil.test/..//evil.test",
    "/keys//evil.test",
  ]) {
    const { status, body } = await gateway.manage("POST", "/v1/sign-in-links", {
      member_id: tenant.members.owner,
      next,
    });
    if (status === 422) continue;
    const context = await browser.newContext();
    const visitor = await context.newPage();
    await visitor.goto(body.url);
    await visitor.getByRole("button", { name: "Sign in" }).click();
    expect(new URL(visitor.url()).origin).toBe(base);
    visited.push(next);
    await context.close();
  }
  // The others were not taken at all.
  expect(visited.length).toBeGreaterThan(0);
});

test("a page that shows a secret is kept nowhere, and tells no other site of itself", async () => {
  const plain = await seed(gateway);
  const visitor = await signedIn(browser, gateway, plain.members.owner);
  const { id } = await plain.key();
  const answers: Record<string, string>[] = [];
  visitor.on("response", async (response) => {
    if (response.request().isNavigationRequest()) answers.push(await response.allHeaders());
  });
  const link = await signInLink(gateway, plain.members.admin);
  await visitor.goto(link);
  await visitor.goto(`/keys/${id}/rotate`);
  await visitor.getByRole("button", { name: "Create a new secret" }).click();
  await visitor.locator("#secret").waitFor();
  await visitor.goto(`/members/${plain.members.admin}`);
  await visitor.getByRole("button", { name: "Invite for admin" }).click();
  await visitor.locator("#secret").waitFor();
  expect(answers).toHaveLength(5);
  for (const headers of answers) {
    expect(headers).toMatchObject({ "cache-control": "no-store", "referrer-policy": "no-referrer" });
  }
  let referer: string | undefined = "none was asked";
  other.once("request", ({ headers }) => {
    referer = headers.referer;
  });
  await visitor.evaluate((url) => {
    const anchor = document.createElement("a");
    anchor.href = url;
    document.body.append(anchor);
    anchor.click();
  }, otherUrl);
  await visitor.waitForURL(otherUrl);
  expect(referer).toBeUndefined();
  await visitor.context().close();
});

test("every page is kept nowhere, tells nobody where it was, and runs and loads nothing but our own", async () => {
  // One without the nasty texts, in which the page's own markup can be looked for.
  const plain = await seed(gateway);
  const visitor = await signedIn(browser, gateway, plain.members.owner);
  const own = complaintsOf(visitor);
  for (const path of PAGES) {
    const response = await visitor.goto(path);
    const headers = response?.headers() ?? {};
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
    });
    expect(headers["content-security-policy"]).toContain("require-trusted-types-for 'script'");
    expect(headers["content-security-policy"]).not.toMatch(/unsafe|\*|http/);
    const html = (await response?.text()) ?? "";
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?! src="\/console\.js)/);
  }
  expect(own).toEqual([]);
  await visitor.context().close();
});
