/** Holds lines of the log to the published contract, and to no field beyond it. */

import { type Schema, Validator } from "@cfworker/json-schema";
import published from "../../docs/log-line.schema.json";
import type { LogLine } from "../../src/domain/log-line.ts";

type Name = keyof typeof published.$defs;

/** The schema lets readers meet fields that are new. The writer has none that it does not list. */
const closed = structuredClone(published) as Schema;
for (const part of Object.values<Schema>(closed.$defs ?? {})) part.additionalProperties = false;
const validator = new Validator(closed, "2020-12", false);

/** The line as it is written. Throws if it breaks the contract. */
export function written(line: LogLine): string {
  const text = JSON.stringify(line);
  const { valid, errors } = validator.validate(JSON.parse(text));
  if (!valid) throw new Error(`${text} breaks the contract: ${errors.map(({ error }) => error).join(" ")}`);
  return text;
}

/** How many lines of the log are in what a gateway printed. Throws if one of them breaks the contract. */
export function countWritten(output: string): number {
  const lines = output.split("\n").filter((text) => text.startsWith("{") && isWhole(text));
  for (const line of lines) written(JSON.parse(line));
  return lines.length;
}

/** Two streams can meet in the middle of a line. */
function isWhole(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

/** The names of the fields of one kind of line, or of what is inside of one. */
export function fieldsOf(name: Name): string[] {
  return Object.keys(published.$defs[name].properties).sort();
}
