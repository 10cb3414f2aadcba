/** `keygate secrets`: the secrets of a new deployment, in a file that `keygate deploy --secrets-file` takes. */

import { randomBytes } from "node:crypto";
import { type Command, Option } from "commander";
import { COMMAND, example } from "../gateway/call.ts";
import { reportOf } from "../terminal/report.ts";
import { writeSecretFile } from "../terminal/secret-file.ts";
import { checkedConfig } from "./checked-config.ts";
import { configOf } from "./config-of.ts";
import { environmentOf, hintFor, inEnv, inTarget, type Target } from "./environment.ts";
import { newSigningKeys } from "./new-signing-keys.ts";

interface Options extends Target {
  to: string;
  only?: keyof typeof TOKENS;
}

/** What can be created alone. For peppers and signing keys there are other commands. */
export const TOKENS = { KEYGATE_ROOT_TOKEN: "kgr", KEYGATE_METRICS_TOKEN: "kgm" };

export function addSecrets(program: Command): void {
  program
    .command("secrets")
    .description("create the secrets of a new deployment: a pepper, a root token, a metrics token and signing keys")
    .option("--config <file>", "use this file instead of gateway.config.ts")
    .option("--env <name>", "for this environment of wrangler.toml, with gateway.config.<name>.ts")
    .requiredOption("--to <file>", "write them to this new file, which only you can read")
    .addOption(
      new Option("--only <token>", "create only this one, for a deployment that runs").choices(Object.keys(TOKENS)),
    )
    .addHelpText(
      "after",
      example(
        "secrets --to secrets.production.json",
        "secrets --env staging --to secrets.staging.json",
        "secrets --only KEYGATE_METRICS_TOKEN --to secrets.metrics.json",
      ),
    )
    .action(async ({ to, only, ...target }: Options, command: Command) => {
      const { config } = await checkedConfig(configOf(target));
      const secrets = only ? { [only]: newToken(only) } : newSecrets(Object.keys(config.environments));
      writeSecretFile(to, `${JSON.stringify(secrets, null, 2)}\n`);
      const environment = environmentOf(target);
      const next = only
        ? `npx wrangler secret bulk${inEnv(environment)} ${to}`
        : `${COMMAND} deploy${inTarget(environment, target.config)} --secrets-file ${to}`;
      const what = only ? `a new ${only}` : "new secrets";
      const done = `${to} has ${what}. A Worker's secrets cannot be read back: keep the file safe. Next:`;
      reportOf(command).end(hintFor(environment, done, next), { file: to });
    });
}

function newSecrets(environments: readonly string[]): Record<string, string> {
  return {
    KEYGATE_PEPPERS: `p1:${random()}`,
    KEYGATE_ROOT_TOKEN: newToken("KEYGATE_ROOT_TOKEN"),
    KEYGATE_METRICS_TOKEN: newToken("KEYGATE_METRICS_TOKEN"),
    KEYGATE_SIGNING_KEYS: JSON.stringify(newSigningKeys(environments)),
  };
}

const newToken = (name: keyof typeof TOKENS) => `${TOKENS[name]}_${random()}`;

function random(): string {
  return randomBytes(32).toString("base64url");
}
