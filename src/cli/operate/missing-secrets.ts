/** What to do if a deploy fails because secrets are missing. */

import { COMMAND } from "../gateway/call.ts";
import { Failure } from "../terminal/failure.ts";
import { inEnv, inTarget, type Target } from "./environment.ts";
import { VARIABLE as PEPPERS } from "./pepper-order.ts";
import { TOKENS } from "./secrets.ts";
import { VARIABLE as SIGNING_KEYS } from "./signing-keys.ts";

interface Deployed extends Target {
  readonly secretsFile?: string;
}

/** What wrangler says, of a Worker that exists too. */
const MISSING = /required secrets have not been set:\s*(\w+(?:,\s*\w+)*)/;

export function withNextSteps(error: unknown, deployed: Deployed): unknown {
  if (!(error instanceof Failure)) return error;
  const missing = MISSING.exec(error.message)?.[1]?.split(/,\s*/);
  if (!missing) return error;
  const { secretsFile } = deployed;
  if (secretsFile !== undefined) {
    return new Failure(`${error.message}\n\nAdd to ${secretsFile}: ${missing.join(", ")}`);
  }
  const steps = missing.includes(PEPPERS) ? allOf(deployed) : eachOf(missing, deployed);
  return new Failure(`${error.message}\n\nTo create them and deploy with them:\n\n  ${steps.join("\n  ")}`);
}

function allOf({ env, config }: Target): string[] {
  const target = inTarget(env, config);
  const file = fileOf("secrets", env);
  return [`${COMMAND} secrets${target} --to ${file}`, `${COMMAND} deploy${target} --secrets-file ${file}`];
}

/** A Worker with peppers keeps them: with other ones, no key works any more. */
function eachOf(missing: readonly string[], { env, config }: Target): string[] {
  const target = inTarget(env, config);
  const set = (name: string) => `npx wrangler secret put ${name}${inEnv(env)}`;
  const steps = missing.flatMap((name) => {
    if (Object.hasOwn(TOKENS, name)) {
      const file = fileOf(`secrets.${name.replace(/^KEYGATE_|_TOKEN$/g, "").toLowerCase()}`, env);
      const created = `${COMMAND} secrets --only ${name}${target} --to ${file}`;
      return [created, `npx wrangler secret bulk${inEnv(env)} ${file}`];
    }
    if (name !== SIGNING_KEYS) return set(name);
    const file = fileOf("signing-keys", env);
    return [`${COMMAND} signing-keys init${target} --to ${file}`, `${set(name)} < ${file}`];
  });
  return [...steps, `${COMMAND} deploy${target}`];
}

/** The projects' .gitignore has these names. */
const fileOf = (kind: string, env = "production") => `${kind}.${env}.json`;
