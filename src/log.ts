/** Writes lines to the console, which is where the platform takes its logs from. */

import type { Level, Log } from "./domain/log-line.ts";
import { toSpan } from "./span.ts";

const WRITERS: Record<Level, (text: string) => void> = {
  info: (text) => console.log(text),
  warn: (text) => console.warn(text),
  error: (text) => console.error(text),
};

/** Lines of requests go one way whatever their level, so that they can be read as one stream. */
export const toConsole: Log = (line) => {
  WRITERS[line.kind === "message" ? line.level : "info"](JSON.stringify(line));
};

/** The same, and marks the platform's span of the request. */
export const toConsoleAndSpan: Log = (line) => {
  toConsole(line);
  if (line.kind !== "message") toSpan(line);
};
