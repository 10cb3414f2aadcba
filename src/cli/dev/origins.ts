/** The Workers of this project that the gateway calls by a service binding. They run beside a gateway on this machine. */

import { globSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "smol-toml";
import type { GatewayConfig } from "../../config/types.ts";
import { ROOT } from "../operate/project.ts";
import { readWrangler, WRANGLER_FILES } from "../operate/wrangler-file.ts";

const NOT_OURS = new Set(["node_modules", "dist"]);
/** What tells such a Worker whose assertions to believe. */
const ISSUERS = "ISSUERS";

/**
 * Returns the paths of their wrangler files. A Worker with the variable ISSUERS gets the local ones, in a file beside the original,
 * because wrangler starts no Worker from elsewhere.
 */
export function writeOriginConfigs(config: GatewayConfig, port: number): string[] {
  const bound = new Set(servicesOf(readWrangler().content));
  const files = globSync(`{*,*/*}/{${WRANGLER_FILES.join(",")}}`, { cwd: ROOT, exclude: (name) => NOT_OURS.has(name) });
  return files
    .map((file) => readWrangler(join(ROOT, file)))
    .filter(({ content }) => bound.has(content.name))
    .map(({ file, content }) => {
      const vars = (content.vars ?? {}) as Record<string, unknown>;
      if (!(ISSUERS in vars)) return file;
      const issuers = Object.values(config.environments).map(({ issuer }) => issuer);
      const local = join(dirname(file), `.local-${port}.toml`);
      writeFileSync(local, stringify({ ...content, vars: { ...vars, [ISSUERS]: issuers.join(" ") } }));
      process.once("exit", () => rmSync(local, { force: true }));
      return local;
    });
}

function servicesOf({ services }: Record<string, unknown>): unknown[] {
  return Array.isArray(services) ? services.map((each) => each?.service) : [];
}
