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
  if (line.kind === "message") return WRITERS[line.level](JSON.stringify(line));
  WRITERS.info(JSON.stringify(line));
  toSpan(line);
};
