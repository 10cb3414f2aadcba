/** Where the project of this command is, and this package. */

import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const CONFIG = "gateway.config.ts";
/** The folder of this package: a clone of its repository, or below node_modules. */
const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url));
const isClone = existsSync(join(PACKAGE, "src"));
/** The folder of gateway.config.ts and wrangler.toml. */
export const ROOT = isClone ? PACKAGE : projectAround(process.cwd());
export const DEFAULT_CONFIG = inProject(CONFIG);

export function inProject(...path: string[]): string {
  return join(ROOT, ...path);
}

export function inPackage(...path: string[]): string {
  return join(PACKAGE, ...path);
}

/** A page of the docs, which are in this package. */
export function page(name: string): string {
  return shown(inPackage("docs", `${name}.md`));
}

/** The package's own module, for a Worker's entry: JavaScript if it is installed, TypeScript in a clone. */
export function ownModule(name: string): string {
  return isClone ? inPackage("src", `${name}.ts`) : inPackage("dist", `${name}.js`);
}

/** The nearest folder, from `folder` upwards, with a gateway.config.ts, or `folder` itself. */
function projectAround(folder: string): string {
  for (let each = folder; ; each = dirname(each)) {
    if (existsSync(join(each, CONFIG))) return each;
    if (each === dirname(each)) return folder;
  }
}

/** A path, relative to the current folder if that is shorter. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}
