/** `npm run create -- ../my-gateway`: packs the packages of this clone, and creates a project that uses them. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./build.ts";
import { pack } from "./pack.ts";

const packages = mkdtempSync(join(tmpdir(), "keygate-packages-"));
try {
  console.log("Packing keygate and keygate-origin …");
  pack(packages);
  const args = [join(ROOT, "create/main.ts"), ...process.argv.slice(2), "--packages", packages];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(packages, { recursive: true });
}
