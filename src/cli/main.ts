/** The command `keygate`. Run through bin/keygate.mjs. */

import { program } from "./program.ts";
import { complain } from "./terminal/complain.ts";
import { verdictOf } from "./terminal/failure.ts";
import { wrapped } from "./terminal/render.ts";

// A reader such as `head` can stop early; that is not a failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
}

try {
  await program.parseAsync();
} catch (error) {
  const { code, words } = verdictOf(error);
  if (words) complain(`${onScreen(words)}\n`);
  process.exitCode = code;
}

/** Wraps sentences between words, on a terminal. */
function onScreen(words: string): string {
  const { isTTY, columns } = process.stderr;
  if (!isTTY) return words;
  const lines = words.split("\n").map((line) => {
    const indent = line.length - line.trimStart().length;
    return " ".repeat(indent) + wrapped(line.trimStart(), indent, columns);
  });
  return lines.join("\n");
}
