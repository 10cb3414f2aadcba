/** Writes to stderr, without tokens. */

import { readProfiles } from "../gateway/profiles.ts";
import { conceal } from "./failure.ts";

export function complain(text: string): void {
  process.stderr.write(conceal(text, tokens()));
}

/** Every value that can be a root token, even if the command line could not be parsed. */
function tokens(): string[] {
  const after = process.argv.flatMap((text, at) => (text === "--token" ? (process.argv[at + 1] ?? "") : []));
  const within = process.argv.flatMap((text) => (text.startsWith("--token=") ? text.slice("--token=".length) : []));
  const given = [...after, ...within, process.env.KEYGATE_ROOT_TOKEN ?? ""].flatMap((text) => [
    text,
    ...text.split(","),
  ]);
  return [...given, ...savedTokens()];
}

function savedTokens(): string[] {
  try {
    return Object.values(readProfiles()).map(({ token }) => token);
  } catch {
    return [];
  }
}
