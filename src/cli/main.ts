/** The command `keygate`. Run through bin/keygate.mjs. */

import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { addAudit } from "./audit.ts";
import { example } from "./call.ts";
import { addCheck } from "./check.ts";
import { addConsole } from "./console.ts";
import { addDev } from "./dev.ts";
import { addExplain } from "./explain.ts";
import { conceal, verdictOf } from "./failure.ts";
import { addImport } from "./import.ts";
import { addKeys } from "./keys.ts";
import { addLimits } from "./limits.ts";
import { addLogin } from "./login.ts";
import { addMembers } from "./members.ts";
import { controlUrl, DEFAULT_URL, id } from "./options.ts";
import { addOrgs } from "./orgs.ts";
import { addPepper } from "./pepper.ts";
import { readProfiles } from "./profiles.ts";
import { inProject } from "./project.ts";
import { textWidth, wrapped } from "./render.ts";
import { addSigningKeys } from "./signing-keys.ts";
import { addUsage } from "./usage.ts";
import { addWorkspaces } from "./workspaces.ts";

// A reader such as `head` may leave early; that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const program = new Command("keygate")
  .description("Runs, checks and manages a Keygate gateway.")
  .version(JSON.parse(readFileSync(inProject("package.json"), "utf8")).version)
  .exitOverride()
  .helpCommand(false)
  .configureOutput({ writeErr: complain, getOutHelpWidth: textWidth, getErrHelpWidth: textWidth })
  .configureHelp({ showGlobalOptions: true, subcommandTerm: termOf })
  .showHelpAfterError("Add --help to see how.");

program
  .optionsGroup("Which gateway:")
  .addOption(
    new Option("--url <url>", `its control base URL (default: the profile's, or ${DEFAULT_URL})`)
      .env("KEYGATE_URL")
      .argParser(controlUrl),
  )
  .addOption(new Option("--profile <name>", "the name that `keygate login` gave it").env("KEYGATE_PROFILE"))
  .addOption(
    new Option("--token <token>", "its root token, or a key (default: the profile's, or that of .dev.vars)").env(
      "KEYGATE_ROOT_TOKEN",
    ),
  )
  .option("--act-as <member>", "with the rights of this member (root token only)", id("mem"))
  .optionsGroup("Options:")
  .option("--json", "print the API's answer as JSON, and nothing else")
  .addHelpText("after", example("dev", "orgs list --json", "keys create --help"));

program.commandsGroup("On this machine:");
addDev(program);
addCheck(program);
addSigningKeys(program);
program.commandsGroup("Signing in:");
addLogin(program);
addConsole(program);
program.commandsGroup("What is managed:");
addOrgs(program);
addWorkspaces(program);
addMembers(program);
addKeys(program);
addImport(program);
program.commandsGroup("What happens:");
addLimits(program);
addUsage(program);
addAudit(program);
addExplain(program);
program.commandsGroup("Keeping it safe:");
addPepper(program);

for (const command of program.commands) command.helpCommand(false);

try {
  await program.parseAsync();
} catch (error) {
  const { code, words } = verdictOf(error);
  if (words) complain(`${onScreen(words)}\n`);
  process.exitCode = code;
}

function termOf(command: Command): string {
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...words].join(" ");
}

/** Sentences broken between words, where people read them on a terminal. */
function onScreen(words: string): string {
  const { isTTY, columns } = process.stderr;
  if (!isTTY) return words;
  const lines = words.split("\n").map((line) => {
    const indent = line.length - line.trimStart().length;
    return " ".repeat(indent) + wrapped(line.trimStart(), indent, columns);
  });
  return lines.join("\n");
}

function complain(text: string): void {
  process.stderr.write(conceal(text, tokens()));
}

/** Every value that may be a root token, whether or not the command line could be understood. */
function tokens(): string[] {
  const after = process.argv.flatMap((text, at) => (text === "--token" ? (process.argv[at + 1] ?? "") : []));
  const within = process.argv.flatMap((text) => (text.startsWith("--token=") ? text.slice("--token=".length) : []));
  const given = [...after, ...within, process.env.KEYGATE_ROOT_TOKEN ?? ""].flatMap((text) => [
    text,
    ...text.split(","),
  ]);
  return [...given, ...savedTokens()];
}

function savedTokens(): string[] {
  try {
    return Object.values(readProfiles()).map(({ token }) => token);
  } catch {
    return [];
  }
}
