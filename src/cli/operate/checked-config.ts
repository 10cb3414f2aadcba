/** The project's configuration, checked. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compile, type Gateway } from "../../config/compile.ts";
import { problemsOfDeployment, problemsOfSection } from "../../config/deployment.ts";
import { ConfigError, type ConfigProblem, didYouMean, lineOf } from "../../config/problems.ts";
import { withRoutePaths } from "../../config/route-places.ts";
import { problemsOfTwins } from "../../config/twins.ts";
import type { GatewayConfig } from "../../config/types.ts";
import { problemsOfWrangler } from "../../config/wrangler.ts";
import { environmentsOf, inSection, sectionOf } from "../../config/wrangler-environments.ts";
import { Failure } from "../terminal/failure.ts";
import { usesOf } from "./binding-uses.ts";
import { DEFAULT_CONFIG, shown } from "./project.ts";
import { inFormatOf, readWrangler, type WranglerFile } from "./wrangler-file.ts";

export interface CheckedConfig {
  readonly file: string;
  readonly config: GatewayConfig;
}

/** The configuration, after it and wrangler.toml were checked. Throws a `Failure` that lists every mistake. */
export async function checkedConfig(path: string = DEFAULT_CONFIG): Promise<CheckedConfig> {
  const file = resolve(path);
  return { file, config: await configIn(file) };
}

/** The same of the file alone. `url`: where it is loaded from, for example a copy. */
export async function configIn(file: string, url = pathToFileURL(file).href): Promise<GatewayConfig> {
  const config = await loadConfig(file, url);
  const wrangler = readWrangler();
  const problems = [...problemsOfTwins(compiled(file, config)), ...problemsOfWrangler(config, wrangler.content)];
  refuse(file, config, problems, wrangler);
  return config;
}

/** The same for what is deployed: `environment` is one of wrangler.toml. */
export async function deployableConfig(path: string, environment: string | undefined): Promise<CheckedConfig> {
  const file = resolve(path);
  const config = await loadConfig(file, pathToFileURL(file).href);
  const wrangler = readWrangler();
  refuseUnknown(environment, wrangler);
  const gateway = compiled(file, config);
  const section = sectionOf(wrangler.content, environment);
  const problems = [
    ...problemsOfWrangler(config, section),
    ...problemsOfDeployment(deployment(config, gateway, section)),
  ];
  const placed = [...problemsOfTwins(gateway), ...problems.map((problem) => inSection(problem, environment))];
  refuse(file, config, placed, wrangler);
  return { file, config };
}

/** That an environment without a separate configuration has its bindings. */
export function checkSection({ file, config }: CheckedConfig, environment: string): void {
  const wrangler = readWrangler();
  const section = sectionOf(wrangler.content, environment);
  const { isUsed } = deployment(config, compiled(file, config), section);
  const problems = [
    ...problemsOfWrangler(config, section),
    ...problemsOfSection({ config, wrangler: section, isUsed }),
  ];
  refuse(
    file,
    config,
    problems.map((problem) => inSection(problem, environment)),
    wrangler,
  );
}

function deployment(config: GatewayConfig, gateway: Gateway, section: Readonly<Record<string, unknown>>) {
  return { config, gateway, wrangler: section, isUsed: usesOf(section.main) };
}

function refuseUnknown(environment: string | undefined, { file, content }: WranglerFile): void {
  if (environment === undefined || environmentsOf(content).includes(environment)) return;
  throw new Failure(`${shown(file)} has no [env.${environment}]. ${didYouMean(environment, environmentsOf(content))}`);
}

function compiled(file: string, config: GatewayConfig): Gateway {
  try {
    return compile(config);
  } catch (error) {
    if (error instanceof ConfigError) throw unusable(file, withRoutePaths(error.problems, config));
    throw error;
  }
}

function refuse(file: string, config: GatewayConfig, problems: readonly ConfigProblem[], wrangler: WranglerFile): void {
  if (problems.length === 0) return;
  throw unusable(
    file,
    withRoutePaths(problems, config).map((problem) => inFormatOf(wrangler.file, problem)),
  );
}

function unusable(file: string, problems: readonly ConfigProblem[]): Failure {
  return new Failure([`${shown(file)} cannot be used:`, ...problems.map(lineOf)].join("\n"));
}

async function loadConfig(file: string, url: string): Promise<GatewayConfig> {
  if (!existsSync(file)) throw new Failure(`There is no ${shown(file)}.`);
  const module = await import(url).catch((error: Error) => {
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
