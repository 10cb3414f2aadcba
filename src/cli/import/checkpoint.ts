/** How far an import is, in a file beside its own: what a later run goes on from. */

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Place, Source } from "./file.ts";

export interface Tally {
  readonly imported: number;
  /** The gateway knew them already. */
  readonly skipped: number;
  readonly invalid: number;
}

export interface Checkpoint extends Source, Place, Tally {
  readonly url: string;
  /** Of the whole file. */
  readonly records: number;
}

/** Of the same file as it is now, into the same place; `undefined` where an import begins anew. */
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

/** Whole or not at all: the process may end at any moment. */
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
