/** Holds every line that a test logs to the published contract, and to no field beyond it. */

import { type Schema, Validator } from "@cfworker/json-schema";
import { vi } from "vitest";
import published from "../../docs/log-line.schema.json";
import type { LogLine } from "../../src/domain/log-line.ts";

type Name = keyof typeof published.$defs;

/** The schema lets readers meet fields that are new. The writer has none that it does not list. */
const closed = structuredClone(published) as Schema;
for (const part of Object.values<Schema>(closed.$defs ?? {})) part.additionalProperties = false;
const validator = new Validator(closed, "2020-12", false);

/** Passes on every line that the code writes to the console, until the mocks are restored. */
export function captureLog(take: (line: string) => void): void {
  for (const method of ["log", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((line: string) => take(written(JSON.parse(line))));
  }
}

/** The line as it is written. Throws if it breaks the contract. */
export function written(line: LogLine): string {
  const text = JSON.stringify(line);
  const { valid, errors } = validator.validate(JSON.parse(text));
  if (!valid) throw new Error(`${text} breaks the contract: ${errors.map(({ error }) => error).join(" ")}`);
  return text;
}

/** What a line holds, or what is inside of one. */
// biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
export type Line = Record<string, any>;

/** The names of the fields of one kind of line, or of what is inside of one. */
export function fieldsOf(name: Name): string[] {
  return Object.keys(published.$defs[name].properties).sort();
}
