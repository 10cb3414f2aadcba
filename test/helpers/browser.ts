/**
 * Headless Chromium, as Debian packages it, or as CHROMIUM names it. The one without windows (`apt-get install chromium-headless-shell`)
 * takes half of the time of the processor that `chromium` takes.
 */

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PACKAGED = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];
const QUIET = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"];

export async function startBrowser(): Promise<Browser> {
  const { CHROMIUM } = process.env;
  const executablePath = (CHROMIUM ? [CHROMIUM] : PACKAGED).find(existsSync);
  if (!executablePath) {
    throw new Error(
      `The tests of pages need Chromium, and ${CHROMIUM ?? PACKAGED.join(" or ")} is not there. Set CHROMIUM to its path.`,
    );
  }
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-sync", ...QUIET] });
}
