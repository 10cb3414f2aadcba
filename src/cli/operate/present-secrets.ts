/** That a deploy does not replace the peppers of a Worker: with other ones, no key works any more. */

import { readFileSync } from "node:fs";
import { COMMAND } from "../gateway/call.ts";
import { Failure } from "../terminal/failure.ts";
import { hintFor, inTarget, type Target } from "./environment.ts";
import { inEnvironment } from "./migrate.ts";
import { VARIABLE } from "./pepper-order.ts";
import { runWrangler } from "./wrangler.ts";

export async function refuseToReplacePeppers(file: string, { env, config }: Target, stop: AbortSignal): Promise<void> {
  // As JSON or as lines: wrangler takes both.
  if (!readFileSync(file, "utf8").includes(VARIABLE) || !(await presentSecrets(env, stop)).includes(VARIABLE)) return;
  throw new Failure(
    [
      `The Worker already has ${VARIABLE}, and ${file} would replace it. With other peppers, every key gets 401 until the old ones are set again.`,
      hintFor(env, "To deploy with the secrets that it has:", `${COMMAND} deploy${inTarget(env, config)}`),
      "If the file has the same peppers, or if every key can end, add --replace-secrets.",
    ].join("\n\n"),
  );
}

/** Empty if the Worker does not exist yet. */
async function presentSecrets(env: string | undefined, stop: AbortSignal): Promise<string[]> {
  try {
    return namesIn(await runWrangler(["secret", "list", ...inEnvironment(env), "--format", "json"], stop));
  } catch (error) {
    if (error instanceof Failure && /^.*Worker "[^"]*".* not found/m.test(error.message)) return [];
    throw error;
  }
}

/** Of what wrangler said. Lines before the list can be warnings. */
export function namesIn(said: string): string[] {
  try {
    const secrets: { name: string }[] = JSON.parse(said.slice(said.search(/^\[/m)));
    return secrets.map(({ name }) => name);
  } catch {
    throw new Failure(`wrangler secret list printed no list:\n${said.trim()}`);
  }
}
