/** The lines that a test logs. */

import { vi } from "vitest";
import { written } from "./line-contract.ts";

/** What a line holds, or what is inside of one. */
// biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
export type Line = Record<string, any>;

/** Passes on every line that the code writes to the console, until the mocks are restored. */
export function captureLog(take: (line: string) => void): void {
  for (const method of ["log", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((line: string) => take(written(JSON.parse(line))));
  }
}
