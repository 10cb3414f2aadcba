/** Turns a line's fields into the API's form of a key. The gateway itself checks what only it knows, such as scopes. */

import { PERMISSIONS, REACHES } from "../../domain/key.ts";
import { readDayOrTime } from "../../domain/time.ts";

/** Used where a line does not set the field. */
export interface Defaults {
  readonly member_id?: string | undefined;
  readonly reach?: string | undefined;
  readonly permission?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
}

export type Row = Readonly<Record<string, unknown>>;

type Check = (value: unknown) => string | undefined;

const text: Check = (value) => (typeof value === "string" && value.trim() !== "" ? undefined : "must be a text");
const oneOf =
  (choices: readonly string[]): Check =>
  (value) =>
    choices.includes(value as string) ? undefined : `must be ${choices.join(" or ")}`;
const list: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string") ? undefined : "must be a list of texts";

const CHECKS: Readonly<Record<string, Check>> = {
  sha256: (value) =>
    typeof value === "string" && /^[0-9a-fA-F]{64}$/.test(value) ? undefined : "must be 64 hexadecimal digits",
  name: (value) => text(value) ?? ((value as string).length <= 200 ? undefined : "must be at most 200 characters long"),
  hint: (value) => text(value) ?? ((value as string).length <= 24 ? undefined : "must be at most 24 characters long"),
  member_id: text,
  reach: oneOf(REACHES),
  workspace_ids: list,
  permission: oneOf(PERMISSIONS),
  scopes: (value) => list(value) ?? ((value as string[]).length > 0 ? undefined : "must name at least one"),
  description: text,
  expires_at: (value) =>
    timeOf(value) === undefined
      ? "must be a day such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z"
      : undefined,
  plan: text,
  allowed_addresses: list,
  limits: (value) => (typeof value === "object" ? undefined : 'must be {"rates": [...], "quotas": [...]}'),
};

export const COLUMNS = Object.keys(CHECKS);
const LISTS = ["workspace_ids", "scopes", "allowed_addresses"];
const REQUIRED = ["sha256", "name", "reach", "permission", "scopes"];

/** Leaves out empty cells; splits lists at spaces. */
export function fieldsOfCells(columns: readonly string[], cells: readonly string[]): Row {
  const given = columns.map((name, at) => [name, cells[at] as string] as const).filter(([, cell]) => cell !== "");
  return Object.fromEntries(given.map(([name, cell]) => [name, parseCell(name, cell)]));
}

function parseCell(name: string, cell: string): unknown {
  if (LISTS.includes(name)) return cell.split(/\s+/).filter(Boolean);
  if (name !== "limits") return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

/** The key, or the problem with it. */
export function rowOf(fields: unknown, defaults: Defaults): { row: Row } | { problem: string } {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields))
    return { problem: "is not a JSON object" };
  const given = Object.fromEntries(Object.entries({ ...defaults, ...fields }).filter(([, value]) => value != null));
  const lacking = REQUIRED.find((name) => !(name in given));
  if (lacking) return { problem: `${lacking} is missing` };
  for (const [name, value] of Object.entries(given)) {
    const problem = Object.hasOwn(CHECKS, name) ? CHECKS[name]?.(value) : "is not a field of a key";
    if (problem) return { problem: `${name} ${problem}` };
  }
  const { expires_at } = given;
  return { row: expires_at === undefined ? given : { ...given, expires_at: timeOf(expires_at) } };
}

function timeOf(value: unknown): string | undefined {
  const at = typeof value === "string" ? readDayOrTime(value) : undefined;
  return at === undefined ? undefined : new Date(at).toISOString();
}
