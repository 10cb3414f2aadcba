/** The progress of an import, in a file beside the input, so that a later run can resume. */

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fileFailure } from "../terminal/file-failure.ts";
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

/** Before anything is sent: whether checkpoints can be written. An older one stays as it is. */
export function checkPlace(file: string): void {
  writing(() => {
    writeFileSync(draftOf(file), "");
    rmSync(draftOf(file));
  });
}

/** Atomic: the process can end at any moment. */
export function writeCheckpoint(checkpoint: Checkpoint): void {
  const { file } = checkpoint;
  writing(() => {
    writeFileSync(draftOf(file), `${JSON.stringify(checkpoint, null, 2)}\n`);
    renameSync(draftOf(file), fileOf(file));
  });
}

export function forgetCheckpoint(file: string): void {
  writing(() => rmSync(fileOf(file), { force: true }));
}

function writing(change: () => void): void {
  try {
    change();
  } catch (error) {
    const remedy = "The import keeps its progress beside the file: copy the file to a folder where you can write.";
    throw fileFailure(error, remedy) ?? error;
  }
}

export function doneOf({ imported, skipped, invalid }: Tally): number {
  return imported + skipped + invalid;
}

const fileOf = (file: string) => `${file}.progress.json`;
const draftOf = (file: string) => `${fileOf(file)}.new`;
