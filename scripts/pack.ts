/** Builds the packages and packs them into tarballs, which can be installed as they would be from a registry. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./build.ts";

/** What a project depends on. */
export const LIBRARIES = [".", "packages/origin"];

/** Returns the paths of the tarballs in `folder`. */
export function pack(folder: string, packages: readonly string[] = LIBRARIES): string[] {
  return packages.map((each) => {
    const args = ["pack", "--json", "--pack-destination", folder];
    const { status, stdout } = spawnSync("npm", args, { cwd: join(ROOT, each), stdio: ["ignore", "pipe", "inherit"] });
    if (status !== 0) throw new Error(`npm pack failed in ${each}`);
    const text = String(stdout);
    const [{ filename }] = JSON.parse(text.slice(text.indexOf("[\n")));
    return join(folder, filename);
  });
}
