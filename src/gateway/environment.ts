/** Step 1: which base URL was called, and with it which environment, or the control plane. */

import type { BaseUrl, Environment, Gateway } from "../config/compile.ts";
import type { Refusal } from "../errors.ts";

export interface Place {
  readonly baseUrl: BaseUrl;
  /** `undefined`: the control plane. */
  readonly environment: Environment | undefined;
  /** The path below the base URL; begins with a slash. */
  readonly path: string;
}

/** The longest matching base URL wins. A key that came over plain HTTP has leaked already, so that there is no redirect. */
export function findEnvironment(url: URL, gateway: Gateway): Place | Refusal {
  const { host, pathname, protocol } = url;
  const ofHost = gateway.baseUrls.get(host) ?? [];
  const longest = ofHost.find(({ prefix }) => isBelow(pathname, prefix));
  if (!longest) return { code: "unknown_host" };
  const baseUrl = ofHost.find(({ prefix, scheme }) => prefix === longest.prefix && scheme === protocol);
  if (!baseUrl) return { code: "https_required" };
  return { baseUrl, environment: baseUrl.environment, path: pathname.slice(baseUrl.prefix.length) || "/" };
}

function isBelow(pathname: string, prefix: string): boolean {
  return (
    pathname.startsWith(prefix) &&
    (prefix === "" || pathname.length === prefix.length || pathname[prefix.length] === "/")
  );
}
