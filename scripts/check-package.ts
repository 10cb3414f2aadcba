/** Packs each package as it would be published, and checks the tarball: its exports, its types, and what is in it. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "./pack.ts";

const folder = mkdtempSync(join(tmpdir(), "keygate-packages-"));
try {
  for (const tarball of pack(folder, ["create"])) run("publint", ["run", tarball, "--strict"]);
  for (const tarball of pack(folder)) {
    run("publint", ["run", tarball, "--strict"]);
    // Only ES modules: what runs in Workers and in Node 20 and later.
    run("attw", [tarball, "--profile", "esm-only", "--no-emoji"]);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function run(tool: string, args: string[]): void {
  const { status } = spawnSync(tool, args, { stdio: "inherit", shell: false });
  if (status !== 0) throw new Error(`${tool} ${args.join(" ")} failed`);
}
