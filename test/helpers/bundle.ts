/** The bundle that a deploy would upload, with the configuration of a test. */

import { createHash } from "node:crypto";
import { existsSync, globSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeEntry } from "../../src/cli/dev/entry.ts";
import { runWrangler } from "../../src/cli/operate/wrangler.ts";
import { writeConfig } from "./gateway.ts";

type Around = (entry: string) => string;

/** Each configuration is bundled once, whatever the ports: of its base URLs and, where they are in its text, of its origins. */
const bundles = new Map<string, Promise<string>>();
const ANY_PORT = 65_535;
const FIRST_ORIGIN = 60_000;
const ORIGIN_PORT = /(?<=\bhttp:\/\/127\.0\.0\.1:)\d+\b/g;

/** `configText` and `around`: as for `startDirect`. `port`: of its base URLs. */
export async function bundleOf(configText: string, port: number, around?: Around): Promise<string> {
  const ports = [...new Set(configText.match(ORIGIN_PORT))];
  const anyPort = (port: string) => String(FIRST_ORIGIN + ports.indexOf(port));
  const text = configText.replace(ORIGIN_PORT, anyPort);
  const name = createHash("sha256")
    .update(`${text}${around?.("")}`)
    .digest("hex");
  const bundled = bundles.get(name) ?? kept(name, () => bundleOnce(text, around));
  bundles.set(name, bundled);
  const script = replaceOnce(await bundled, new RegExp(`(?<=withLocalBaseUrls\\(\\w+, )${ANY_PORT}(?=\\))`, "g"), port);
  return script.replace(ORIGIN_PORT, (text) => ports[Number(text) - FIRST_ORIGIN] ?? text);
}

/** What another file of the same run of the tests has bundled, if there is one. */
async function kept(name: string, make: () => Promise<string>): Promise<string> {
  const folder = process.env.KEYGATE_TEST_BUNDLES;
  if (folder === undefined) return make();
  const file = join(folder, `${name}.js`);
  if (existsSync(file)) return readFileSync(file, "utf8");
  const text = await make();
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
  return text;
}

function bundleOnce(configText: string, around?: Around): Promise<string> {
  const { state, config } = writeConfig(configText);
  return bundle(config, ANY_PORT, around).finally(() => rmSync(state, { recursive: true }));
}

export async function bundle(config: string, port: number, around?: Around): Promise<string> {
  const entry = writeEntry(config, port);
  const folder = mkdtempSync(join(tmpdir(), "keygate-bundle-"));
  const main = around ? join(dirname(entry), "around.ts") : entry;
  if (around) writeFileSync(main, around(entry));
  try {
    await runWrangler(
      ["deploy", main, "--dry-run", "--minify=false", "--outdir", folder],
      new AbortController().signal,
    );
    const [module] = globSync(join(folder, "*.js"));
    return readFileSync(module as string, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
    rmSync(dirname(entry), { recursive: true });
  }
}

export function replaceOnce(script: string, pattern: RegExp, value: number): string {
  const places = script.match(pattern)?.length ?? 0;
  if (places !== 1) throw new Error(`the bundle has ${pattern} in ${places} places`);
  return script.replace(pattern, String(value));
}
