/** The command `keygate`. Run through bin/keygate.mjs. */

import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { example } from "./call.ts";
import { addCheck } from "./check.ts";
import { addDev } from "./dev.ts";
import { conceal, verdictOf } from "./failure.ts";
import { addKeys } from "./keys.ts";
import { addMembers } from "./members.ts";
import { controlUrl, DEFAULT_URL } from "./options.ts";
import { addOrgs } from "./orgs.ts";
import { inProject } from "./project.ts";
import { addWorkspaces } from "./workspaces.ts";

const MAX_WIDTH = 100;

// A reader such as `head` may leave early; that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const program = new Command("keygate")
  .description("Runs, checks and manages a Keygate gateway.")
  .version(JSON.parse(readFileSync(inProject("package.json"), "utf8")).version)
  .exitOverride()
  .helpCommand(false)
  .configureOutput({ writeErr: complain, getOutHelpWidth: helpWidth, getErrHelpWidth: helpWidth })
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError("Add --help to see how.");

program
  .addOption(
    new Option("--url <url>", "the control base URL").env("KEYGATE_URL").default(DEFAULT_URL).argParser(controlUrl),
  )
  .addOption(
    new Option("--token <token>", "the root token (default: for a local gateway, that of .dev.vars)").env(
      "KEYGATE_ROOT_TOKEN",
    ),
  )
  .option("--json", "print the API's answer as JSON, and nothing else")
  .addHelpText("after", example("dev", "orgs list --json", "keys create --help"));

addDev(program);
addCheck(program);
addOrgs(program);
addWorkspaces(program);
addMembers(program);
addKeys(program);

try {
  await program.parseAsync();
} catch (error) {
  const { code, words } = verdictOf(error);
  if (words) complain(`${words}\n`);
  process.exitCode = code;
}

function helpWidth(): number {
  return Math.min(process.stdout.columns ?? MAX_WIDTH, MAX_WIDTH);
}

function complain(text: string): void {
  process.stderr.write(conceal(text, tokens()));
}

/** Every value that may be a root token, whether or not the command line could be understood. */
function tokens(): string[] {
  const after = process.argv.flatMap((text, at) => (text === "--token" ? (process.argv[at + 1] ?? "") : []));
  const within = process.argv.flatMap((text) => (text.startsWith("--token=") ? text.slice("--token=".length) : []));
  return [...after, ...within, process.env.KEYGATE_ROOT_TOKEN ?? ""].flatMap((text) => [text, ...text.split(",")]);
}
