/** The bundles of an upgrade: that of an earlier release, as it was deployed, and that of the code here. */

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { bundleOf } from "../../helpers/bundle.ts";
import { runIsolates } from "../../helpers/direct.ts";
import { freePort, outputFile, type RunningGateway } from "../../helpers/gateway.ts";
import { GATEWAY_PORT, ORIGIN_PORT } from "./config.ts";

export type Build = "released" | "current";

/** The last release whose state must still work, and the newest migration that it had. `pack.ts` creates such a bundle. */
const RELEASED = join(import.meta.dirname, "keygate-0.1.0.js.gz");
const NEWEST_MIGRATION = "0009";

const CURRENT = `export { default } from "PROJECT/test/e2e/upgrade/config.ts";`;

/** Runs these builds on one state, each as an isolate. The Durable Objects run the code of the first. */
export type Run = (...builds: Build[]) => Promise<RunningGateway[]>;

export async function prepare(origin: { readonly url: string }): Promise<{ state: string; run: Run }> {
  const state = mkdtempSync(join(tmpdir(), "keygate-test-"));
  writeFileSync(outputFile(state), "");
  const originPort = new URL(origin.url).port;
  const scripts: Record<Build, string> = {
    released: gunzipSync(readFileSync(RELEASED)).toString(),
    current: await bundleOf(CURRENT, GATEWAY_PORT),
  };
  const isWanted = (name: string, builds: readonly Build[]) =>
    builds.includes("current") || name <= `${NEWEST_MIGRATION}~`;
  async function run(...builds: Build[]): Promise<RunningGateway[]> {
    const isolates = await Promise.all(
      builds.map(async (build, n) => {
        const port = await freePort();
        const script = scripts[build]
          .replaceAll(String(ORIGIN_PORT), originPort)
          .replaceAll(String(GATEWAY_PORT), String(port));
        return { name: `isolate-${n}`, port, script };
      }),
    );
    return runIsolates(state, isolates, { migrations: (name) => isWanted(name, builds) });
  }
  return { state, run };
}
