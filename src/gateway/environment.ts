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
  const matching = (gateway.baseUrls.get(url.host) ?? []).filter(({ prefix }) => isBelow(url.pathname, prefix));
  const longest = matching.filter(({ prefix }) => prefix === matching[0]?.prefix);
  if (longest.length === 0) return { code: "unknown_host" };
  const baseUrl = longest.find(({ scheme }) => scheme === url.protocol);
  if (!baseUrl) return { code: "https_required" };
  return { baseUrl, environment: baseUrl.environment, path: url.pathname.slice(baseUrl.prefix.length) || "/" };
}

function isBelow(pathname: string, prefix: string): boolean {
  return (
    pathname.startsWith(prefix) &&
    (prefix === "" || pathname.length === prefix.length || pathname[prefix.length] === "/")
  );
}
