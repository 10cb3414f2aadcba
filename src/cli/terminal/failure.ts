/** What a command tells people when it cannot do its work, and the exit code that goes with it. */

import { CommanderError } from "commander";

export const EXIT_FAILED = 1;
export const EXIT_WRONG_USAGE = 2;
/** The gateway cannot be reached, or cannot answer now: the same command may do later. */
export const EXIT_NO_ANSWER = 3;
export const EXIT_INTERRUPTED = 130;

/** A command that was understood and was refused or failed. The message is for people; it may have several lines. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT_FAILED) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The exit code, and what stderr still has to say. Commander has already said what was wrong with the usage. */
export function verdictOf(error: unknown): { code: number; words?: string } {
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : EXIT_WRONG_USAGE };
  const code = error instanceof Failure ? error.exitCode : EXIT_FAILED;
  const help = code === EXIT_WRONG_USAGE ? " Add --help to see how." : "";
  return { code, words: `keygate: ${error instanceof Error ? error.message : String(error)}${help}` };
}

const ROOT_TOKEN = /\bkgr_[\w-]+/g;
const KEY = /\b[a-z][a-z0-9_]*_[0-9A-Za-z]{36}\b/g;

/** The text without the given tokens, or anything that looks like a root token or a key. */
export function conceal(text: string, tokens: readonly string[] = []): string {
  const known = tokens.filter((token) => token !== "");
  return known
    .reduce((rest, token) => rest.replaceAll(token, "[token]"), text)
    .replace(ROOT_TOKEN, "[token]")
    .replace(KEY, "[key]");
}
