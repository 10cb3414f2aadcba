/** https://www.rfc-editor.org/rfc/rfc4180 */

import type { Line } from "../terminal/lines.ts";

export interface CsvRecord {
  /** `undefined` if a quote is not closed, or is in a wrong place. */
  readonly cells: string[] | undefined;
  /** Whether all its bytes are UTF-8. */
  readonly isText: boolean;
  readonly lines: number;
  readonly end: number;
}

/** A quote that stays open for more lines is a mistake. */
const MAX_LINES = 100;

/**
 * A record continues on the next line while a quote is open. If that leads to no record of `width` cells, only the first of
 * these lines is wrong, and the others are read again.
 */
export async function* csvRecords(lines: AsyncIterable<Line>, width?: number): AsyncGenerator<CsvRecord> {
  const source = lines[Symbol.asyncIterator]();
  const again: Line[] = [];
  let open: Line[] = [];
  for (;;) {
    const line: Line | undefined = again.shift() ?? (await source.next()).value;
    if (line) open.push(line);
    const [first] = open;
    if (!first) return;
    const isComplete = line !== undefined && !hasOpenQuote(open);
    if (line && !isComplete && open.length < MAX_LINES) continue;
    const record = isComplete ? recordOf(open) : undefined;
    if (record && (open.length === 1 || isWhole(record, width))) yield record;
    else {
      yield { cells: undefined, isText: first.text !== undefined, lines: 1, end: first.end };
      again.unshift(...open.slice(1));
    }
    open = [];
  }
}

function recordOf(lines: readonly Line[]): CsvRecord {
  const isText = lines.every(({ text }) => text !== undefined);
  const cells = isText ? cellsOf(lines.map(({ text }) => text).join("\n")) : undefined;
  return { cells, isText, lines: lines.length, end: lines.at(-1)?.end ?? 0 };
}

const isWhole = ({ cells }: CsvRecord, width: number | undefined) =>
  cells !== undefined && (width === undefined || cells.length === width);

function hasOpenQuote(lines: readonly Line[]): boolean {
  return lines.reduce((quotes, { text = "" }) => quotes + text.split('"').length - 1, 0) % 2 === 1;
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
