/** The addresses of a gateway on a developer's machine. */

import { compile } from "./compile.ts";
import type { EnvironmentConfig, GatewayConfig } from "./types.ts";

/**
 * Puts local base URLs in front of the configured ones, and local issuers in place of them: the control plane at
 * `http://localhost:<port>`, each environment at `http://127.0.0.1:<port>/<name>`. Without jurisdictions, which workerd does not have.
 * Throws a `ConfigError` about the configuration as it is written, so that the places it names are those in the file.
 */
export function withLocalBaseUrls(config: GatewayConfig, port: number): GatewayConfig {
  compile(config);
  // Not one host with two prefixes: the control plane's cookies must not meet an origin's.
  const control = new URL(`http://localhost:${port}`).origin;
  const data = new URL(`http://127.0.0.1:${port}`).origin;
  const environments = Object.entries(config.environments).map(([name, environment]): [string, EnvironmentConfig] => {
    const url = `${data}/${name}`;
    const { jurisdiction: _, ...local } = environment;
    return [name, { ...local, baseUrls: inFront(url, environment.baseUrls), issuer: url }];
  });
  const { jurisdiction: _, ...local } = config.control;
  return {
    ...config,
    control: { ...local, baseUrls: inFront(control, config.control.baseUrls) },
    environments: Object.fromEntries(environments),
  };
}

function inFront(url: string, urls: readonly string[]): string[] {
  return [url, ...urls.filter((other) => other !== url)];
}
