/** Builds `dist`, what the package `keygate` contains: JavaScript, the types of its exports, and the files that are served. */

import { spawnSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "..");
const DIST = join(ROOT, "dist");
/** Of the files of others that `assets` links to. */
const LICENSES: Readonly<Record<string, string>> = { "uplot/LICENSE": "uplot.js.LICENSE.txt" };

export function build(): void {
  rmSync(DIST, { recursive: true, force: true });
  for (const project of ["tsconfig.build.json", "tsconfig.build-cli.json"]) compile(project);
  keepDeclarationsOf(["index.d.ts", "worker.d.ts"]);
  mkdirSync(join(DIST, "assets"));
  // A package cannot have links: each file is copied by itself, which follows them.
  for (const name of readdirSync(join(ROOT, "assets"))) {
    copyFileSync(join(ROOT, "assets", name), join(DIST, "assets", name));
  }
  for (const [from, to] of Object.entries(LICENSES)) {
    copyFileSync(join(ROOT, "node_modules", from), join(DIST, "assets", to));
  }
}

export function compile(project: string): void {
  const { status } = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", project], { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) throw new Error(`tsc -p ${project} failed`);
}

/** Deletes the declarations that no export reaches. */
function keepDeclarationsOf(entries: readonly string[]): void {
  const reached = new Set<string>();
  const visit = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    const imports = readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g);
    for (const [, path = ""] of imports) visit(resolve(dirname(file), path.replace(/\.tsx?$/, ".d.ts")));
  };
  for (const entry of entries) visit(join(DIST, entry));
  for (const file of globSync(join(DIST, "**/*.d.ts"))) if (!reached.has(file)) rmSync(file);
}

if (import.meta.main) build();
