/** The management API as it is documented by the running gateway: the OpenAPI document and the page at /docs. */

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../helpers/browser.ts";
import { PROJECT } from "../helpers/gateway.ts";
import { devServer as gateway } from "./shared.ts";

const control = `http://localhost:${gateway.port}`;
let browser: Awaited<ReturnType<typeof startBrowser>>;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

test("the OpenAPI document is clean under Redocly's linter", async () => {
  const folder = mkdtempSync(join(tmpdir(), "keygate-openapi-"));
  try {
    const file = join(folder, "openapi.json");
    const response = await fetch(`${control}/v1/openapi.json`);
    expect(response.headers.get("content-type")).toBe("application/json");
    writeFileSync(file, await response.text());
    const linter = join(PROJECT, "node_modules/@redocly/cli/bin/cli.js");
    const settings = ["--config", join(PROJECT, "redocly.yaml"), "--format", "json"];
    const run = promisify(execFile)(process.execPath, [linter, "lint", file, ...settings], {
      env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    });
    const { problems, totals } = JSON.parse((await run.catch((error) => error)).stdout);
    expect(problems).toEqual([]);
    expect(totals).toMatchObject({ errors: 0, warnings: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the page at /docs shows every operation, tries a call, and asks no other host for anything", async () => {
  const page = await browser.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${control}/docs`);
  const document = await (await fetch(`${control}/v1/openapi.json`)).json();
  const operations = Object.values<object>(document.paths).flatMap((path) => Object.keys(path));
  await page.waitForSelector(".opblock");
  expect(await page.locator(".opblock").count()).toBe(operations.length);

  await page.getByRole("button", { name: "Authorize" }).first().click();
  await page.getByLabel("auth-bearer-value").fill(gateway.rootToken);
  await page.locator(".auth-btn-wrapper button[type=submit]").first().click();
  await page.locator(".btn-done").first().click();
  const whoami = page.locator("#operations-Insight-whoami");
  await whoami.locator(".opblock-summary").click();
  await whoami.getByRole("button", { name: "Try it out" }).click();
  await whoami.getByRole("button", { name: "Execute" }).click();
  await whoami.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();

  expect(new Set(asked)).toEqual(new Set([control]));
  expect(complaints).toEqual([]);
  await page.close();
});
