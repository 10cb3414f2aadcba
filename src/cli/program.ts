/** The commands of `keygate`, and what they have in common. */

import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { addAudit } from "./audit.ts";
import { example } from "./call.ts";
import { addChanges } from "./changes.ts";
import { addCheck } from "./check.ts";
import { complain } from "./complain.ts";
import { addConsole } from "./console.ts";
import { addDev } from "./dev.ts";
import { addExplain } from "./explain.ts";
import { addImport } from "./import.ts";
import { addKeys } from "./keys.ts";
import { addLimits } from "./limits.ts";
import { addLogin } from "./login.ts";
import { addMembers } from "./members.ts";
import { controlUrl, DEFAULT_URL, id } from "./options.ts";
import { addOrgs } from "./orgs.ts";
import { addPepper } from "./pepper.ts";
import { inProject } from "./project.ts";
import { textWidth } from "./render.ts";
import { addSigningKeys } from "./signing-keys.ts";
import { addUsage } from "./usage.ts";
import { addWorkspaces } from "./workspaces.ts";

export const program = new Command("keygate")
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
addChanges(program);
program.commandsGroup("Keeping it safe:");
addPepper(program);

for (const command of program.commands) {
  command.helpCommand(false);
  const [first] = command.commands;
  if (first) command.addHelpText("after", example(`${command.name()} ${first.name()} --help`));
}

function termOf(command: Command): string {
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...words].join(" ");
}
