/** https://www.rfc-editor.org/rfc/rfc4180 */

import type { Line } from "../terminal/lines.ts";

export interface CsvRecord {
  /** `undefined` if a quote is not closed, or is in a wrong place. */
  readonly cells: string[] | undefined;
  readonly lines: number;
  readonly end: number;
}

/** A quote that stays open for more lines is a mistake. */
const MAX_LINES = 100;

/** A record continues on the next line while a quote is open. */
export async function* csvRecords(lines: AsyncIterable<Line>): AsyncGenerator<CsvRecord> {
  let text = "";
  let count = 0;
  for await (const line of lines) {
    text = count === 0 ? line.text : `${text}\n${line.text}`;
    count++;
    if (isOpen(text) && count < MAX_LINES) continue;
    yield { cells: cellsOf(text), lines: count, end: line.end };
    [text, count] = ["", 0];
  }
  if (count > 0) yield { cells: undefined, lines: count, end: Number.POSITIVE_INFINITY };
}

function isOpen(text: string): boolean {
  return text.includes('"') && text.replaceAll(/[^"]/g, "").length % 2 === 1;
}

const CELL = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

function cellsOf(text: string): string[] | undefined {
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const cell = CELL.exec(text);
    if (!cell) return undefined;
    cells.push(cell[1]?.replaceAll('""', '"') ?? (cell[2] as string).trim());
    if (cell[3] === "") return cells;
  }
}
