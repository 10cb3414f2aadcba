/** Questions to whoever sits at the terminal. */

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { EXIT_INTERRUPTED, EXIT_WRONG_USAGE, Failure } from "./failure.ts";

/** Read without echo; or from stdin, where that is no terminal. */
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

/** Throws unless the answer is yes. Where nobody can be asked, `--yes` must have been given. */
export async function confirm(question: string, yes = false): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new Failure("Nobody is at a terminal to confirm this. Add --yes if it is meant.", EXIT_WRONG_USAGE);
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
