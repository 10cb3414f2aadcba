/**
 * Runs a Node script in a process group that ends with the process that started it, however that ended. The starter
 * listens to this process in turn (wrangler.ts), so each of the two ends what the other left behind.
 */

import { spawn } from "node:child_process";

/** How long it has to clean up after SIGTERM. */
const GRACE_MS = 8_000;

const child = spawn(process.execPath, process.argv.slice(2), { stdio: ["ignore", "inherit", "inherit"] });
child.on("error", () => process.exit(1));
child.on("exit", (code) => process.exit(code ?? 1));
process.on("SIGTERM", () => {
  child.kill();
  setTimeout(endGroup, GRACE_MS);
});
process.on("disconnect", endGroup);

function endGroup(): void {
  // This process leads the group, so it ends too. Windows has no groups.
  if (process.platform !== "win32") process.kill(-process.pid, "SIGKILL");
  child.kill("SIGKILL");
  process.exit(1);
}
