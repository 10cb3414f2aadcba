/** The gateway that a command calls, and the token. */

import { readDevVars } from "../dev/vars.ts";
import { inProject } from "../operate/project.ts";
import { EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { fromEnvironment } from "../terminal/given.ts";
import { controlUrl } from "../terminal/options.ts";
import type { Connection } from "./api.ts";
import { choose, type Named } from "./choice.ts";
import { isLocal } from "./network.ts";
import { readProfiles } from "./profiles.ts";

export function connectionOf(options: Named): Connection {
  const environment = { ...namedInEnvironment(), token: options.token ?? fromEnvironment("KEYGATE_ROOT_TOKEN") };
  const { url, token } = choose(options, environment, readProfiles());
  return { url, token: usable(url, token ?? devToken(url)) };
}

/** Without the token, which not every command needs. */
export function namedInEnvironment(): Named {
  return { url: environmentUrl(), profile: fromEnvironment("KEYGATE_PROFILE") };
}

function environmentUrl(): string | undefined {
  const text = fromEnvironment("KEYGATE_URL");
  try {
    return text && controlUrl(text);
  } catch (error) {
    throw new Failure(`KEYGATE_URL cannot be used. ${(error as Error).message}`, EXIT_WRONG_USAGE);
  }
}

/** The local gateway of .dev.vars, whatever profile is signed in. */
export function localConnection(url: string): Connection {
  return { url, token: usable(url, devToken(url)) };
}

/** The token in .dev.vars is for the local gateway. */
function devToken(url: string): string | undefined {
  return isLocal(url) ? readDevVars(inProject(".dev.vars")).KEYGATE_ROOT_TOKEN : undefined;
}

function usable(url: string, tokens: string | undefined): string {
  // The secret holds two tokens while one is being replaced.
  const token = tokens?.split(",")[0]?.trim();
  if (!token) {
    const ways = "sign in with `keygate login`, or set KEYGATE_URL and KEYGATE_ROOT_TOKEN in the environment";
    throw new Failure(
      `There is no token for ${url}: ${isLocal(url) ? `run \`npm start\` to create one, ${ways}` : ways}.`,
    );
  }
  return checkedToken(token);
}

export function checkedToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Failure("The token has a space, a line break or another character that a header cannot contain.");
}
