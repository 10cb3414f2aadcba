/** The project's configuration, checked. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compile, type Gateway } from "../../config/compile.ts";
import { ConfigError, type ConfigProblem, lineOf } from "../../config/problems.ts";
import { problemsOfTwins } from "../../config/twins.ts";
import type { GatewayConfig } from "../../config/types.ts";
import { problemsOfWrangler } from "../../config/wrangler.ts";
import { Failure } from "../terminal/failure.ts";
import { DEFAULT_CONFIG, shown } from "./project.ts";
import { readWrangler } from "./wrangler-file.ts";

export interface CheckedConfig {
  readonly file: string;
  readonly config: GatewayConfig;
}

/** The configuration, after it and wrangler.toml were checked. Throws a `Failure` that lists every mistake. */
export async function checkedConfig(path: string = DEFAULT_CONFIG): Promise<CheckedConfig> {
  const file = resolve(path);
  const config = await loadConfig(file);
  const problems = [...problemsOfTwins(compiled(file, config)), ...problemsOfWrangler(config, readWrangler().content)];
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
