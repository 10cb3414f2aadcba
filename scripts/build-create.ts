/** Builds what the package `create-keygate` contains: its code, its template, and the files of this repository that it makes projects from. */

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile, ROOT } from "./build.ts";

const DIST = join(ROOT, "create/dist");
const SOURCES = ["wrangler.toml", "gateway.config.staging.ts", "src/entry.ts", "examples/models"];

export function buildCreate(): void {
  rmSync(DIST, { recursive: true, force: true });
  compile("tsconfig.build-create.json");
  const main = join(DIST, "main.js");
  writeFileSync(main, `#!/usr/bin/env node\n${readFileSync(main, "utf8")}`, { mode: 0o755 });
  cpSync(join(ROOT, "create/template"), join(DIST, "template"), { recursive: true });
  for (const path of SOURCES) cpSync(join(ROOT, path), join(DIST, "repository", path), { recursive: true });
  const { version, devDependencies, overrides } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const versions = JSON.stringify({ version, devDependencies, overrides }, null, 2);
  writeFileSync(join(DIST, "repository", "package.json"), `${versions}\n`);
}

if (import.meta.main) buildCreate();
