/** Questions at the terminal. */

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { EXIT_INTERRUPTED, EXIT_WRONG_USAGE, Failure } from "./failure.ts";

/** Read without echo, or from stdin if that is not a terminal. */
export async function askSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).trim();
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    return (await ask("", nowhere)).trim();
  } finally {
    process.stderr.write("\n");
  }
}

/** Throws unless the answer is yes. Without a terminal, `--yes` is required. */
export async function confirm(question: string, yes = false): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new Failure("This needs a confirmation, and this is not a terminal. Add --yes to confirm.", EXIT_WRONG_USAGE);
  }
  const answer = await ask(`${question} [y/N] `, process.stderr);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure("Nothing was changed.");
}

async function ask(question: string, output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  const stop = new AbortController();
  lines.once("SIGINT", () => stop.abort());
  lines.once("close", () => stop.abort());
  try {
    return await lines.question(question, { signal: stop.signal });
  } catch {
    throw new Failure("Interrupted; nothing was changed.", EXIT_INTERRUPTED);
  } finally {
    lines.close();
  }
}
