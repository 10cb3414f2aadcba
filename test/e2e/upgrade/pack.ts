/**
 * Packs the Worker of a commit for the upgrade test: node test/e2e/upgrade/pack.ts <commit> <version>
 *
 * Run it when a release is tagged, and name its file and its newest migration in builds.ts.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { GATEWAY_PORT } from "./config.ts";

const HERE = import.meta.dirname;
const PROJECT = join(HERE, "../../..");
const [commit, version] = process.argv.slice(2);
if (!commit || !version) throw new Error("usage: node test/e2e/upgrade/pack.ts <commit> <version>");

const folder = mkdtempSync(join(tmpdir(), "keygate-release-"));
try {
  const archive = execFileSync("git", ["archive", commit], { cwd: PROJECT, maxBuffer: 1e9 });
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, ".wrangler", "keygate"), { recursive: true });
  const entry = join(folder, ".wrangler", "keygate", "entry.ts");
  writeFileSync(
    entry,
    `import config from ${JSON.stringify(join(HERE, "config.ts"))};
    import { createGateway } from "../../src/worker.ts";
    import { withLocalBaseUrls } from "../../src/config/local.ts";
    const gateway = createGateway(withLocalBaseUrls(config, ${GATEWAY_PORT}));
    export default gateway;
    export const { KeyAuthority, Courier } = gateway;`,
  );
  const wrangler = join(PROJECT, "node_modules/wrangler/bin/wrangler.js");
  const args = [wrangler, "deploy", entry, "--env=", "--dry-run", "--minify", "--outdir", join(folder, "out")];
  execFileSync(process.execPath, args, { cwd: folder, stdio: "inherit" });
  const script = readFileSync(join(folder, "out", "entry.js"), "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, "");
  writeFileSync(join(HERE, `keygate-${version}.js.gz`), gzipSync(script, { level: 9 }));
} finally {
  rmSync(folder, { recursive: true });
}
