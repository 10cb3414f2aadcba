/** Text for people: tables, lists of fields, dates. Nothing here is wider than 100 columns unless the data is. */

import { styleText } from "node:util";
import Table from "cli-table3";

/** The lines of one cell; those after the first are dimmed. */
export type Cell = string | readonly string[];

export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const none = { top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "" };
  const nor = { "bottom-left": "", "bottom-right": "", left: "", "left-mid": "", mid: "", "mid-mid": "", right: "" };
  const lines = new Table({
    chars: { ...none, ...nor, "right-mid": "", middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    head: head.map((text) => dim(text.toUpperCase())),
  });
  const spacing = rows.flat().some((cell) => typeof cell !== "string" && cell.length > 1) ? "\n" : "";
  for (const [at, row] of rows.entries()) {
    const [first = "", ...rest] = row.map(cellText);
    lines.push([at < rows.length - 1 ? first + spacing : first, ...rest]);
  }
  return lines.toString().replace(/ +$/gm, "");
}

/** One thing, a field a line. Fields without a value are left out. */
export function record(fields: readonly (readonly [label: string, value: string | null | undefined])[]): string {
  const given = fields.filter((field): field is [string, string] => Boolean(field[1]));
  const width = Math.max(...given.map(([label]) => label.length));
  return given.map(([label, value]) => `${dim(label.padEnd(width))}  ${plain(value)}`).join("\n");
}

/** A line that can be pasted into a shell, under what it is for. */
export function hint(purpose: string, command: string): string {
  return `${purpose}\n  ${command}`;
}

/** `20 Nov 2026`, in UTC. */
export function day(time: string | null, none = "never"): string {
  return time === null ? none : DAY.format(new Date(time));
}

/** `20 Nov 2026, 14:01 UTC`. */
export function moment(time: string | null, none = "never"): string {
  return time === null ? none : `${day(time)}, ${CLOCK.format(new Date(time))} UTC`;
}

export function list(names: readonly string[], none = ""): string {
  return names.join(", ") || none;
}

export function shorten(text: string, width: number): string {
  const characters = [...text];
  return characters.length > width ? `${characters.slice(0, width - 1).join("")}…` : text;
}

export function dim(text: string): string {
  return styleText("dim", text);
}

export function strong(text: string): string {
  return styleText("bold", text);
}

/** Names come from anyone: what would steer the terminal is left out. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, "");
}

function cellText(cell: Cell): string {
  const [first = "", ...rest] = typeof cell === "string" ? [cell] : cell;
  return [plain(first), ...rest.map((line) => dim(plain(line)))].join("\n");
}

const UTC = { timeZone: "UTC" } as const;
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", ...UTC });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...UTC });
