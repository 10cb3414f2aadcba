/** The demo origin's wrangler.toml for a gateway on this machine: the same Worker, which trusts the local issuers. */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "smol-toml";
import type { GatewayConfig } from "../../config/types.ts";
import { inProject } from "../operate/project.ts";

const FOLDER = inProject("examples", "origin");

/** Writes it beside the original, because wrangler starts no Worker from elsewhere, and returns its path. */
export function writeOriginConfig(config: GatewayConfig, port: number): string {
  const written = parse(readFileSync(join(FOLDER, "wrangler.toml"), "utf8"));
  const issuers = Object.values(config.environments).map(({ issuer }) => issuer);
  const file = join(FOLDER, `.local-${port}.toml`);
  writeFileSync(file, stringify({ ...written, vars: { ISSUERS: issuers.join(" ") } }));
  process.once("exit", () => rmSync(file, { force: true }));
  return file;
}
