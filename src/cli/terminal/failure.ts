/** How a command fails: its message and its exit code. */

import { CommanderError } from "commander";

export const EXIT_FAILED = 1;
export const EXIT_WRONG_USAGE = 2;
/** The gateway cannot be reached or cannot answer now; the same command can work later. */
export const EXIT_NO_ANSWER = 3;
export const EXIT_INTERRUPTED = 130;

/** A valid command that was refused or failed. The message is for people and can have several lines. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT_FAILED) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The exit code, and the rest of the message for stderr. Commander has already printed usage errors. */
export function verdictOf(error: unknown): { code: number; words?: string } {
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : EXIT_WRONG_USAGE };
  const code = error instanceof Failure ? error.exitCode : EXIT_FAILED;
  const help = code === EXIT_WRONG_USAGE ? " Add --help for usage." : "";
  return { code, words: `keygate: ${error instanceof Error ? error.message : String(error)}${help}` };
}

const TOKEN = /\bkg[rm]_[\w-]+/g;
const KEY = /\b[a-z][a-z0-9_]*_[0-9A-Za-z]{36}\b/g;

/** The text without the given tokens and anything that looks like a root token, a metrics token or a key. */
export function conceal(text: string, tokens: readonly string[] = []): string {
  const known = tokens.filter((token) => token !== "");
  return known
    .reduce((rest, token) => rest.replaceAll(token, "[token]"), text)
    .replace(TOKEN, "[token]")
    .replace(KEY, "[key]");
}
