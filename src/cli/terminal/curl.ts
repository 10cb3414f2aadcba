/** Calls to try, as shell lines. */

import { withLocalBaseUrls } from "../../config/local.ts";
import type { GatewayConfig } from "../../config/types.ts";
import { isLocal } from "../gateway/network.ts";
import { checkedConfig } from "../operate/checked-config.ts";

/** A URL to try a key of the environment on; undefined if the configuration does not have the environment. */
export async function sampleUrl(controlUrl: string, environment: string): Promise<string | undefined> {
  const written = await checkedConfig().catch(() => undefined);
  if (!written) return undefined;
  const { config } = written;
  const known = isLocal(controlUrl) ? withLocalBaseUrls(config, Number(new URL(controlUrl).port || 80)) : config;
  const base = known.environments[environment]?.baseUrls[0];
  return base && `${base}${samplePath(config)}`;
}

/** The first keyed path without parameters. */
export function samplePath({ routes }: GatewayConfig): string {
  const route = routes.find(({ path, public: open }) => !open && !path.includes(":"));
  return (route?.path ?? "/").replace(/\/\*$/, "");
}

/** `options`: further curl options, each on its own line. */
export function curlOf(url: string, secret?: string, ...options: string[]): string {
  const authorization = secret ? [`-H 'Authorization: Bearer ${secret}'`] : [];
  return [`curl -i ${url}`, ...authorization, ...options].join(" \\\n    ");
}
