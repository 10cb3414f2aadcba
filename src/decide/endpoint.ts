/** Which base URL was called: it determines the environment, or the control plane. */

import type { BaseUrl, Environment, Gateway } from "../config/compile.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { type CalledUrl, checkControlRequest } from "./bounds.ts";

interface EndpointOf<E> {
  readonly baseUrl: BaseUrl;
  readonly environment: E;
  /** The path below the base URL; begins with a slash. */
  readonly path: string;
}
/** Below a base URL of an environment. */
export type DataEndpoint = EndpointOf<Environment>;
/** Below a base URL of the control plane. */
type ControlEndpoint = EndpointOf<undefined>;
export type Endpoint = DataEndpoint | ControlEndpoint;

/** The longest matching base URL wins. A key that was sent over plain HTTP has already leaked, so there is no redirect. */
export function findEndpoint(url: CalledUrl, gateway: Gateway): Endpoint | Refusal {
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

/** The same for a request; of the control plane only within bounds, since its router reads the whole URL before it can refuse. */
export function endpointOf({ headers }: Request, url: CalledUrl, gateway: Gateway): Endpoint | Refusal {
  const endpoint = findEndpoint(url, gateway);
  if (isRefusal(endpoint) || endpoint.environment) return endpoint;
  return checkControlRequest(url, headers) ?? endpoint;
}

export function isBelow(pathname: string, prefix: string): boolean {
  return (
    pathname.startsWith(prefix) &&
    (prefix === "" || pathname.length === prefix.length || pathname[prefix.length] === "/")
  );
}
