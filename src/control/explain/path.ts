/** The URL that a path stands for. */

import type { Gateway } from "../../config/compile.ts";
import { findEndpoint, isBelow } from "../../decide/endpoint.ts";
import { findRoute } from "../../decide/route.ts";
import { isRefusal } from "../../errors.ts";

interface Prefixed {
  readonly path: string;
  readonly environment: string;
  /** Only below a base URL that has a path. */
  readonly hasPath?: true;
}

/** A path with the path of the base URL in it. `undefined` if the environment has no such base URL now. */
export function urlOfWhole({ path, environment, hasPath }: Prefixed, { baseUrls }: Gateway): string | undefined {
  const [pathname = ""] = path.split(/[?#]/, 1);
  const possible = [...baseUrls].flatMap(([host, urls]) =>
    urls
      .filter((url) => url.environment?.name === environment && isBelow(pathname, url.prefix))
      .filter(({ prefix }) => !hasPath || prefix !== "")
      .map(({ scheme, prefix }) => ({ url: `${scheme}//${host}${path}`, length: prefix.length })),
  );
  return possible.sort((one, other) => other.length - one.length)[0]?.url;
}

/**
 * What people paste: a URL, which stays as it is, or a path, with the path of a base URL or without it. Which of the two it is
 * can be open: `/v1/files` below `https://api.example.com/v1` can be the route `/files`, or the route `/v1/files`.
 */
export function urlOfPasted(text: string, environment: string | undefined, gateway: Gateway): string {
  if (!text.startsWith("/")) return text;
  const { environments, mainEnvironment } = gateway;
  // A key can be of an environment that is no longer configured.
  const own = environment !== undefined && environment in environments ? environment : mainEnvironment;
  const below = `${environments[own]?.url}${text}`;
  for (const name of new Set([own, ...Object.keys(environments)])) {
    const whole = urlOfWhole({ path: text, environment: name, hasPath: true }, gateway);
    if (whole !== undefined && (hasRoute(whole, gateway) || !hasRoute(below, gateway))) return whole;
  }
  return below;
}

function hasRoute(url: string, gateway: Gateway): boolean {
  const endpoint = findEndpoint(new URL(url), gateway);
  if (isRefusal(endpoint) || !endpoint.environment) return false;
  const found = findRoute("GET", endpoint.path, gateway.router);
  return !isRefusal(found) || found.code !== "no_such_route";
}
