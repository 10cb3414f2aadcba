/** The keys that sign assertions: created and changed here, kept by the operator, set as a Worker secret. */

import { readFileSync } from "node:fs";
import type { Command } from "commander";
import {
  parseSigningKeys,
  retire,
  rotate,
  type SigningKey,
  type SigningKeys,
  withdraw,
} from "../../domain/signing-keys.ts";
import { readDevVars, writeSigningKeys } from "../dev/vars.ts";
import { COMMAND, example } from "../gateway/call.ts";
import { EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { fromEnvironment } from "../terminal/given.ts";
import { table } from "../terminal/render.ts";
import { reportOf } from "../terminal/report.ts";
import { writeSecretFile } from "../terminal/secret-file.ts";
import { checkedConfig } from "./checked-config.ts";
import { configOf } from "./config-of.ts";
import { environmentOf, hintFor, inEnv, type Target } from "./environment.ts";
import { newSigningKey, newSigningKeys } from "./new-signing-keys.ts";
import { inProject, shown } from "./project.ts";

export const VARIABLE = "KEYGATE_SIGNING_KEYS";
const DEV_VARS = inProject(".dev.vars");

interface Options {
  from?: string;
  to?: string;
  /** Of the gateway. */
  environment?: string;
  /** Of wrangler.toml. */
  env?: string;
}

export function addSigningKeys(program: Command): void {
  const group = program
    .command("signing-keys")
    .description("the keys that sign assertions for origins")
    .addHelpText("after", `\n${PROCEDURE}`);

  group
    .command("init")
    .description(`print a value of ${VARIABLE} with a key and a next key for each environment`)
    .option("--config <file>", "use this file instead of gateway.config.ts")
    .option("--env <name>", "for this environment of wrangler.toml, with gateway.config.<name>.ts")
    .option("--to <file>", TO)
    .addHelpText(
      "after",
      example(
        "signing-keys init --to signing-keys.json",
        "signing-keys init --env staging --to signing-keys.staging.json",
      ),
    )
    .action(async ({ to, ...target }: Target & { to?: string }, command: Command) => {
      const { config } = await checkedConfig(configOf(target));
      const keys = newSigningKeys(Object.keys(config.environments));
      if (to === undefined) {
        print(keys);
      } else {
        writeSecretFile(to, textOf(keys));
        say(command, to, `${to} has new keys.`, environmentOf(target));
      }
    });

  group
    .command("rotate")
    .description("sign with the next key, keep the old one published, and create another next key")
    .option("--from <file>", FROM)
    .option("--to <file>", TO)
    .option("--environment <name>", "only in this environment of the gateway")
    .option("--env <name>", ENV)
    .addHelpText("after", example("signing-keys rotate --from signing-keys.json --to signing-keys.json"))
    .action((options: Options, command: Command) => {
      const keys = read(options.from);
      write(
        command,
        options,
        changed(keys, options.environment, (set) => rotate(set, newSigningKey())),
      );
    });

  group
    .command("retire")
    .description("remove keys that no longer sign; with an id, remove that key at once")
    .argument("[kid]", "the id of one key, as list shows it")
    .option("--from <file>", FROM)
    .option("--to <file>", TO)
    .option("--environment <name>", "only in this environment of the gateway")
    .option("--env <name>", ENV)
    .addHelpText("after", example("signing-keys retire --from signing-keys.json --to signing-keys.json"))
    .action((kid: string | undefined, options: Options, command: Command) => {
      const keys = read(options.from);
      const left = kid === undefined ? changed(keys, options.environment, retire) : without(keys, kid, options);
      write(command, options, left);
    });

  group
    .command("list")
    .description("list the keys, without their private parts")
    .option("--from <file>", FROM)
    .addHelpText("after", example("signing-keys list --from signing-keys.json"))
    .action(({ from }: Options, command: Command) => {
      const rows = Object.entries(read(from)).flatMap(([environment, keys]) =>
        keys.map(({ kid, state }) => ({ environment, kid, state })),
      );
      if (command.optsWithGlobals().json) return console.log(JSON.stringify({ data: rows }, null, 2));
      console.log(
        table(
          ["Environment", "Key", "State"],
          rows.map(({ environment, kid, state }) => [environment, kid, state]),
        ),
      );
    });
}

const FROM = `the file with the present value, - for stdin (default: $${VARIABLE}, or that of .dev.vars)`;

const ENV = "with --to: print the command that sets it in this environment of wrangler.toml";

const TO = "write the value to this file, which only you can read (default: stdout)";

const PROCEDURE = `A Worker's secret cannot be read back, so keep the value, as you keep the peppers.
A file that --to names can be read only by you, and git has to ignore it:

  ${COMMAND} signing-keys rotate --from signing-keys.json --to signing-keys.json
  npx wrangler secret put ${VARIABLE} < signing-keys.json

Add --env and a name to both for an environment of wrangler.toml.
Without --to, the value goes to stdout: pipe it to where you keep secrets.
Without --from and $${VARIABLE}, it changes .dev.vars, for the local gateway.`;

type Change = (keys: readonly SigningKey[]) => SigningKey[];

function changed(keys: SigningKeys, only: string | undefined, change: Change): SigningKeys {
  if (only !== undefined && !Object.hasOwn(keys, only)) throw new Failure(`There are no signing keys for ${only}.`);
  return Object.fromEntries(
    Object.entries(keys).map(([name, set]) => [name, only === undefined || only === name ? change(set) : set]),
  );
}

function without(keys: SigningKeys, kid: string, { from, environment }: Options): SigningKeys {
  const searched = Object.entries(keys).filter(([name]) => environment === undefined || name === environment);
  const found = searched.find(([, set]) => set.some((key) => key.kid === kid));
  if (!found) {
    const list = `${COMMAND} signing-keys list${from === undefined ? "" : ` --from ${from}`}`;
    throw new Failure(`There is no signing key ${kid} in ${environment ?? nameOf(from)}. See: ${list}`);
  }
  return changed(keys, found[0], (set) => withdraw(set, kid, newSigningKey()));
}

/** The local gateway's, if neither is given. */
function isLocal(from: string | undefined): boolean {
  return from === undefined && fromEnvironment(VARIABLE) === undefined;
}

function read(from: string | undefined): SigningKeys {
  const text = isLocal(from) ? readDevVars(DEV_VARS)[VARIABLE] : from ? readText(from) : fromEnvironment(VARIABLE);
  if (!text) throw new Failure(`There are no signing keys yet. Create them: ${COMMAND} signing-keys init`);
  try {
    return parseSigningKeys(text);
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/** Says which keys were read too: without `--from`, that depends on the shell. */
function write(command: Command, { from, to, env }: Options, keys: SigningKeys): void {
  if (to !== undefined) {
    writeSecretFile(to, textOf(keys), from);
    say(command, to, `${to} has the new value, from ${nameOf(from)}.`, env);
  } else if (env !== undefined) {
    throw new Failure("--env is for the command that --to prints. Add --to and a file.", EXIT_WRONG_USAGE);
  } else if (isLocal(from)) {
    writeSigningKeys(DEV_VARS, keys);
    const words = `Changed in ${nameOf(from)}. A running gateway uses it at once.`;
    reportOf(command).end(words, { file: DEV_VARS });
  } else {
    process.stderr.write(`The new value, from ${nameOf(from)}:\n`);
    print(keys);
  }
}

function nameOf(from: string | undefined): string {
  if (isLocal(from)) return shown(DEV_VARS);
  return from === undefined ? `$${VARIABLE}` : from === "-" ? "stdin" : from;
}

/** Which file has the new value, and how to set it. */
function say(command: Command, file: string, words: string, env: string | undefined): void {
  const next = `npx wrangler secret put ${VARIABLE}${inEnv(env)} < ${file}`;
  reportOf(command).end(hintFor(env, `${words} Set it:`, next), { file });
}

function print(keys: SigningKeys): void {
  process.stdout.write(textOf(keys));
}

const textOf = (keys: SigningKeys) => `${JSON.stringify(keys)}\n`;
