/** The platform team in the console. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { bearing, seed, type Tenant } from "../../helpers/seed.ts";
import { violationsOf } from "./axe.ts";
import { gateway } from "./shared.ts";
import { consoleOf, signedIn, signInLink, takePicture } from "./visitors.ts";

let browser: Browser;
let tenant: Tenant;
let page: Page;

async function linkForRoot(): Promise<string> {
  const { status, body } = await gateway.manage("POST", "/v1/root-sign-in-links");
  expect(status).toBe(201);
  return body.url;
}

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  page = await (await browser.newContext({ baseURL: consoleOf(gateway) })).newPage();
  await page.goto(await linkForRoot());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/organizations$/);
});
afterAll(() => browser?.close());

const organization = async (id: string) => (await gateway.manage("GET", `/v1/organizations/${id}`)).body;

describe("The platform team", () => {
  test("makes an organization and lets its first owner in", async () => {
    await page.goto("/organizations");
    await page.getByLabel("Name", { exact: true }).fill("Newcomer");
    await page.getByLabel("Plan").selectOption("free");
    await page.getByLabel("production").uncheck();
    await page.getByLabel(/Key quota/).fill("5");
    await page.getByLabel("Location").selectOption("Western Europe");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByText("Created.", { exact: true }).waitFor();
    const id = page.url().split("/").at(-1)?.split("?")[0] as string;
    expect(await organization(id)).toMatchObject({
      name: "Newcomer",
      plan: "free",
      environments: ["sandbox"],
      key_quota: 5,
      location: "weur",
    });
    await page.getByLabel("Email address").fill("first@newcomer.test");
    await page.getByLabel("Their name").fill("First");
    await page.getByRole("button", { name: "Add the member and create an invitation" }).click();
    const link = await page.locator("#secret").textContent();
    const visitor = await (await browser.newContext()).newPage();
    await visitor.goto(link as string);
    await visitor.getByRole("button", { name: "Sign in" }).click();
    await visitor.getByText("owner, Newcomer").waitFor();
  });

  test("gives an organization a location, whose new keys are there and work, and takes it away", async () => {
    const { organizationId } = tenant;
    const save = async (location: string) => {
      await page.goto(`/organizations/${organizationId}`);
      await page.getByLabel("Location").selectOption(location);
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText(/^Saved\./).waitFor();
    };
    await save("Oceania");
    const key = await tenant.key({ scopes: ["emails:read"] });
    expect(key.id).toMatch(/^key_oc_/);
    const answer = await fetch(`${gateway.base("sandbox")}/nobody/1`, { headers: bearing(key) });
    expect(answer.status).not.toBe(401);
    await save("near the first request");
    expect((await organization(organizationId)).location).toBeNull();
    expect((await tenant.key({ scopes: ["emails:read"] })).id).not.toMatch(/^key_oc_/);
  });

  test("is told what is wrong with a member, and not that it were the organization's name", async () => {
    await page.goto(`/organizations/${tenant.organizationId}`);
    await page.getByLabel("Email address").fill("nameless@acme.test");
    await page.getByRole("button", { name: "Add the member and create an invitation" }).click();
    await page.locator("#member_name-problem").waitFor();
    expect(await page.locator(".field.wrong").count()).toBe(1);
  });

  test("changes an organization's terms; one who was slower overwrites nothing", async () => {
    const path = `/organizations/${tenant.organizationId}`;
    await page.goto(path);
    const other = await page.context().newPage();
    await other.goto(path);
    await page.getByLabel("Plan").selectOption("free");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved. It takes effect everywhere within 2.5 seconds.").waitFor();
    await other.getByLabel("Name", { exact: true }).fill("By the slower");
    await other.getByRole("button", { name: "Save" }).click();
    await other.locator(".notice.bad").waitFor();
    expect(await organization(tenant.organizationId)).toMatchObject({ name: "Acme", plan: "free" });
    await page.getByLabel(/Key quota/).fill("many");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".field.wrong").waitFor();
    await other.close();
  });

  test("suspends an organization, whose keys end, and lets it call again", async () => {
    const key = await tenant.key({ scopes: ["signatures:read"] });
    const call = async () => (await fetch(`${gateway.base("sandbox")}/nobody/1`, { headers: bearing(key) })).status;
    expect(await call()).not.toBe(401);
    await page.goto(`/organizations/${tenant.organizationId}`);
    await page.getByRole("link", { name: "Suspend Acme" }).click();
    await page.getByLabel("Type the name of the organization").fill("Acme");
    await page.getByRole("button", { name: "Suspend Acme" }).click();
    await page.getByText("The organization was suspended.").waitFor();
    await expect.poll(call, { timeout: 5_000 }).toBe(401);
    await page.getByRole("link", { name: "Activate Acme" }).click();
    await page.getByRole("button", { name: "Activate Acme" }).click();
    await page.getByText("The organization was activated.").waitFor();
    await expect.poll(call, { timeout: 5_000 }).not.toBe(401);
  });

  test.for(["light", "dark"] as const)("has pages with which axe finds nothing wrong: %s", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    for (const path of ["/organizations", `/organizations/${tenant.organizationId}`]) {
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        await page.goto(path);
        await takePicture(page, `root-${path.split("/").length}-${width}-${colorScheme}`);
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
        expect(await violationsOf(page)).toEqual([]);
      }
    }
  });

  test("is sent to its own pages from those of members", async () => {
    for (const path of ["/", "/keys", "/members"]) {
      await page.goto(path);
      expect(new URL(page.url()).pathname).toBe("/organizations");
    }
  });
});

describe("Nobody else", () => {
  test("sees those pages or changes anything by them: members of any role, and visitors", async () => {
    const before = (await organization(tenant.organizationId)).version;
    const visitors = [
      await (await browser.newContext({ baseURL: consoleOf(gateway) })).newPage(),
      await signedIn(browser, gateway, tenant.members.owner),
      await signedIn(browser, gateway, tenant.members.member),
    ];
    for (const visitor of visitors) {
      for (const path of ["/organizations", `/organizations/${tenant.organizationId}`]) {
        expect((await visitor.goto(path))?.status()).toBe(401);
        const forged = { data: "name=forged&status=suspended", headers: { Origin: consoleOf(gateway) } };
        expect((await visitor.request.post(path, forged)).status()).toBe(401);
      }
    }
    expect((await organization(tenant.organizationId)).version).toBe(before);
  });

  test("acts by the team's own browser: a page of another site is refused", async () => {
    const before = (await organization(tenant.organizationId)).version;
    for (const path of ["/organizations", `/organizations/${tenant.organizationId}`]) {
      for (const [name, value] of [
        ["Origin", "https://evil.test"],
        ["Sec-Fetch-Site", "cross-site"],
      ] as const) {
        const response = await page.request.post(path, {
          headers: { [name]: value },
          data: "name=forged&status=suspended",
        });
        expect(response.status()).toBe(403);
      }
    }
    expect((await organization(tenant.organizationId)).version).toBe(before);
  });

  test("signs in by a link that was used, or by looking at one", async () => {
    const link = await linkForRoot();
    const post = () => fetch(link, { method: "POST", redirect: "manual", headers: { Origin: consoleOf(gateway) } });
    for (let n = 0; n < 3; n++) expect((await fetch(link)).status).toBe(200);
    expect((await fetch(link, { method: "POST", headers: { Origin: "https://evil.test" } })).status).toBe(403);
    expect((await post()).status).toBe(303);
    expect((await post()).status).toBe(401);
    expect((await fetch(link)).status).toBe(401);
  });

  test("gets a link but the root token itself: not by acting as a member", async () => {
    const actAs = { Authorization: `Bearer ${gateway.rootToken}`, "Keygate-Act-As": tenant.members.owner };
    const response = await fetch(`${consoleOf(gateway)}/v1/root-sign-in-links`, { method: "POST", headers: actAs });
    expect(response.status).toBe(403);
  });
});

describe("That session", () => {
  test("ends where a member signs in with the same browser", async () => {
    const context = await browser.newContext({ baseURL: consoleOf(gateway) });
    const visitor = await context.newPage();
    const cookie = async () => {
      const [{ name, value } = { name: "", value: "" }] = await context.cookies();
      return `${name}=${value}`;
    };
    const statusWith = async (headers: Record<string, string>) =>
      (await fetch(`${consoleOf(gateway)}/organizations`, { headers })).status;
    await visitor.goto(await linkForRoot());
    await visitor.getByRole("button", { name: "Sign in" }).click();
    const before = { Cookie: await cookie() };
    expect(await statusWith(before)).toBe(200);
    await visitor.goto(await signInLink(gateway, tenant.members.owner));
    await visitor.getByRole("button", { name: "Sign in" }).click();
    await visitor.getByText("owner, Acme").waitFor();
    expect(await statusWith(before)).toBe(401);
  });

  test("does not reach the management API, and ends by signing out", async () => {
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name === "__Host-keygate_session");
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", secure: true });
    const headers = { Cookie: `${cookie?.name}=${cookie?.value}`, "Sec-Fetch-Site": "same-origin" };
    expect((await fetch(`${consoleOf(gateway)}/v1/organizations`, { headers })).status).toBe(401);
    await page.goto("/organizations");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect((await fetch(`${consoleOf(gateway)}/organizations`, { headers })).status).toBe(401);
  });
});
