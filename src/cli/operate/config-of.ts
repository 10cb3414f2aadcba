/** Which configuration an environment of wrangler.toml has. */

import { existsSync } from "node:fs";
import { Failure } from "../terminal/failure.ts";
import { DEFAULT_CONFIG, inProject, shown } from "./project.ts";

/** Another environment has other base URLs, and so another file: with that of production, production would be asked. */
export function configOf({ env, config }: { env?: string | undefined; config?: string | undefined }): string {
  if (config !== undefined) return config;
  if (env === undefined) return DEFAULT_CONFIG;
  const file = configOfEnvironment(env);
  if (existsSync(file)) return file;
  throw new Failure(
    `There is no ${shown(file)} with the base URLs of ${env}. Create it: it can import gateway.config.ts and change its base URLs and issuers. Or name a file with --config.`,
  );
}

export function configOfEnvironment(name: string): string {
  return inProject(`gateway.config.${name}.ts`);
}
