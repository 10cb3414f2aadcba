/** The project of this command, and its configuration. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse } from "smol-toml";
import { compile, type Gateway } from "../../config/compile.ts";
import { ConfigError, type ConfigProblem, lineOf } from "../../config/problems.ts";
import { problemsOfTwins } from "../../config/twins.ts";
import type { GatewayConfig } from "../../config/types.ts";
import { problemsOfWrangler } from "../../config/wrangler.ts";
import { Failure } from "../terminal/failure.ts";

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

/** The package's own module, for a Worker's entry: JavaScript where it is installed, TypeScript in a clone. */
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

/** A path, relative to the current folder where that is shorter. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}

export interface CheckedConfig {
  readonly file: string;
  readonly config: GatewayConfig;
}

/** The configuration, after it and wrangler.toml were checked. Throws a `Failure` that lists every mistake. */
export async function checkedConfig(path: string = DEFAULT_CONFIG): Promise<CheckedConfig> {
  const file = resolve(path);
  const config = await loadConfig(file);
  const problems = [
    ...problemsOfTwins(compiled(file, config)),
    ...problemsOfWrangler(config, parse(readFileSync(inProject("wrangler.toml"), "utf8"))),
  ];
  if (problems.length > 0) throw unusable(file, problems);
  return { file, config };
}

function compiled(file: string, config: GatewayConfig): Gateway {
  try {
    return compile(config);
  } catch (error) {
    if (error instanceof ConfigError) throw unusable(file, error.problems);
    throw error;
  }
}

function unusable(file: string, problems: readonly ConfigProblem[]): Failure {
  return new Failure([`${shown(file)} cannot be used:`, ...problems.map(lineOf)].join("\n"));
}

async function loadConfig(file: string): Promise<GatewayConfig> {
  if (!existsSync(file)) throw new Failure(`There is no ${shown(file)}.`);
  const module = await import(pathToFileURL(file).href).catch((error: Error) => {
    throw new Failure([`${shown(file)} cannot be read: ${error.message}`, ...excerptOf(error)].join("\n"));
  });
  if (typeof module.default !== "object" || module.default === null) {
    throw new Failure(`${shown(file)} has no default export. Write: export default defineGateway({ … });`);
  }
  return module.default;
}

/** The lines with the error. Node puts them above the stack of a SyntaxError, and nowhere else. */
function excerptOf({ stack = "" }: Error): string[] {
  const [above = ""] = stack.split(/^\w*Error\b/m);
  return above.split("\n").filter((line) => line.trim() !== "");
}
