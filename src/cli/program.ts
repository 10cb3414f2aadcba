/** The commands of `keygate`. */

import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { addDev } from "./dev/dev.ts";
import { example } from "./gateway/call.ts";
import { addConsole } from "./gateway/console.ts";
import { addLogin } from "./gateway/login.ts";
import { addImport } from "./import/import.ts";
import { addExplain } from "./keys/explain.ts";
import { addKeys } from "./keys/keys.ts";
import { addLimits } from "./keys/limits.ts";
import { addCheck } from "./operate/check.ts";
import { addCost } from "./operate/cost.ts";
import { addDeploy } from "./operate/deploy.ts";
import { addMigrate } from "./operate/migrate.ts";
import { addPepper } from "./operate/pepper.ts";
import { inPackage } from "./operate/project.ts";
import { addSecrets } from "./operate/secrets.ts";
import { addSigningKeys } from "./operate/signing-keys.ts";
import { addStatus } from "./operate/status.ts";
import { addAudit } from "./organizations/audit.ts";
import { addChanges } from "./organizations/changes.ts";
import { addMembers } from "./organizations/members.ts";
import { addOrgs } from "./organizations/orgs.ts";
import { addWorkspaces } from "./organizations/workspaces.ts";
import { addRequests } from "./requests/requests.ts";
import { addTraffic } from "./statistics/traffic.ts";
import { addUsage } from "./statistics/usage.ts";
import { complain } from "./terminal/complain.ts";
import { refuseEmptyValues } from "./terminal/given.ts";
import { refuseOpposites } from "./terminal/opposites.ts";
import { controlUrl, DEFAULT_URL, id } from "./terminal/options.ts";
import { textWidth } from "./terminal/render.ts";

export const program = new Command("keygate")
  .description("Runs, checks and manages a Keygate gateway.")
  .version(JSON.parse(readFileSync(inPackage("package.json"), "utf8")).version)
  .exitOverride()
  .helpCommand(false)
  .configureOutput({ writeErr: complain, getOutHelpWidth: textWidth, getErrHelpWidth: textWidth })
  .configureHelp({ showGlobalOptions: true, subcommandTerm: termOf })
  .showHelpAfterError("Add --help for usage.");

program
  .optionsGroup("Which gateway:")
  .addOption(
    new Option(
      "--url <url>",
      `its control base URL (default: KEYGATE_URL, the profile's, or ${DEFAULT_URL})`,
    ).argParser(controlUrl),
  )
  .option("--profile <name>", "the name it was given at `keygate login` (default: KEYGATE_PROFILE)")
  .option(
    "--token <token>",
    "its root token or a key (default: the profile's; KEYGATE_ROOT_TOKEN, for KEYGATE_URL or --url; or .dev.vars)",
  )
  .option("--act-as <member>", "act with the rights of this member (root token only)", id("mem"))
  .optionsGroup("Options:")
  .option("--json", "print the API's answer as JSON")
  .addHelpText("after", example("dev", "orgs list --json", "keys create --help"));

program.commandsGroup("On this machine:");
addDev(program);
addCheck(program);
addSigningKeys(program);
program.commandsGroup("Deploy:");
addSecrets(program);
addMigrate(program);
addDeploy(program);
addCost(program);
program.commandsGroup("Signing in:");
addLogin(program);
addConsole(program);
program.commandsGroup("Manage:");
addOrgs(program);
addWorkspaces(program);
addMembers(program);
addKeys(program);
addImport(program);
program.commandsGroup("Observe:");
addLimits(program);
addUsage(program);
addTraffic(program);
addAudit(program);
addRequests(program);
addExplain(program);
addChanges(program);
addStatus(program);
program.commandsGroup("Security:");
addPepper(program);

for (const command of program.commands) {
  command.helpCommand(false);
  const [first] = command.commands;
  if (first) command.addHelpText("after", example(`${command.name()} ${first.name()} --help`));
}

refuseEmptyValues(program);
refuseOpposites(program);

function termOf(command: Command): string {
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...words].join(" ");
}
