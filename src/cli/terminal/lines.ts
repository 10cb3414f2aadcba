/** Reads a text file of any size line by line. */

import { createReadStream } from "node:fs";
import { Failure } from "./failure.ts";

export interface Line {
  /** `undefined` if its bytes are not UTF-8. */
  readonly text: string | undefined;
  /** The byte offset of the next line. */
  readonly end: number;
}

/** A position in a file: the offset where a line ends, and the number of that line. */
export interface Place {
  readonly offset: number;
  readonly line: number;
}

export const START: Place = { offset: 0, line: 0 };

const MAX_BYTES = 1_000_000;
const READ_BYTES = 1 << 20;
const NEWLINE = 10;

export async function* linesOf(file: string, { offset: start, line: before } = START): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let [offset, line] = [start, before];
  for await (const chunk of createReadStream(file, { start, highWaterMark: READ_BYTES })) {
    const bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let from = 0;
    for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
      yield { text: textOf(bytes.subarray(from, to), offset + from), end: offset + to + 1 };
      from = to + 1;
      line++;
    }
    rest = bytes.subarray(from);
    offset += from;
    if (rest.length > MAX_BYTES) throw new Failure(`Line ${line + 1} is longer than ${MAX_BYTES} bytes.`);
  }
  if (rest.length > 0) yield { text: textOf(rest, offset), end: offset + rest.length };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A byte order mark at the start of the file is not part of its text. */
function textOf(bytes: Buffer, offset: number): string | undefined {
  try {
    const text = UTF8.decode(bytes).replace(/\r$/, "");
    return offset === 0 ? text.replace(/^\uFEFF/, "") : text;
  } catch {
    return undefined;
  }
}
