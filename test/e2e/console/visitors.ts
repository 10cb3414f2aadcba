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

/** A page of a browser of their own. Paths are of the console. */
export async function newVisitor(browser: Browser, gateway: Gateway): Promise<Page> {
  const context = await browser.newContext({
    baseURL: consoleOf(gateway),
    viewport: { width: 1280, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  return context.newPage();
}

/** What pressing "Sign in" sends: the page stays empty. */
export async function signIn(page: Page, link: string): Promise<Page> {
  const headers = { Origin: new URL(link).origin };
  const answer = await page.request.post(link, { headers, maxRedirects: 0 });
  if (answer.status() !== 303) throw new Error(`${link} answered ${answer.status()}`);
  return page;
}

export async function signedIn(browser: Browser, gateway: Gateway, memberId: string): Promise<Page> {
  return signIn(await newVisitor(browser, gateway), await signInLink(gateway, memberId));
}

/** The same as people do it. */
export async function signedInByHand(browser: Browser, gateway: Gateway, memberId: string): Promise<Page> {
  const page = await newVisitor(browser, gateway);
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

export async function signedInAsRoot(browser: Browser, gateway: Gateway): Promise<Page> {
  return signIn(await newVisitor(browser, gateway), await rootLink(gateway));
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
