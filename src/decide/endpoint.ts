/** Which base URL was called: it determines the environment, or the control plane. */

import type { BaseUrl, Environment, Gateway } from "../config/compile.ts";
import type { Refusal } from "../errors.ts";

interface PlaceOf<E> {
  readonly baseUrl: BaseUrl;
  readonly environment: E;
  /** The path below the base URL; begins with a slash. */
  readonly path: string;
}
/** Below a base URL of an environment. */
export type DataPlace = PlaceOf<Environment>;
/** Below a base URL of the control plane. */
export type ControlPlace = PlaceOf<undefined>;
export type Place = DataPlace | ControlPlace;

/** The longest matching base URL wins. A key that was sent over plain HTTP has already leaked, so there is no redirect. */
export function findEnvironment(url: URL, gateway: Gateway): Place | Refusal {
  const { host, pathname, protocol } = url;
  const ofHost = gateway.baseUrls.get(host) ?? [];
  const longest = ofHost.find(({ prefix }) => isBelow(pathname, prefix));
  if (!longest) return { code: "unknown_host" };
  const baseUrl = ofHost.find(({ prefix, scheme }) => prefix === longest.prefix && scheme === protocol);
  if (!baseUrl) return { code: "https_required" };
  const path = pathname.slice(baseUrl.prefix.length) || "/";
  const { environment } = baseUrl;
  return environment ? { baseUrl, environment, path } : { baseUrl, environment, path };
}

function isBelow(pathname: string, prefix: string): boolean {
  return (
    pathname.startsWith(prefix) &&
    (prefix === "" || pathname.length === prefix.length || pathname[prefix.length] === "/")
  );
}
