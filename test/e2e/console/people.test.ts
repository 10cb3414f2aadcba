/** People: how they are invited, where they are signed in, what they ask for, and how the platform team looks as they do. Without script. */

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { seed, type Tenant } from "../../helpers/seed.ts";
import { gateway } from "./shared.ts";
import { consoleOf, rootLink, signInLink, takePicture, WITH_PICTURES } from "./visitors.ts";

let browser: Browser;
let tenant: Tenant;
let owner: Page;
const contexts: BrowserContext[] = [];

async function visitor(userAgent?: string): Promise<Page> {
  const context = await browser.newContext({
    ...{ baseURL: consoleOf(gateway), javaScriptEnabled: false, viewport: { width: 1280, height: 900 } },
    ...(userAgent && { userAgent }),
  });
  contexts.push(context);
  return context.newPage();
}

async function signedIn(link: string, userAgent?: string): Promise<Page> {
  const page = await visitor(userAgent);
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  return page;
}

/** In both themes, wide and narrow. */
async function takePictures(page: Page, name: string): Promise<void> {
  if (!WITH_PICTURES) return;
  for (const [width, colorScheme] of [
    [1280, "light"],
    [360, "dark"],
    [360, "light"],
    [1280, "dark"],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await takePicture(page, `people-${name}-${width}-${colorScheme}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  owner = await signedIn(await signInLink(gateway, tenant.members.owner));
});
afterAll(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  await browser?.close();
});

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0";

describe("An invitation", () => {
  async function invite(name: string): Promise<string> {
    await owner.goto("/members");
    await owner.getByLabel("Email address").fill(`${name}-${crypto.randomUUID()}@acme.test`);
    await owner.getByLabel("Name", { exact: true }).fill(name);
    await owner.getByLabel("member", { exact: false }).last().check();
    await owner.getByRole("button", { name: "Add the member and create an invitation" }).click();
    await owner.getByRole("heading", { name: `Invitation for ${name}` }).waitFor();
    return (await owner.locator("#secret").textContent()) as string;
  }

  test("is a link that the owner sees once, and that signs the new member in once, from the device that the sessions name", async () => {
    const link = await invite("Mia");
    await takePictures(owner, "invitation");
    await owner.goto("/members");
    await owner.getByText("invited, expires in 7 days").first().waitFor();
    expect(await owner.content()).not.toContain(new URL(link).pathname);
    await takePictures(owner, "members");
    const mia = await signedIn(link, FIREFOX);
    await mia.goto("/sessions");
    await mia.getByText("Firefox on Windows").waitFor();
    await takePictures(mia, "sessions");
    const late = await visitor();
    expect((await late.goto(link))?.status()).toBe(401);
    await owner.goto("/members");
    await owner.getByRole("link", { name: "Mia", exact: true }).click();
    await owner.getByText("Last sign-in: just now").waitFor();
    await owner.getByRole("link", { name: "End the session on Firefox on Windows" }).click();
    await owner.getByRole("button", { name: "End the session" }).click();
    await owner.getByText("The session has ended").waitFor();
    expect((await mia.goto("/sessions"))?.status()).toBe(401);
  });

  test("stops working when it is revoked, and another one can be sent, which ends the one before", async () => {
    const first = await invite("Noa");
    await owner.getByRole("link", { name: "Noa" }).click();
    await owner.getByRole("button", { name: "Revoke the invitation" }).click();
    await owner.getByText("The invitation was revoked.").waitFor();
    await takePictures(owner, "member");
    const late = await visitor();
    expect((await late.goto(first))?.status()).toBe(401);
    const send = async (name: string) => {
      await owner.getByRole("button", { name }).click();
      const link = (await owner.locator("#secret").textContent()) as string;
      await owner.getByRole("link", { name: "The member" }).click();
      return link;
    };
    const [second, third] = [await send("Invite for Noa"), await send("Create a new invitation")];
    expect((await late.goto(second))?.status()).toBe(401);
    await signedIn(third);
  });
});

describe("A member who cannot create keys", () => {
  test("asks for one, an owner creates it from the request, and the member sees the answer", async () => {
    const member = await signedIn(await signInLink(gateway, tenant.members.member));
    await member.getByRole("link", { name: "request a key" }).click();
    await member.getByRole("button", { name: "Send the request" }).click();
    await member.getByText("Fix this").waitFor();
    await member.getByLabel("Name", { exact: true }).fill("nightly-export");
    await member.getByLabel("What is it for?").fill("Copies the signatures of the day to the archive.");
    await member.locator('input[name=scopes][value="emails:read"]').check();
    await takePictures(member, "request-a-key");
    await member.getByRole("button", { name: "Send the request" }).click();
    await member.getByText("Nobody has answered yet").waitFor();
    await owner.goto("/keys");
    await takePictures(owner, "keys-with-request");
    await owner.getByRole("link", { name: "Answer" }).click();
    await takePictures(owner, "key-requests");
    await owner.getByRole("link", { name: "Create the key nightly-export" }).click();
    expect(await owner.getByLabel("Name", { exact: true }).inputValue()).toBe("nightly-export");
    await takePictures(owner, "new-key-from-request");
    await owner.getByRole("button", { name: "Create the key" }).click();
    await owner.locator("#secret").waitFor();
    await member.reload();
    await member.getByText("created the key, and gives you its secret").waitFor();
    await takePictures(member, "answered");
  });
});

describe("The platform team", () => {
  test("sees the console as a member does, changes nothing, and ends it with one click", async () => {
    const { id } = await tenant.key();
    const team = await signedIn(await rootLink(gateway));
    await team.goto("/organizations");
    await takePictures(team, "organizations");
    await team.goto(`/organizations/${tenant.organizationId}`);
    await takePictures(team, "organization");
    await team
      .getByRole("button", { name: /^View the console as/ })
      .first()
      .click();
    await team.getByText("You see the console as").waitFor();
    await takePictures(team, "view");
    await team.goto(`/keys/${id}/disable`);
    await team.getByRole("button", { name: "Disable" }).click();
    await team.getByRole("heading", { name: "Nothing was changed" }).waitFor();
    await takePictures(team, "view-refused");
    expect((await gateway.manage("GET", `/v1/api-keys/${id}`)).body.status).toBe("active");
    await team.getByRole("button", { name: "End the view" }).click();
    await team.waitForURL(`**/organizations/${tenant.organizationId}`);
    expect(await team.getByText("You see the console as").count()).toBe(0);
    await owner.goto("/audit");
    await owner.getByText("looked at the console as").waitFor();
  });
});
