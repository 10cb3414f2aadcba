/** Which gateway a command talks to, and with what token. */

import { readDevVars } from "../dev/vars.ts";
import { inProject } from "../operate/project.ts";
import { EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { DEFAULT_URL } from "../terminal/options.ts";
import { type Connection, isLocal } from "./api.ts";
import { DEFAULT_PROFILE, type Profiles, readProfiles } from "./profiles.ts";

/** As the command line and the environment have them. */
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

/** The gateway of .dev.vars, whatever anybody has signed in to. */
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
      `The profile "${profile}" is of ${known.url}; leave --url and KEYGATE_URL out.`,
      EXIT_WRONG_USAGE,
    );
  }
  return known.url;
}

/** A token is sent to the gateway that it was given for, and to no other. */
function tokenOf(url: string, { profile }: ConnectionOptions, profiles: Profiles): string | undefined {
  const named = profiles[profile ?? DEFAULT_PROFILE];
  return named?.url === url ? named.token : Object.values(profiles).find((other) => other.url === url)?.token;
}

/** The token of .dev.vars is a local gateway's. */
function devToken(url: string): string | undefined {
  return isLocal(url) ? readDevVars(inProject(".dev.vars")).KEYGATE_ROOT_TOKEN : undefined;
}

function usable(url: string, tokens: string | undefined): string {
  // While a token is being replaced, the gateway's secret holds two.
  const token = tokens?.split(",")[0]?.trim();
  if (!token) {
    const ways = "sign in with `keygate login`, or give KEYGATE_ROOT_TOKEN in the environment";
    throw new Failure(`There is no token for ${url}: ${isLocal(url) ? `let \`npm start\` make one, ${ways}` : ways}.`);
  }
  return checkedToken(token);
}

export function checkedToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Failure("The token has a space, a line break or another character that a header cannot carry.");
}
