/** `keygate check`: finds mistakes before a deploy. */

import type { Command } from "commander";
import { hintsOf } from "../../config/hints.ts";
import { lineOf } from "../../config/problems.ts";
import { example } from "../gateway/call.ts";
import { Failure } from "../terminal/failure.ts";
import { count } from "../terminal/render.ts";
import { measureBundle } from "./bundle.ts";
import { type CheckedConfig, checkedConfig, DEFAULT_CONFIG, shown } from "./project.ts";

const GZIP_LIMIT_KB = 200;
const STARTUP_LIMIT_MS = 100;

export function addCheck(program: Command): void {
  program
    .command("check")
    .description("check the configuration and wrangler.toml (and the bundle with --bundle)")
    .option("--config <file>", "use this file instead of gateway.config.ts")
    .option("--bundle", "also build the Worker and check its size and start time")
    .addHelpText("after", example("check --bundle"))
    .action(check);
}

async function check({ config = DEFAULT_CONFIG, bundle }: { config?: string; bundle?: boolean }): Promise<void> {
  const checked = await checkedConfig(config);
  console.log(summaryOf(checked));
  for (const hint of hintsOf(checked.config)) console.log(`hint:${lineOf(hint).slice(1)}`);
  if (!bundle) return;
  const { gzipKb, startupMs } = await measureBundle(checked.file, STARTUP_LIMIT_MS);
  console.log(
    `bundle: ${gzipKb.toFixed(1)} KB gzipped (limit ${GZIP_LIMIT_KB}), starts in ${startupMs.toFixed(1)} ms (limit ${STARTUP_LIMIT_MS})`,
  );
  const broken = [
    ...(gzipKb > GZIP_LIMIT_KB ? ["The bundle is too large."] : []),
    ...(startupMs >= STARTUP_LIMIT_MS ? ["The Worker starts too slowly."] : []),
  ];
  if (broken.length > 0) throw new Failure(broken.join(" "));
}

function summaryOf({ file, config }: CheckedConfig): string {
  const counts = [
    count(Object.keys(config.environments).length, "environment"),
    count(config.routes.length, "route"),
    count(Object.keys(config.resources).length, "resource"),
    count(Object.keys(config.roles ?? {}).length, "role"),
    count(Object.keys(config.plans ?? {}).length, "plan"),
  ];
  return `${shown(file)}: ${counts.join(", ")}`;
}
