/** From a sign-in link to a call that is let through, in each of the models of examples/models. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { makeOrganization } from "../models/clients.ts";
import { runModel } from "../models/model.ts";
import { signedInByHand } from "./visitors.ts";

const MODELS = [
  { name: "signatures", environments: ["production"], scope: "signatures:read", prefix: "sig" },
  { name: "esign", environments: ["production", "sandbox"], scope: "documents:read", prefix: "sign_test" },
  { name: "workspace", environments: ["production"], scope: "projects:read", prefix: "wk" },
];

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

describe.for(MODELS)("The model $name", ({ name, environments, scope, prefix }) => {
  const model = runModel(name, environments);

  test("an owner makes a key, and the curl that is shown is answered with 200", async () => {
    const organization = await makeOrganization(model.gateway);
    const workspace = await organization.workspace();
    const page = await signedInByHand(browser, model.gateway, await organization.member("owner", [workspace]));
    await page.getByRole("link", { name: "API keys" }).click();
    await page.getByRole("link", { name: "New key" }).click();
    await page.getByLabel("Name", { exact: true }).fill("first");
    const sales = page.getByLabel("Sales");
    if (await sales.isVisible()) await sales.check();
    await page.getByLabel(scope, { exact: true }).check();
    await page.getByRole("button", { name: "Create the key" }).click();
    expect(await page.locator("#secret").textContent()).toMatch(new RegExp(`^${prefix}_[0-9A-Za-z]{36}$`));
    const curl = (await page.locator("#snippet-curl").textContent()) as string;
    expect((await promisify(execFile)("bash", ["-c", curl])).stdout).toMatch(/^HTTP\/1\.1 200 /);
    await page.context().close();
  });
});
