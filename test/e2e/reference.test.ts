/** The management API as it is documented by the running gateway: the OpenAPI document and the page at /docs. */

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../helpers/browser.ts";
import { PROJECT } from "../helpers/gateway.ts";
import { seed } from "../helpers/seed.ts";
import { gateway } from "./console/shared.ts";
import { signedIn } from "./console/visitors.ts";

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

test("the pages at /docs show every operation, each with a command for curl that works", async () => {
  const page = await browser.newPage({ baseURL: control });
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  await page.goto("/docs");
  const document = await (await fetch(`${control}/v1/openapi.json`)).json();
  const operations = Object.values<object>(document.paths).flatMap((path) =>
    Object.values<{ operationId: string; summary: string }>(path as never),
  );
  expect(operations.length).toBeGreaterThan(30);
  for (const { operationId, summary } of operations) {
    const link = page.locator(`main a[href="/docs/${operationId}"]`);
    expect(await link.locator("strong").textContent()).toBe(summary);
    expect((await page.request.get(`/docs/${operationId}`)).status()).toBe(200);
  }
  await page.getByRole("link", { name: "Show what the credential is, and what it can do" }).click();
  const command = (await page.locator("#curl").textContent()) as string;
  const { stdout } = await promisify(execFile)("bash", ["-c", `${command.replace("…", gateway.rootToken)} -s`]);
  expect(JSON.parse(stdout)).toMatchObject({ actor: "root" });
  expect(new Set(asked)).toEqual(new Set([control]));
  await page.close();
});

test("a signed-in member sends a call that reads from its page, with and without script, and others are not offered", async () => {
  const tenant = await seed(gateway);
  const member = await signedIn(browser, gateway, tenant.members.owner);
  const storageState = await member.context().storageState();
  const plain = await browser.newContext({ storageState, javaScriptEnabled: false, baseURL: control });
  for (const page of [member, await plain.newPage()]) {
    await page.goto("/docs/readWorkspace");
    await page.getByLabel("id", { exact: true }).fill(tenant.workspaces[0]);
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    const answer = await opened;
    await answer.waitForURL(`${control}/v1/workspaces/${tenant.workspaces[0]}`);
    expect(JSON.parse((await answer.locator("pre").textContent()) as string)).toMatchObject({ name: "Berlin" });
  }
  await member.goto("/docs/listApiKeys");
  expect(await member.getByLabel("organization_id", { exact: true }).inputValue()).toBe(tenant.organizationId);
  await member.goto("/docs/revokeApiKey");
  expect(await member.getByRole("button", { name: "Send", exact: true }).count()).toBe(0);
  const stranger = await browser.newPage({ baseURL: control });
  await stranger.goto("/docs/listApiKeys");
  expect(await stranger.getByRole("button", { name: "Send", exact: true }).count()).toBe(0);
});
