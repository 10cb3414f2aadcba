/** Keys of another system, and their import by the command line. */

import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, watch, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT } from "./gateway.ts";

/** What the keys look like: as `keys.importedFormats` says it. */
export const FOREIGN_FORMAT = "old_[0-9a-f]{40}";

/** The configuration of most tests over HTTP, and keys of that format in its sandbox: the text of a gateway.config.ts. */
export function importingText(productionPort: number, sandboxPort: number): string {
  return `
    import { guarding } from "PROJECT/test/e2e/configs/base.ts";
    const base = guarding({ production: "http://127.0.0.1:${productionPort}", sandbox: "http://127.0.0.1:${sandboxPort}/base" });
    export default { ...base, keys: { importedFormats: [{ pattern: "${FOREIGN_FORMAT}", environment: "sandbox" }] } };
  `;
}

/** A CSV file of so many keys; returns their secrets. */
export function writeForeignKeys(file: string, count: number): string[] {
  const secrets = Array.from({ length: count }, () => `old_${randomBytes(20).toString("hex")}`);
  const rows = secrets.map((secret, at) => {
    const digest = createHash("sha256").update(secret).digest("hex");
    return `${digest},"Key ${at}, moved",old_…${secret.slice(-4)}`;
  });
  writeFileSync(file, ["sha256,name,hint", ...rows, ""].join("\n"));
  return secrets;
}

export function startImport(
  file: string,
  options: { url: string; token: string; organization: string; member: string; more?: string[]; stdio?: StdioOptions },
): ChildProcess {
  const { url, token, organization, member, more = [], stdio = "pipe" } = options;
  const terms = ["--environment", "sandbox", "--reach", "organization", "--permission", "full-access"];
  const whose = ["--url", url, "--organization", organization, "--member", member, "--scopes", "read:all"];
  return spawn(process.execPath, [join(PROJECT, "bin", "keygate.mjs"), "import", file, ...whose, ...terms, ...more], {
    env: { PATH: process.env.PATH, TERM: process.env.TERM, XDG_CONFIG_HOME: dirname(file), KEYGATE_ROOT_TOKEN: token },
    stdio,
  });
}

/** Settles once so many keys of the file are done, as its checkpoint says. */
export async function isReached(file: string, count: number): Promise<void> {
  const checkpoint = `${file}.progress.json`;
  const done = () => {
    if (!existsSync(checkpoint)) return 0;
    const { imported, skipped } = JSON.parse(readFileSync(checkpoint, "utf8"));
    return imported + skipped;
  };
  await new Promise<void>((reached) => {
    const watcher = watch(dirname(file), () => {
      if (done() < count) return;
      watcher.close();
      reached();
    });
  });
}
