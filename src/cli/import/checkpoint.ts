/** The progress of an import, in a file beside the input, so that a later run can resume. */

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Place } from "../terminal/lines.ts";
import type { Source } from "./file.ts";

export interface Tally {
  readonly imported: number;
  /** Already in the gateway. */
  readonly skipped: number;
  readonly invalid: number;
}

export interface Checkpoint extends Source, Place, Tally {
  readonly url: string;
  /** Of the whole file. */
  readonly records: number;
}

/** For the same file, unchanged, and the same target; `undefined` if the import starts from the beginning. */
export function readCheckpoint(source: Source, url: string): Checkpoint | undefined {
  const file = fileOf(source.file);
  if (!existsSync(file)) return undefined;
  try {
    const checkpoint: Checkpoint = JSON.parse(readFileSync(file, "utf8"));
    const { file: path, size, modified, organization, environment } = source;
    const wanted = Object.entries({ file: path, size, modified, organization, environment, url });
    return wanted.every(([name, value]) => checkpoint[name as keyof Checkpoint] === value) ? checkpoint : undefined;
  } catch {
    return undefined;
  }
}

/** Atomic: the process can end at any moment. */
export function writeCheckpoint(checkpoint: Checkpoint): void {
  const file = fileOf(checkpoint.file);
  writeFileSync(`${file}.new`, `${JSON.stringify(checkpoint, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

export function forgetCheckpoint(file: string): void {
  rmSync(fileOf(file), { force: true });
}

export function doneOf({ imported, skipped, invalid }: Tally): number {
  return imported + skipped + invalid;
}

function fileOf(file: string): string {
  return `${file}.progress.json`;
}
