/** `keygate deploy`: check, migrate, deploy, and then ask the gateway that was deployed. */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { writeEntry } from "../dev/entry.ts";
import { example } from "../gateway/call.ts";
import { fetchAnyWay } from "../gateway/network.ts";
import { Failure } from "../terminal/failure.ts";
import { reportOf } from "../terminal/report.ts";
import { deployableConfig } from "./checked-config.ts";
import { configOf } from "./config-of.ts";
import type { Target } from "./environment.ts";
import { checkJurisdictions } from "./jurisdictions.ts";
import { inEnvironment, MIGRATED, migrate } from "./migrate.ts";
import { withNextSteps } from "./missing-secrets.ts";
import { refuseToReplacePeppers } from "./present-secrets.ts";
import { DEFAULT_CONFIG, shown } from "./project.ts";
import { verify } from "./verify.ts";
import { runWrangler } from "./wrangler.ts";

interface Options extends Target {
  secretsFile?: string;
  replaceSecrets?: boolean;
  immediate?: boolean;
  dryRun?: boolean;
}

export function addDeploy(program: Command): void {
  program
    .command("deploy")
    .description("check the project, migrate D1, deploy with wrangler, and ask whether the gateway answers")
    .option("--env <name>", "an environment of wrangler.toml; its configuration is gateway.config.<name>.ts")
    .option("--config <file>", "use this configuration")
    .option("--secrets-file <file>", "set these secrets with the deploy (a new Worker needs them; see `secrets`)")
    .option("--replace-secrets", "let --secrets-file replace the Worker's peppers; with other peppers, no key works")
    .option("--immediate", "restart all Durable Objects with the new code at once")
    .option("--dry-run", "only check and build, without the network")
    .addHelpText("after", example("deploy --env staging", "deploy --secrets-file secrets.production.json"))
    .action(deploy);
}

async function deploy(options: Options, command: Command): Promise<void> {
  const report = reportOf(command);
  const stop = new AbortController().signal;
  const { secretsFile, replaceSecrets } = options;
  if (secretsFile !== undefined) checkFile(secretsFile);
  else if (replaceSecrets) command.error("error: --replace-secrets needs --secrets-file.");
  const checked = await deployableConfig(configOf(options), options.env);
  report.step(`${shown(checked.file)} has no mistakes.`);
  if (options.dryRun) {
    report.step("Building what a deploy uploads …");
    await runWrangler(["deploy", ...argumentsOf(checked.file, options), "--dry-run"], stop);
    return report.end("Nothing was deployed (--dry-run).", { config: checked.file, deployed: false });
  }
  if (secretsFile !== undefined && !replaceSecrets) await refuseToReplacePeppers(secretsFile, options, stop);
  report.step("Migrating D1 …");
  const jurisdiction = async () => checked.config.control.jurisdiction;
  await migrate({ env: options.env, jurisdiction }, stop, report);
  report.step(MIGRATED);
  await checkJurisdictions(checked.config, options.env, stop);
  report.step("Deploying …");
  await runWrangler(["deploy", ...argumentsOf(checked.file, options)], stop).catch((error) => {
    throw withNextSteps(error, options);
  });
  report.step("Asking the gateway for ten seconds or more …");
  await verify(checked.config, fetchAnyWay);
  const done = "Deployed: the gateway is ready, and refuses requests without a key.";
  report.end(done, { config: checked.file, deployed: true });
}

function checkFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new Failure(`There is no ${path}.`);
  if (found.isDirectory()) throw new Failure(`${path} is a folder, not a file with secrets.`);
}

function argumentsOf(file: string, { env, secretsFile, immediate }: Options): string[] {
  return [
    ...(file === DEFAULT_CONFIG ? [] : [writeEntry(file)]),
    ...inEnvironment(env),
    ...(secretsFile === undefined ? [] : ["--secrets-file", resolve(secretsFile)]),
    ...(immediate ? ["--durable-objects-code-update-mode", "immediate"] : []),
  ];
}
