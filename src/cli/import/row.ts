/** Turns a line's fields into the API's form of a key. The gateway itself checks what only it knows, such as scopes. */

import { keyToImport } from "../../records/key.ts";
import { wordsOf } from "../../records/mistakes.ts";
import { KEY_CELLS, REQUIRED_CELLS } from "../keys/fields.ts";
import { type Cell, digest, text } from "./cells.ts";

/** Used if a line does not set the field. */
export interface Defaults {
  readonly member_id?: string | undefined;
  readonly reach?: string | undefined;
  readonly permission?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
}

export type Row = Readonly<Record<string, unknown>>;

const CELLS: Readonly<Record<string, Cell>> = { sha256: digest, hint: text, ...KEY_CELLS };

export const COLUMNS = Object.keys(CELLS);
const REQUIRED = ["sha256", ...REQUIRED_CELLS];

/** Leaves out empty cells; splits lists at spaces. */
export function fieldsOfCells(columns: readonly string[], cells: readonly string[]): Row {
  const given = columns.map((name, at) => [name, cells[at] as string] as const).filter(([, cell]) => cell !== "");
  return Object.fromEntries(given.map(([name, cell]) => [name, CELLS[name]?.read(cell)]));
}

/** The key, or the first problem with it, also by the API's schema. */
export function rowOf(fields: unknown, defaults: Defaults): { row: Row } | { problem: string } {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields))
    return { problem: "is not a JSON object" };
  const given = Object.fromEntries(Object.entries({ ...defaults, ...fields }).filter(([, value]) => value != null));
  const lacking = REQUIRED.find((name) => !(name in given));
  if (lacking) return { problem: `${lacking} is missing` };
  for (const [name, value] of Object.entries(given)) {
    const problem = Object.hasOwn(CELLS, name) ? CELLS[name]?.check(value) : "is not a field of a key";
    if (problem) return { problem: `${name} ${problem}` };
  }
  const sent = Object.entries(given).map(([name, value]) => [name, CELLS[name]?.send?.(value) ?? value]);
  const row = Object.fromEntries(sent);
  const issue = keyToImport.safeParse(row, { error: wordsOf }).error?.issues[0];
  return issue ? { problem: `${issue.path.join(".")} ${issue.message}` } : { row };
}
