/** Members at the console, in a browser. */

import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { type Gateway, PROJECT } from "../../helpers/gateway.ts";

export const consoleOf = ({ port }: Pick<Gateway, "port">) => `http://localhost:${port}`;

export async function signInLink(gateway: Gateway, memberId: string): Promise<string> {
  const { status, body } = await gateway.manage("POST", "/v1/sign-in-links", { member_id: memberId });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.url;
}

/** A page of a browser of their own, signed in. Paths are of the console. */
export async function signedIn(browser: Browser, gateway: Gateway, memberId: string): Promise<Page> {
  const context = await browser.newContext({
    baseURL: consoleOf(gateway),
    viewport: { width: 1280, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  await page.goto(await signInLink(gateway, memberId));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  return page;
}

export async function rootLink(gateway: Gateway): Promise<string> {
  const { status, body } = await gateway.manage("POST", "/v1/root-sign-in-links");
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.url;
}

/** The same for the platform team. */
export async function signedInAsRoot(browser: Browser, gateway: Gateway): Promise<Page> {
  const context = await browser.newContext({ baseURL: consoleOf(gateway), viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(await rootLink(gateway));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/organizations$/);
  return page;
}

/** Whether pictures are wanted, in dist/console, to be looked at. They take longer than most of what tests do. */
export const WITH_PICTURES = process.env.KEYGATE_PICTURES !== undefined;

export async function takePicture(page: Page, name: string, fullPage = true): Promise<void> {
  if (WITH_PICTURES) await page.screenshot({ path: join(PROJECT, "dist/console", `${name}.png`), fullPage });
}

/** What the page complains of: errors of scripts, and violations of its policy. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML|Trusted Type/i.test(message.text())) complaints.push(message.text());
  });
  return complaints;
}
