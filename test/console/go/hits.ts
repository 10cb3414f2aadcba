/** What the search answers. */

import { expect } from "vitest";
import type { Browser } from "../browser.ts";

interface Hit {
  kind: string;
  name: string;
  path: string;
}

export async function hitsOf(browser: Browser, text: string): Promise<Hit[]> {
  const page = await browser.send("/go.json", [["q", text]]);
  expect(page.status).toBe(200);
  return JSON.parse(page.html) as Hit[];
}

export const pathsOf = async (browser: Browser, text: string): Promise<string[]> =>
  (await hitsOf(browser, text)).map(({ path }) => path);
