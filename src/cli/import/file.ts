/** Reads an import file key by key: CSV with a header row, or one JSON object per line. */

import { statSync } from "node:fs";
import { shown } from "../operate/project.ts";
import { Failure } from "../terminal/failure.ts";
import { linesOf } from "../terminal/lines.ts";
import { csvRecords } from "./csv.ts";
import { COLUMNS, fieldsOfCells } from "./row.ts";

/** Identifies the file. A changed file counts as another one. */
export interface Source {
  readonly file: string;
  readonly size: number;
  readonly modified: number;
  readonly organization: string;
  readonly environment: string;
}

/** A position in the file. */
export interface Place {
  readonly offset: number;
  /** The line that ends here. */
  readonly line: number;
}

export interface FileRecord extends Place {
  /** The line where it starts. */
  readonly first: number;
  readonly fields: unknown;
  /** Why the line has no fields. */
  readonly problem?: string;
}

export function sourceOf(file: string, organization: string, environment: string): Source {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new Failure(`There is no file ${shown(file)}.`);
  return { file, size: found.size, modified: Math.round(found.mtimeMs), organization, environment };
}

export async function* recordsOf({ file, size }: Source, from: Place): AsyncGenerator<FileRecord> {
  for await (const { text } of linesOf(file)) {
    if (text.trim() === "") continue;
    if (text.startsWith("[")) throw new Failure(`${shown(file)} is a JSON array. Write one object per line instead.`);
    yield* text.startsWith("{") ? jsonRecords(file, from) : csvFileRecords(file, size, from);
    return;
  }
}

async function* jsonRecords(file: string, from: Place): AsyncGenerator<FileRecord> {
  let { line } = from;
  for await (const { text, end } of linesOf(file, from.offset)) {
    line++;
    if (text.trim() === "") continue;
    const place = { first: line, line, offset: end };
    try {
      yield { ...place, fields: JSON.parse(text) };
    } catch {
      yield { ...place, fields: undefined, problem: "is not JSON" };
    }
  }
}

async function* csvFileRecords(file: string, size: number, from: Place): AsyncGenerator<FileRecord> {
  const header = await headerOf(file);
  const start = from.offset === 0 ? header : from;
  let { line } = start;
  for await (const { cells, lines, end } of csvRecords(linesOf(file, start.offset))) {
    const place = { first: line + 1, line: line + lines, offset: Math.min(end, size) };
    line += lines;
    if (cells?.length === 1 && cells[0] === "") continue;
    if (!cells) yield { ...place, fields: undefined, problem: 'has a " that is not closed, or not doubled' };
    else if (cells.length !== header.columns.length) {
      const problem = `has ${cells.length} cells, but the header row has ${header.columns.length}`;
      yield { ...place, fields: undefined, problem };
    } else yield { ...place, fields: fieldsOfCells(header.columns, cells) };
  }
}

async function headerOf(file: string): Promise<Place & { columns: string[] }> {
  for await (const { cells, lines, end } of csvRecords(linesOf(file))) {
    const columns = cells ?? [];
    const unknown = columns.filter((name) => !COLUMNS.includes(name));
    const lacking = ["sha256", "name"].filter((name) => !columns.includes(name));
    if (unknown.length === 0 && lacking.length === 0) return { columns, offset: end, line: lines };
    const problems = [
      ...(lacking.length > 0 ? [`lacks ${lacking.join(" and ")}`] : []),
      ...(unknown.length > 0 ? [`has unknown columns: ${unknown.map((name) => `"${name}"`).join(", ")}`] : []),
    ];
    throw new Failure(`The header row of ${shown(file)} ${problems.join("; it ")}.\n  Columns: ${COLUMNS.join(", ")}`);
  }
  throw new Failure(`${shown(file)} is empty.`);
}
