/** Signing in: saves a gateway and its token as a profile. */

import type { Command } from "commander";
import { askSecret } from "../terminal/ask.ts";
import { EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { DEFAULT_URL } from "../terminal/options.ts";
import { reportOf } from "../terminal/report.ts";
import { Api } from "./api.ts";
import { call, example, type GlobalOptions } from "./call.ts";
import { type Named, profileNamed } from "./choice.ts";
import { checkedToken, namedInEnvironment } from "./connection.ts";
import { DEFAULT_PROFILE, type Profiles, profilesFile, readProfiles, writeProfiles } from "./profiles.ts";
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
    .addHelpText("after", example("logout --profile staging", "logout --url https://keys.example.com"))
    .action(logout);

  program
    .command("whoami")
    .description("show which gateway commands call, who you are there, and what you can do")
    .addHelpText("after", example("whoami", "whoami --profile staging"))
    .action(call((api) => api.get<Whoami>(PATH), whoamiInWords));
}

async function login(_: unknown, command: Command): Promise<void> {
  const { json, token: typed, ...options } = command.optsWithGlobals<GlobalOptions>();
  if (typed !== undefined) {
    throw new Failure("login asks for the token or reads it from stdin. Remove --token.", EXIT_WRONG_USAGE);
  }
  const profiles = readProfiles();
  const { name, url } = target(options, profiles);
  const given = await askSecret(`Token for ${url}: `);
  if (given === "") throw new Failure("No token was given. Type it, or pass it on stdin.", EXIT_WRONG_USAGE);
  const token = checkedToken(given);
  const { body } = await new Api({ url, token }).get<Whoami>(PATH);
  writeProfiles({ ...profiles, [name]: { url, token } });
  if (json) return console.log(JSON.stringify(body, null, 2));
  const saved = name === DEFAULT_PROFILE ? "" : ` as "${name}"`;
  console.log(`Signed in${saved}. The token is in ${profilesFile()}.\n\n${whoamiInWords(body, { url })}`);
}

/** The profile to write, and its gateway. A profile that is named keeps its gateway, unless --url changes it. */
function target({ url, profile }: Named, profiles: Profiles): { name: string; url: string } {
  const environment = namedInEnvironment();
  const named = profile ?? environment.profile;
  const name = named ?? DEFAULT_PROFILE;
  const saved = Object.hasOwn(profiles, name) ? profiles[name]?.url : undefined;
  const usual = named === undefined ? (environment.url ?? saved) : (saved ?? environment.url);
  return { name, url: url ?? usual ?? DEFAULT_URL };
}

interface LogoutOptions extends GlobalOptions {
  all?: boolean;
}

function logout(_: unknown, command: Command): void {
  const options = command.optsWithGlobals<LogoutOptions>();
  if (options.all && (options.url ?? options.profile) !== undefined) {
    throw new Failure("--all is for every gateway. Leave out --profile and --url.", EXIT_WRONG_USAGE);
  }
  const profiles = readProfiles();
  const leaving = options.all ? Object.keys(profiles) : namesToLeave(options, profiles);
  writeProfiles(Object.fromEntries(Object.entries(profiles).filter(([name]) => !leaving.includes(name))));
  const left = leaving.map((profile) => ({ profile, url: profiles[profile]?.url }));
  const words = `Signed out of ${options.all ? "every gateway" : left[0]?.url}.`;
  reportOf(command).end(words, { signed_out: left });
}

function namesToLeave({ url, profile }: GlobalOptions, profiles: Profiles): string[] {
  if (url !== undefined && profile !== undefined) {
    throw new Failure("Name the gateway by --profile or by --url, not by both.", EXIT_WRONG_USAGE);
  }
  if (url === undefined) {
    const name = profile ?? namedInEnvironment().profile ?? DEFAULT_PROFILE;
    profileNamed(name, profiles);
    return [name];
  }
  const names = Object.keys(profiles).filter((name) => profiles[name]?.url === url);
  if (names.length === 0) throw new Failure(`No token is saved for ${url}.`);
  return names;
}
