/** What is right by the rules of the configuration, and seldom meant. */

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
      "is the main environment only because it stands first",
      "Write main: true into the environment that your customers depend on.",
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
    `does not say rewriteLocation, so that a client of ${path} may follow its own address around the gateway, with the key in hand`,
    "Set rewriteLocation: true, or false if its redirects lead to where they should.",
  );
}
