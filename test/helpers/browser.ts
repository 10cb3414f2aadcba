/** Headless Chromium, as Debian packages it (`apt-get install chromium`), or as CHROMIUM names it. */

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const QUIET = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"];

export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) {
    throw new Error(`The tests of pages need Chromium, and ${executablePath} is not there. Set CHROMIUM to its path.`);
  }
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-sync", ...QUIET] });
}
