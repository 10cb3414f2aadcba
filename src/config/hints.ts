/** Settings that are valid, but rarely intended. */

import { mainEnvironmentOf } from "./compile.ts";
import { type ConfigProblem, problemAt } from "./problems.ts";
import type { GatewayConfig, OriginConfig, RouteConfig } from "./types.ts";

/** `config` has been compiled without a mistake. */
export function hintsOf(config: GatewayConfig): ConfigProblem[] {
  return [...hintsOfMain(config), ...hintsOfLocations(config)];
}

function hintsOfMain({ environments }: GatewayConfig): ConfigProblem[] {
  const isSaid = Object.values(environments).some(({ main }) => main);
  if (isSaid || Object.keys(environments).length === 1) return [];
  return [
    problemAt(
      ["environments", mainEnvironmentOf({ environments })],
      "is the main environment only because it is first",
      "Set main: true on the environment that your customers depend on.",
    ),
  ];
}

function hintsOfLocations({ origins, routes }: GatewayConfig): ConfigProblem[] {
  return Object.entries(origins).flatMap(([name, byEnvironment]) => {
    const silent = routes.filter((route) => route.origin === name && route.rewriteLocation === undefined);
    const [route] = silent;
    if (!route) return [];
    return Object.entries<OriginConfig>(byEnvironment)
      .filter(([, origin]) => "url" in origin && origin.rewriteLocation === undefined)
      .map(([environment]) => hintOfLocation(["origins", name, environment], route));
  });
}

function hintOfLocation(place: readonly string[], { path }: Pick<RouteConfig, "path">): ConfigProblem {
  return problemAt(
    place,
    `does not set rewriteLocation, so a client of ${path} may follow a redirect to the origin's own address, past the gateway, and send its key there`,
    "Set rewriteLocation: true, or false if its redirects lead to the right place already.",
  );
}
