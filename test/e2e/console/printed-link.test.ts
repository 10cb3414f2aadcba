/** As somebody who has just typed `npm start`. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { freePort } from "../../helpers/gateway.ts";
import { npmStart, paste, pressCtrlC, type Started, untilReady } from "../../helpers/terminal.ts";

const state = mkdtempSync(join(tmpdir(), "keygate-printed-link-"));
let running: Started;

beforeAll(async () => {
  running = npmStart("--port", String(await freePort()), "--state", state);
  await untilReady(running);
}, 120_000);
afterAll(async () => {
  pressCtrlC(running);
  await running.ended;
  rmSync(state, { recursive: true, force: true });
});

test("the printed link leads to a key, and the curl line that is shown with it to a 200", async () => {
  const browser = await startBrowser();
  const [link] = /http:\/\/localhost:\d+\/sign-in\/kgl_[\w-]+/.exec(running.output()) ?? [];
  const page = await browser.newPage();
  await page.goto(link as string);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("link", { name: "New key" }).click();
  await page.getByLabel("Name", { exact: true }).fill("my first key");
  await page.getByLabel("signatures:read").check();
  await page.getByRole("button", { name: "Create the key" }).click();
  const curl = await page.locator("#snippet-curl").textContent();
  expect(await paste(curl as string)).toMatch(/^(HTTP\/1\.1 )?200\b/);
  await browser.close();
});
