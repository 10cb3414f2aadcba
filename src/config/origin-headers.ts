/** Mistakes in what origins are sent beside the request: reserved names, and secrets that wrangler.toml does not require. */

import { isReserved, plainName } from "../domain/header-names.ts";
import { type ConfigProblem, pathText, problemAt } from "./problems.ts";
import type { Config } from "./schema.ts";
import type { GatewayConfig } from "./types.ts";

/** The request itself says this. */
const OF_THE_REQUEST = new Set([
  "host",
  "content-length",
  "content-encoding",
  "content-type",
  "cookie",
  "traceparent",
  "tracestate",
]);

export function problemsOfOriginHeaders(config: Config): ConfigProblem[] {
  const reserved = headersOf(config)
    .filter(({ name }) => isReserved(name) || plainName(name) === "upgrade" || OF_THE_REQUEST.has(plainName(name)))
    .map(({ place, name }) =>
      problemAt(place, `is reserved: "${name}"`, "Choose another header: the request or the gateway sets this one."),
    );
  return [...reserved, ...problemsOfWorkspaceHeaders(config)];
}

/** The key would be checked for the workspace that the client names, and the origin would get another. */
function problemsOfWorkspaceHeaders(config: Config): ConfigProblem[] {
  return config.routes.flatMap(({ origin, workspace }, index) => {
    if (!workspace || !("header" in workspace)) return [];
    const plain = plainName(workspace.header);
    const set = headersOf(config).find(({ place, name }) => place[1] === origin && plainName(name) === plain);
    if (!set) return [];
    const problem = `is set by the gateway too (${pathText(set.place)})`;
    return [problemAt(["routes", index, "workspace", "header"], problem, "Choose another header for one of the two.")];
  });
}

/** `required`: the secrets without which wrangler does not deploy. */
export function problemsOfOriginSecrets(config: GatewayConfig, required: ReadonlySet<unknown>): ConfigProblem[] {
  return headersOf(config).flatMap(({ place, value }) => {
    if (typeof value === "string" || required.has(value.secret)) return [];
    const remedy = `Add "${value.secret}" to the list "required" under [secrets] of wrangler.toml, and set it: npx wrangler secret put ${value.secret}`;
    return problemAt(
      [...place, "secret"],
      `is a secret that wrangler.toml does not require: "${value.secret}"`,
      remedy,
    );
  });
}

function headersOf({ origins }: Pick<GatewayConfig, "origins">) {
  return Object.entries(origins).flatMap(([origin, byEnvironment]) =>
    Object.entries(byEnvironment).flatMap(([environment, { headers = {} }]) =>
      Object.entries(headers).map(([name, value]) => ({
        place: ["origins", origin, environment, "headers", name],
        name,
        value,
      })),
    ),
  );
}
