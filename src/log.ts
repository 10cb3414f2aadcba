/** Writes lines to the console, which is where the platform takes its logs from. */

import type { Level, LogLine } from "./domain/log-line.ts";

const WRITERS: Record<Level, (text: string) => void> = {
  info: (text) => console.log(text),
  warn: (text) => console.warn(text),
  error: (text) => console.error(text),
};

/** Lines of requests go one way whatever their level, so that they can be read as one stream. */
export function toConsole(line: LogLine): void {
  WRITERS[line.kind === "message" ? line.level : "info"](JSON.stringify(line));
}
