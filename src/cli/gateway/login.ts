/** Signing in: saves a gateway and its token as a profile. */

import type { Command } from "commander";
import { askSecret } from "../terminal/ask.ts";
import { EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { DEFAULT_URL } from "../terminal/options.ts";
import { Api } from "./api.ts";
import { call, example, type GlobalOptions } from "./call.ts";
import { checkedToken, urlOf } from "./connection.ts";
import { DEFAULT_PROFILE, profilesFile, readProfiles, writeProfiles } from "./profiles.ts";
import { type Whoami, whoamiInWords } from "./whoami.ts";

const PATH = "/v1/whoami";

export function addLogin(program: Command): void {
  program
    .command("login")
    .description("save a gateway's token for later commands (asks for it, or reads it from stdin)")
    .addHelpText(
      "after",
      example(
        "login --url https://keys.example.com",
        "login --url https://keys.staging.example.com --profile staging < token.txt",
      ),
    )
    .action(login);

  program
    .command("logout")
    .description("delete a gateway's saved token")
    .option("--all", "delete the tokens of all gateways")
    .addHelpText("after", example("logout --profile staging"))
    .action(logout);

  program
    .command("whoami")
    .description("show which gateway commands call, who you are there, and what you can do")
    .addHelpText("after", example("whoami", "whoami --profile staging"))
    .action(call((api) => api.get<Whoami>(PATH), whoamiInWords));
}

async function login(_: unknown, command: Command): Promise<void> {
  const { json, url: given, profile: name = DEFAULT_PROFILE } = command.optsWithGlobals<GlobalOptions>();
  if (command.parent?.getOptionValueSource("token") === "cli") {
    throw new Failure("login asks for the token or reads it from stdin. Remove --token.", EXIT_WRONG_USAGE);
  }
  const profiles = readProfiles();
  const url = given ?? profiles[name]?.url ?? DEFAULT_URL;
  const token = checkedToken(await askSecret(`Token for ${url}: `));
  const { body } = await new Api({ url, token }).get<Whoami>(PATH);
  writeProfiles({ ...profiles, [name]: { url, token } });
  if (json) return console.log(JSON.stringify(body, null, 2));
  const saved = name === DEFAULT_PROFILE ? "" : ` as "${name}"`;
  console.log(`Signed in${saved}. The token is in ${profilesFile()}.\n\n${whoamiInWords(body, { url })}`);
}

function logout({ all }: { all?: boolean }, command: Command): void {
  const options = command.optsWithGlobals<GlobalOptions>();
  const profiles = readProfiles();
  const { profile: name = DEFAULT_PROFILE } = options;
  if (!all && profiles[name] === undefined) throw new Failure(`There is no profile "${name}".`);
  const url = all ? undefined : urlOf({ profile: name }, profiles);
  const kept = Object.entries(profiles).filter(([other]) => !all && other !== name);
  writeProfiles(Object.fromEntries(kept));
  console.log(url ? `Signed out of ${url}.` : "Signed out of every gateway.");
}
