/** Which gateway a command calls, and with which token. A token goes only to the gateway it was given for. */

import { EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { DEFAULT_URL } from "../terminal/options.ts";
import { DEFAULT_PROFILE, type Profiles } from "./profiles.ts";

/** From the command line, or from the environment. */
export interface Named {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly profile?: string | undefined;
}

export interface Choice {
  readonly url: string;
  /** `undefined` if none was given for this gateway. */
  readonly token: string | undefined;
}

export function choose(options: Named, environment: Named, profiles: Profiles): Choice {
  const profile = options.profile ?? environment.profile;
  if (profile !== undefined) return ofProfile(profile, options, environment, profiles);
  const url = options.url ?? environment.url ?? profiles[DEFAULT_PROFILE]?.url ?? DEFAULT_URL;
  return { url, token: options.token ?? environmentToken(url, options, environment) ?? savedToken(url, profiles) };
}

/** The environment's URL gives way to a profile on the command line. Any other disagreement is a mistake. */
function ofProfile(profile: string, options: Named, environment: Named, profiles: Profiles): Choice {
  const saved = profileNamed(profile, profiles);
  const url = options.url ?? (options.profile === undefined ? environment.url : undefined);
  if (url !== undefined && url !== saved.url) {
    throw new Failure(
      `The profile "${profile}" is for ${saved.url}, not for ${url}. Name only one of them.`,
      EXIT_WRONG_USAGE,
    );
  }
  return { url: saved.url, token: options.token ?? saved.token };
}

export function profileNamed(profile: string, profiles: Profiles) {
  const saved = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
  if (saved) return saved;
  throw new Failure(`There is no profile "${profile}". Sign in: keygate login --profile ${profile} --url <url>`);
}

/** It is for the URL beside it in the environment, or else for the one on the command line. */
function environmentToken(url: string, options: Named, { url: beside, token }: Named): string | undefined {
  const givenFor = beside ?? options.url;
  if (token !== undefined && givenFor === undefined) {
    throw new Failure(
      "KEYGATE_ROOT_TOKEN is set, but not the gateway it is for. Set KEYGATE_URL, or add --url or --profile.",
      EXIT_WRONG_USAGE,
    );
  }
  return givenFor === url ? token : undefined;
}

function savedToken(url: string, profiles: Profiles): string | undefined {
  const { [DEFAULT_PROFILE]: usual, ...others } = profiles;
  return [usual, ...Object.values(others)].find((saved) => saved?.url === url)?.token;
}
