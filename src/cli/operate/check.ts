/** `keygate check`: finds mistakes before a deploy. */

import { existsSync } from "node:fs";
import type { Command } from "commander";
import { hintsOf } from "../../config/hints.ts";
import { lineOf } from "../../config/problems.ts";
import { environmentsOf } from "../../config/wrangler-environments.ts";
import { example, type GlobalOptions } from "../gateway/call.ts";
import { Failure } from "../terminal/failure.ts";
import { count } from "../terminal/render.ts";
import { type Bundle, measureBundle } from "./bundle.ts";
import { type CheckedConfig, checkSection, deployableConfig } from "./checked-config.ts";
import { configOf, configOfEnvironment } from "./config-of.ts";
import { shown } from "./project.ts";
import { readWrangler } from "./wrangler-file.ts";

const GZIP_LIMIT_KB = 230;

export function addCheck(program: Command): void {
  program
    .command("check")
    .description("check the configuration and wrangler.toml (and the bundle with --bundle)")
    .option("--config <file>", "check this file instead of gateway.config.ts")
    .option("--env <name>", "check this environment of wrangler.toml, with gateway.config.<name>.ts (default: all)")
    .option("--bundle", "also build the Worker and check its size and start time")
    .addHelpText("after", example("check --bundle"))
    .action(check);
}

interface Options extends GlobalOptions {
  config?: string;
  env?: string;
  bundle?: boolean;
}

async function check(_: unknown, command: Command): Promise<void> {
  const { config, env, bundle, json } = command.optsWithGlobals<Options>();
  const checked = await deployableConfig(configOf({ config, env }), env);
  if (config === undefined && env === undefined) await checkEnvironments(checked);
  const hints = hintsOf(checked.config).map((hint) => lineOf(hint).trim());
  const say = (text: string) => json || console.log(text);
  say([summaryOf(checked), ...hints.map((hint) => `hint: ${hint}`)].join("\n"));
  const measured = bundle ? await measureBundle(checked.file, env) : undefined;
  if (json) console.log(JSON.stringify(reportOf(checked, hints, measured), null, 2));
  if (!measured) return;
  const { gzipKb, startupMs, startupLimitMs } = measured;
  say(
    `bundle: ${gzipKb.toFixed(1)} KB gzipped (limit ${GZIP_LIMIT_KB}), starts in ${startupMs.toFixed(1)} ms (limit ${startupLimitMs.toFixed(0)})`,
  );
  const broken = [
    ...(gzipKb > GZIP_LIMIT_KB ? ["The bundle is too large. Set minify = true in wrangler.toml, or import less."] : []),
    ...(startupMs >= startupLimitMs ? ["The Worker starts too slowly."] : []),
  ];
  if (broken.length > 0) throw new Failure(broken.join(" "));
}

async function checkEnvironments(top: CheckedConfig): Promise<void> {
  for (const name of environmentsOf(readWrangler().content)) {
    const file = configOfEnvironment(name);
    if (existsSync(file)) await deployableConfig(file, name);
    else checkSection(top, name);
  }
}

function countsOf({ config }: CheckedConfig) {
  return {
    environment: Object.keys(config.environments).length,
    route: config.routes.length,
    resource: Object.keys(config.resources).length,
    role: Object.keys(config.roles ?? {}).length,
    plan: Object.keys(config.plans ?? {}).length,
  };
}

function summaryOf(checked: CheckedConfig): string {
  const counts = Object.entries(countsOf(checked)).map(([noun, number]) => count(number, noun));
  return `${shown(checked.file)}: ${counts.join(", ")}`;
}

function reportOf(checked: CheckedConfig, hints: readonly string[], measured: Bundle | undefined) {
  const counts = Object.entries(countsOf(checked)).map(([noun, number]) => [`${noun}s`, number]);
  const bundle = measured && {
    ...{ gzip_kb: measured.gzipKb, gzip_limit_kb: GZIP_LIMIT_KB },
    ...{ startup_ms: measured.startupMs, startup_limit_ms: measured.startupLimitMs },
  };
  return { file: checked.file, ...Object.fromEntries(counts), hints, bundle: bundle ?? null };
}
