/** Reads an import file key by key: CSV with a header row, or one JSON object per line. */

import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import { shown } from "../operate/project.ts";
import { Failure } from "../terminal/failure.ts";
import { linesOf, type Place } from "../terminal/lines.ts";
import { count } from "../terminal/render.ts";
import { csvRecords } from "./csv.ts";
import { repeatedName } from "./json.ts";
import { COLUMNS, fieldsOfCells } from "./row.ts";

/** Identifies the file. A changed file counts as another one. */
export interface Source {
  readonly file: string;
  readonly size: number;
  readonly modified: number;
  readonly organization: string;
  readonly environment: string;
}

export interface FileRecord extends Place {
  /** The line where it starts. */
  readonly first: number;
  readonly fields?: unknown;
  /** Why the line has no fields. */
  readonly problem?: string;
}

export function sourceOf(file: string, organization: string, environment: string): Source {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new Failure(`There is no file ${shown(file)}.`);
  return { file, size: found.size, modified: Math.round(found.mtimeMs), organization, environment };
}

const NOT_TEXT = "is not UTF-8 text; save the file as UTF-8";

export async function* recordsOf({ file, size }: Source, from: Place): AsyncGenerator<FileRecord> {
  const bytes = await startOf(file);
  const [first] = bytes.toString("latin1").replace(/^ï»¿/, "").trimStart();
  if (first === "[") throw new Failure(`${shown(file)} is a JSON array. Write one object per line instead.`);
  refuseUtf16(file, bytes);
  yield* first === "{" ? jsonRecords(file, from) : csvFileRecords(file, size, from);
}

/** In UTF-16, every other byte of ASCII text is 0. */
function refuseUtf16(file: string, bytes: Buffer): void {
  const hasMark = ["fffe", "feff"].includes(bytes.subarray(0, 2).toString("hex"));
  if (hasMark || bytes.includes(0)) throw new Failure(`${shown(file)} is not UTF-8 text. Save it as UTF-8.`);
}

async function startOf(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(4096), position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function* jsonRecords(file: string, from: Place): AsyncGenerator<FileRecord> {
  let { line } = from;
  for await (const { text, end } of linesOf(file, from)) {
    line++;
    if (text?.trim() === "") continue;
    yield { first: line, line, offset: end, ...(text === undefined ? { problem: NOT_TEXT } : parsed(text)) };
  }
}

function parsed(text: string): { fields: unknown } | { problem: string } {
  try {
    const fields: unknown = JSON.parse(text);
    const repeated = repeatedName(text);
    return repeated === undefined ? { fields } : { problem: `names "${repeated}" twice` };
  } catch {
    return { problem: "is not JSON" };
  }
}

async function* csvFileRecords(file: string, size: number, from: Place): AsyncGenerator<FileRecord> {
  const header = await headerOf(file);
  const width = header.columns.length;
  const start = from.offset === 0 ? header : from;
  let { line } = start;
  for await (const { cells, isText, lines, end } of csvRecords(linesOf(file, start), width)) {
    const place = { first: line + 1, line: line + lines, offset: Math.min(end, size) };
    line += lines;
    if (cells?.length === 1 && cells[0] === "") continue;
    if (!isText) yield { ...place, problem: NOT_TEXT };
    else if (!cells) yield { ...place, problem: 'has a " that is not closed, or not doubled' };
    else if (cells.length === width) yield { ...place, fields: fieldsOfCells(header.columns, cells) };
    else yield { ...place, problem: `has ${count(cells.length, "cell")}, but the header row has ${width}` };
  }
}

async function headerOf(file: string): Promise<Place & { columns: string[] }> {
  let before = 0;
  for await (const { cells, isText, lines, end } of csvRecords(linesOf(file))) {
    before += lines;
    if (cells?.length === 1 && cells[0] === "") continue;
    if (!isText) throw new Failure(`The header row of ${shown(file)} ${NOT_TEXT}.`);
    const columns = cells ?? [];
    const problems = problemsOf(columns);
    if (problems.length === 0) return { columns, offset: end, line: before };
    throw new Failure(`The header row of ${shown(file)} ${problems.join("; it ")}.\n  Columns: ${COLUMNS.join(", ")}`);
  }
  throw new Failure(`${shown(file)} is empty.`);
}

function problemsOf(columns: readonly string[]): string[] {
  const lacking = ["sha256", "name"].filter((name) => !columns.includes(name));
  const unknown = columns.filter((name) => !COLUMNS.includes(name));
  const repeated = new Set(columns.filter((name, at) => columns.indexOf(name) !== at));
  const quoted = (names: Iterable<string>) => [...names].map((name) => `"${name}"`).join(", ");
  return [
    ...(lacking.length > 0 ? [`does not have ${lacking.join(" and ")}`] : []),
    ...(unknown.length > 0 ? [`has unknown columns: ${quoted(unknown)}`] : []),
    ...(repeated.size > 0 ? [`has columns more than once: ${quoted(repeated)}`] : []),
  ];
}
