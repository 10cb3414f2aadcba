/** The first pass over an import file: finds every mistake that can be found before anything is sent. */

import type { Place } from "../terminal/lines.ts";
import { progress } from "../terminal/progress.ts";
import { count } from "../terminal/render.ts";
import { recordsOf, type Source } from "./file.ts";
import { type Defaults, rowOf } from "./row.ts";

export interface LineProblem {
  readonly line: number;
  readonly problem: string;
}

export interface Checked {
  readonly records: number;
  readonly invalid: number;
  /** The first of them. */
  readonly problems: readonly LineProblem[];
}

/** The lines that are named. */
const TOLD = 100;

export async function check(source: Source, from: Place, defaults: Defaults, stop: AbortSignal): Promise<Checked> {
  const problems: LineProblem[] = [];
  let [records, invalid] = [0, 0];
  const bar = progress("Checking", source.size, { unit: "bytes", done: from.offset });
  try {
    for await (const { first, fields, problem: unreadable, offset } of recordsOf(source, from)) {
      if (stop.aborted) break;
      records++;
      if (records % 1000 === 0) bar.set(offset);
      const row = unreadable === undefined ? rowOf(fields, defaults) : { problem: unreadable };
      if (!("problem" in row)) continue;
      invalid++;
      if (problems.length < TOLD) problems.push({ line: first, problem: row.problem });
    }
    if (!stop.aborted) bar.set(source.size);
  } finally {
    bar.stop();
  }
  return { records, invalid, problems };
}

export function complaintOf(file: string, invalid: number, problems: readonly LineProblem[]): string {
  const told = problems.slice(0, TOLD).map(({ line, problem }) => `  line ${line}: ${problem}`);
  const more = invalid > told.length ? [`  and ${count(invalid - told.length, "more line")}`] : [];
  return [`${count(invalid, "line")} of ${file} cannot be imported:`, ...told, ...more].join("\n");
}
