/** Files that hold secrets: only their owner can read them, and git does not commit them. */

import { spawnSync } from "node:child_process";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { Failure } from "./failure.ts";

/** Atomic. `instead`: the file that it can replace. */
export function writeSecretFile(file: string, text: string, instead?: string): void {
  const isNew = !existsSync(file);
  if (!isNew && (instead === undefined || resolve(instead) !== resolve(file))) {
    throw new Failure(`${file} already exists. Name another file, or move it away.`);
  }
  refuseToCommit(file);
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
    renameSync(draft, file);
  } catch (error) {
    throw new Failure(`${file} cannot be written: ${(error as Error).message}`);
  }
}

/** Without git or a repository, nothing is committed. */
export function refuseToCommit(file: string): void {
  const asked = spawnSync("git", ["check-ignore", "--quiet", "--", basename(file)], { cwd: dirname(resolve(file)) });
  if (asked.status !== 1) return;
  throw new Failure(`git would commit ${file}, which contains secrets. Add ${basename(file)} to .gitignore first.`);
}
