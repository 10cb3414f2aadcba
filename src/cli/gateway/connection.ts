/** Chooses the gateway that a command calls, and the token. */

import { readDevVars } from "../dev/vars.ts";
import { inProject } from "../operate/project.ts";
import { EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { DEFAULT_URL } from "../terminal/options.ts";
import { type Connection, isLocal } from "./api.ts";
import { DEFAULT_PROFILE, type Profiles, readProfiles } from "./profiles.ts";

/** From the command line and the environment. */
export interface ConnectionOptions {
  url?: string;
  token?: string;
  profile?: string;
}

export function connectionOf(options: ConnectionOptions): Connection {
  const profiles = readProfiles();
  const url = urlOf(options, profiles);
  return { url, token: usable(url, options.token || tokenOf(url, options, profiles) || devToken(url)) };
}

/** The local gateway of .dev.vars, whatever profile is signed in. */
export function localConnection(url: string): Connection {
  return { url, token: usable(url, devToken(url)) };
}

export function urlOf({ url, profile }: ConnectionOptions, profiles: Profiles): string {
  if (profile === undefined) return url ?? profiles[DEFAULT_PROFILE]?.url ?? DEFAULT_URL;
  const known = profiles[profile];
  if (!known) {
    throw new Failure(`There is no profile "${profile}". Sign in: keygate login --profile ${profile} --url <url>`);
  }
  if (url !== undefined && url !== known.url) {
    throw new Failure(
      `The profile "${profile}" belongs to ${known.url}. Remove --url and KEYGATE_URL.`,
      EXIT_WRONG_USAGE,
    );
  }
  return known.url;
}

/** A token is sent only to the gateway it was given for. */
function tokenOf(url: string, { profile }: ConnectionOptions, profiles: Profiles): string | undefined {
  const named = profiles[profile ?? DEFAULT_PROFILE];
  return named?.url === url ? named.token : Object.values(profiles).find((other) => other.url === url)?.token;
}

/** The token in .dev.vars is for the local gateway. */
function devToken(url: string): string | undefined {
  return isLocal(url) ? readDevVars(inProject(".dev.vars")).KEYGATE_ROOT_TOKEN : undefined;
}

function usable(url: string, tokens: string | undefined): string {
  // The secret holds two tokens while one is being replaced.
  const token = tokens?.split(",")[0]?.trim();
  if (!token) {
    const ways = "sign in with `keygate login`, or set KEYGATE_ROOT_TOKEN in the environment";
    throw new Failure(
      `There is no token for ${url}: ${isLocal(url) ? `run \`npm start\` to create one, ${ways}` : ways}.`,
    );
  }
  return checkedToken(token);
}

export function checkedToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Failure("The token has a space, a line break or another character that a header cannot hold.");
}
