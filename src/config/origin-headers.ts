/** Mistakes in what origins are sent beside the request: reserved names, and secrets that wrangler.toml does not require. */

import { isReserved, plainName } from "../domain/header-names.ts";
import { type ConfigProblem, problemAt } from "./problems.ts";
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
  return headersOf(config)
    .filter(({ name }) => isReserved(name) || plainName(name) === "upgrade" || OF_THE_REQUEST.has(plainName(name)))
    .map(({ place, name }) =>
      problemAt(place, `is reserved: "${name}"`, "Choose another header: the request or the gateway sets this one."),
    );
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
