/** Which deployment a printed command is for. Without `--env`, wrangler changes the top level of wrangler.toml: production. */

import { basename, resolve } from "node:path";
import { environmentsOf } from "../../config/wrangler-environments.ts";
import { Failure } from "../terminal/failure.ts";
import { hint } from "../terminal/render.ts";
import { configOfEnvironment } from "./config-of.ts";
import { DEFAULT_CONFIG } from "./project.ts";
import { readWrangler } from "./wrangler-file.ts";

/** The options of a command that name a deployment. */
export interface Target {
  readonly config?: string | undefined;
  readonly env?: string | undefined;
}

/** Without `--env`, the name of the configuration says it. */
export function environmentOf({ config, env }: Target): string | undefined {
  return env ?? (config === undefined ? undefined : /^gateway\.config\.([\w-]+)\.ts$/.exec(basename(config))?.[1]);
}

/** A part of a command line, or nothing. */
export function inEnv(environment: string | undefined): string {
  return environment === undefined ? "" : ` --env ${environment}`;
}

/** The same for a command of keygate that takes a configuration. */
export function inTarget(environment: string | undefined, config: string | undefined): string {
  const usual = environment === undefined ? DEFAULT_CONFIG : configOfEnvironment(environment);
  const isUsual = config === undefined || resolve(config) === usual;
  return `${inEnv(environment)}${isUsual ? "" : ` --config ${config}`}`;
}

/** A hint with a command for this environment. If none is named but wrangler.toml has some, it says so. */
export function hintFor(environment: string | undefined, purpose: string, command: string): string {
  const told = hint(purpose, command);
  const here = environment === undefined ? environmentsHere() : undefined;
  if (!here?.others.length) return told;
  const choice = here.others.map((name) => `--env ${name}`).join(" or ");
  return `${told}\n\nThis is for the top level of ${here.file}. For another deployment, add ${choice}.`;
}

/** A command that only calls a gateway needs no project. */
function environmentsHere(): { file: string; others: string[] } | undefined {
  try {
    const { file, content } = readWrangler();
    return { file: basename(file), others: environmentsOf(content) };
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
