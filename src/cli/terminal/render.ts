/** Text for people: tables, field lists, dates. At most 100 columns wide, unless the data is wider. */

import { styleText } from "node:util";
import Table from "cli-table3";

const MAX_WIDTH = 100;

/** The lines of one cell; lines after the first are dimmed. */
export type Cell = string | readonly string[];

export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const none = { top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "" };
  const nor = { "bottom-left": "", "bottom-right": "", left: "", "left-mid": "", mid: "", "mid-mid": "", right: "" };
  const lines = new Table({
    chars: { ...none, ...nor, "right-mid": "", middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    head: head.map((text) => dim(text.toUpperCase())),
  });
  const isSpaced = rows.flat().some((cell) => linesOf(cell).length > 1);
  for (const [at, row] of rows.entries()) {
    const tallest = Math.max(...row.map((cell) => linesOf(cell).length));
    // A row is as tall as its tallest cell, so one more line there leaves a space below the row.
    const below = isSpaced && at < rows.length - 1 ? "\n".repeat(tallest) : "";
    lines.push(row.map((cell, column) => cellText(cell) + (column === 0 ? below.slice(linesOf(cell).length - 1) : "")));
  }
  return lines.toString().replace(/ +$/gm, "");
}

/** One record, a field per line. Leaves out fields without a value. */
export function record(fields: readonly (readonly [label: string, value: string | null | undefined])[]): string {
  const given = fields.filter((field): field is [string, string] => Boolean(field[1]));
  const width = Math.max(...given.map(([label]) => label.length));
  return given.map(([label, value]) => `${dim(label.padEnd(width))}  ${wrapped(value, width + 2)}`).join("\n");
}

/** A shell line, under a line that says what it does. */
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

/** `20 Nov 2026, 14:01:07 UTC`. */
export function second(time: string): string {
  return `${day(time)}, ${SECONDS.format(new Date(time))} UTC`;
}

export function list(names: readonly string[], none = ""): string {
  return names.join(", ") || none;
}

/** `1 key`, `1,200 keys`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(number)} ${number === 1 ? noun : plural}`;
}

export function grouped(number: number): string {
  return number.toLocaleString("en");
}

export function shorten(text: string, width: number): string {
  const characters = [...text];
  return characters.length > width ? `${characters.slice(0, width - 1).join("")}…` : text;
}

/** The width for text: the terminal's, up to what reads well. */
export function textWidth(): number {
  return Math.min(process.stdout.columns ?? MAX_WIDTH, MAX_WIDTH);
}

/** Wraps between words; lines after the first start with `indent` spaces. */
export function wrapped(text: string, indent = 0, screen = textWidth()): string {
  const width = Math.max(20, screen - indent);
  const lines: string[] = [];
  for (const word of plain(text).split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}

export function dim(text: string): string {
  return styleText("dim", text);
}

export function strong(text: string): string {
  return styleText("bold", text);
}

/** Names can hold anything, so control characters are removed. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, "");
}

function linesOf(cell: Cell): readonly string[] {
  return typeof cell === "string" ? [cell] : cell;
}

function cellText(cell: Cell): string {
  const [first = "", ...rest] = linesOf(cell);
  return [plain(first), ...rest.map((line) => dim(plain(line)))].join("\n");
}

const UTC = { timeZone: "UTC" } as const;
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", ...UTC });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...UTC });
const SECONDS = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", ...UTC });
