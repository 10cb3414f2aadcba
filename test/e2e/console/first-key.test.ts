/** As a new user would: from a sign-in link to a key that works. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { seed, type Tenant } from "../../helpers/seed.ts";
import { gateway, origins } from "./shared.ts";
import { complaintsOf, signedInByHand } from "./visitors.ts";

origins();
let browser: Browser;
let tenant: Tenant;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  page = await signedInByHand(browser, gateway, tenant.members.owner);
  complaints = complaintsOf(page);
});
afterAll(() => browser?.close());

const run = async (command: string, args: string[]) => (await promisify(execFile)(command, args)).stdout;

async function fillIn(name: string) {
  await page.goto("/keys");
  await page.getByRole("link", { name: "New key" }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("emails:read").check();
}

const press = (name: string) => page.getByRole("button", { name }).click();
const secretOf = async () => (await page.locator("#secret").textContent()) as string;

describe("A member makes a key in the console", () => {
  test.for([
    { language: "curl", command: "bash", flag: "-c" },
    { language: "Python", command: "/usr/bin/python3", flag: "-c" },
    { language: "JavaScript", command: process.execPath, flag: "--input-type=module" },
  ])("and the $language that is shown calls the API with it", async ({ language, command, flag }) => {
    await fillIn(`for ${language}`);
    await press("Create the key");
    const snippet = (await page.locator(`#snippet-${language}`).textContent()) as string;
    const args = language === "JavaScript" ? [flag, "-e", snippet] : [flag, snippet];
    expect(await run(command, args)).toMatch(/^(HTTP\/1\.1 )?200\b/);
    await page.getByLabel("I have saved the secret").check();
    await press("Done");
    await page.getByRole("heading", { name: `for ${language}` }).waitFor();
  });

  test("the secret is shown once: neither reload, nor going back, nor the key's page shows it again", async () => {
    await fillIn("once");
    await press("Create the key");
    const secret = await secretOf();
    expect(secret).toMatch(/^kg_test_[0-9A-Za-z]{36}$/);
    await press("Copy the secret");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
    await page.getByLabel("I have saved the secret").check();
    await page.reload();
    await page.getByText("You sent the same form twice").waitFor();
    const { body } = await gateway.manage("GET", `/v1/api-keys?organization_id=${tenant.organizationId}&q=once`);
    expect(body.data).toHaveLength(1);
    expect(await page.content()).not.toContain(secret);
    await page.goBack();
    expect(await page.content()).not.toContain(secret);
    expect(page.url()).not.toContain(secret);
  });

  test("who presses “Sign out” too early and stays can save the secret, and press it again", async () => {
    await fillIn("stayed");
    await press("Create the key");
    const secret = await secretOf();
    for (let times = 0; times < 2; times++) {
      const [asked] = await Promise.all([
        page.waitForEvent("dialog"),
        press("Sign out"),
        page.waitForEvent("dialog").then((dialog) => dialog.dismiss()),
      ]);
      expect(asked.type()).toBe("beforeunload");
    }
    expect(await secretOf()).toBe(secret);
    await page.getByLabel("I have saved the secret").check();
    await press("Done");
    await page.getByRole("heading", { name: "stayed" }).waitFor();
  });

  test("what the key can do is told in plain words while the form is filled in", async () => {
    await fillIn("words");
    const words = page.locator("#summary");
    await words.getByText("It can read emails.").waitFor();
    await page.getByRole("button", { name: "all of folders" }).click();
    await words.getByText("It can read emails; and read, write and delete folders.").waitFor();
    await page.getByLabel("Read only").check();
    await words.getByText("folders:write and folders:delete (the key is read only)").waitFor();
    await page.getByLabel("Only the workspaces you choose here").check();
    await page.getByLabel("Berlin").check();
    await words.getByText("in the workspace Berlin only").waitFor();
    await page.locator("input[value=production]").check();
    await words.getByText("not a sandbox").waitFor();
  });

  test("what is wrong is said beside its field, and what was filled in is kept", async () => {
    await page.goto("/keys/new");
    await page.getByLabel("Description").fill("kept");
    await page.getByLabel("Allowed client addresses").fill("not an address");
    await page.getByLabel("Name", { exact: true }).fill("x");
    await page.getByLabel("emails:read").check();
    await press("Create the key");
    expect(await page.locator("#allowed_addresses-problem").textContent()).toContain("write an IPv4 or IPv6 address");
    expect(await page.getByLabel("Description").inputValue()).toBe("kept");
    expect(await page.getByLabel("emails:read").isChecked()).toBe(true);
  });

  test("no page has broken its own policy", () => {
    expect(complaints).toEqual([]);
  });
});

describe("Without script", () => {
  test("a key can be made and its secret seen", async () => {
    const state = await page.context().storageState();
    const context = await browser.newContext({ javaScriptEnabled: false, storageState: state });
    const plain = await context.newPage();
    await plain.goto(`http://localhost:${gateway.port}/keys/new`);
    await plain.getByLabel("Name", { exact: true }).fill("plain");
    await plain.getByLabel("emails:read").check();
    await plain.getByRole("button", { name: "Update the summary" }).click();
    expect(await plain.locator("#summary").textContent()).toContain("It can read emails.");
    await plain.getByRole("button", { name: "Create the key" }).click();
    expect(await plain.locator("#secret").textContent()).toMatch(/^kg_test_/);
    await context.close();
  });
});

describe("The guide's snippets", () => {
  test.for([
    { language: "curl", command: "bash", flags: ["-c"] },
    { language: "Python", command: "/usr/bin/python3", flags: ["-c"] },
    { language: "JavaScript", command: process.execPath, flags: ["--input-type=module", "-e"] },
  ])("call the API, once the reader's key is put in: $language", async ({ language, command, flags }) => {
    const { secret } = await tenant.key({ scopes: ["admin"] });
    await page.goto("/guide");
    const snippet = (await page.locator(`#snippet-${language}`).textContent()) as string;
    expect(snippet).toContain("kg_test_…");
    expect(await run(command, [...flags, snippet.replace("kg_test_…", secret)])).toMatch(/^(HTTP\/1\.1 )?200\b/);
  });
});
