/** Reads a text file of any size line by line. */

import { createReadStream } from "node:fs";
import { Failure } from "./failure.ts";

export interface Line {
  readonly text: string;
  /** The byte offset of the next line. */
  readonly end: number;
}

const MAX_BYTES = 1_000_000;
const READ_BYTES = 1 << 20;
const NEWLINE = 10;

/** `start`: the byte offset of a line. */
export async function* linesOf(file: string, start = 0): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = start;
  for await (const chunk of createReadStream(file, { start, highWaterMark: READ_BYTES })) {
    const bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let from = 0;
    for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
      yield { text: textOf(bytes.subarray(from, to)), end: offset + to + 1 };
      from = to + 1;
    }
    rest = bytes.subarray(from);
    offset += from;
    if (rest.length > MAX_BYTES) throw new Failure(`The line after byte ${offset} is longer than ${MAX_BYTES} bytes.`);
  }
  if (rest.length > 0) yield { text: textOf(rest), end: offset + rest.length };
}

function textOf(bytes: Buffer): string {
  return bytes
    .toString("utf8")
    .replace(/\r$/, "")
    .replace(/^\uFEFF/, "");
}
