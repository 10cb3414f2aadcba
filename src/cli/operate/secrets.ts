/** `keygate secrets`: the secrets of a new deployment, in a file that `keygate deploy --secrets-file` takes. */

import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import type { Command } from "commander";
import { COMMAND, example } from "../gateway/call.ts";
import { hint } from "../terminal/render.ts";
import { reportOf } from "../terminal/report.ts";
import { writeSecretFile } from "../terminal/secret-file.ts";
import { checkedConfig } from "./checked-config.ts";
import { newSigningKeys } from "./new-signing-keys.ts";
import { DEFAULT_CONFIG } from "./project.ts";

interface Options {
  config?: string;
  to: string;
}

export function addSecrets(program: Command): void {
  program
    .command("secrets")
    .description("create the secrets of a new deployment: a pepper, a root token and signing keys")
    .option("--config <file>", "use this file instead of gateway.config.ts")
    .requiredOption("--to <file>", "write them to this new file, which only you can read")
    .addHelpText("after", example("secrets --to secrets.production.json"))
    .action(async ({ config = DEFAULT_CONFIG, to }: Options, command: Command) => {
      const checked = await checkedConfig(config);
      writeSecretFile(to, `${JSON.stringify(newSecrets(Object.keys(checked.config.environments)), null, 2)}\n`);
      const next = `${COMMAND} deploy ${inItsEnvironment(checked.file)}--secrets-file ${to}`;
      const done = `${to} has new secrets. A Worker's secrets cannot be read back: keep the file safe. Next:`;
      reportOf(command).end(hint(done, next), { file: to });
    });
}

/** A configuration that is an environment's: without `--env`, its secrets would go to production. */
function inItsEnvironment(file: string): string {
  const [, name] = /^gateway\.config\.([\w-]+)\.ts$/.exec(basename(file)) ?? [];
  return name === undefined ? "" : `--env ${name} `;
}

function newSecrets(environments: readonly string[]): Record<string, string> {
  const random = () => randomBytes(32).toString("base64url");
  return {
    KEYGATE_PEPPERS: `p1:${random()}`,
    KEYGATE_ROOT_TOKEN: `kgr_${random()}`,
    KEYGATE_SIGNING_KEYS: JSON.stringify(newSigningKeys(environments)),
  };
}
