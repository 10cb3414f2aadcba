/** Runs commands one after another in this process, each as the first that it runs. `command` of helpers.ts sends them. */

import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import type { Outcome } from "./helpers.ts";

export interface Asked {
  id: number;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  input: string;
}

export type Answered = Outcome & Pick<Asked, "id">;

const BIN = join(import.meta.dirname, "../../bin/keygate.mjs");
const MAIN = pathToFileURL(join(import.meta.dirname, "../../src/cli/main.ts"));

let before = Promise.resolve();
process.on("message", (asked: Asked) => {
  before = before.then(async () => void process.send?.({ ...(await run(asked)), id: asked.id } satisfies Answered));
});

async function run({ id, args, env, cwd, input }: Asked): Promise<Outcome> {
  const outcome: Outcome = { code: null, stdout: "", stderr: "" };
  process.argv = [process.execPath, BIN, ...args];
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.exitCode = 0;
  Object.defineProperty(process, "stdin", { value: Readable.from([input]), configurable: true });
  for (const name of ["stdout", "stderr"] as const) {
    process[name].removeAllListeners("error");
    process[name].write = (chunk) => {
      outcome[name] += chunk;
      return true;
    };
  }
  // The file that a process begins with: it parses the arguments, and sets the exit code.
  await import(`${MAIN}?${id}`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
  outcome.code = Number(process.exitCode);
  return outcome;
}
