/** One gateway at a time can use a state folder: two would lock each other out of its databases. */

import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../terminal/failure.ts";
import { fileFailure } from "../terminal/file-failure.ts";
import { isRunning, startOf } from "./process.ts";

const ELSEWHERE = "choose another folder with --state DIR";

/** Returns a function that releases the folder. Throws a `Failure` if it cannot be used. */
export function takeState(state: string): () => void {
  const file = join(state, "keygate.pid");
  refuseFile(state);
  try {
    fs.mkdirSync(state, { recursive: true });
    claim(file, state);
    checkFiles(state);
  } catch (error) {
    throw fileFailure(error, `Fix that, or ${ELSEWHERE}.`) ?? error;
  }
  return () => fs.rmSync(file, { force: true });
}

function claim(file: string, state: string): void {
  const mine = `${process.pid} ${startOf(process.pid)}`;
  try {
    fs.writeFileSync(file, mine, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const owner = ownerOf(file);
    if (owner !== undefined) {
      throw new Failure(`Another gateway (process ${owner}) is using ${state}. Stop it, or ${ELSEWHERE}.`);
    }
    fs.writeFileSync(file, mine);
  }
}

/** `undefined` if it has ended. Its id alone says little: another process can have it by now. */
function ownerOf(file: string): number | undefined {
  const [, id, start] = /^(\d+) (.+)$/.exec(fs.readFileSync(file, "utf8")) ?? [];
  const pid = Number(id);
  return id !== undefined && isRunning(pid) && startOf(pid) === start ? pid : undefined;
}

/** The system would name the folder that it cannot create, and not the file that is in the way. */
function refuseFile(path: string): void {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (stat && !stat.isDirectory()) {
    throw new Failure(`${path} is a file, but the gateway needs a folder there. Move it away, or ${ELSEWHERE}.`);
  }
  if (!stat && dirname(path) !== path) refuseFile(dirname(path));
}

/** Otherwise the runtime would fail later, with its own stack. */
function checkFiles(state: string): void {
  for (const entry of fs.readdirSync(state, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
    else if (entry.name.endsWith(".sqlite")) checkDatabase(path, state);
  }
}

/** https://www.sqlite.org/fileformat.html#the_database_header. An empty file is an empty database. */
function checkDatabase(path: string, state: string): void {
  const start = Buffer.alloc(16);
  const file = fs.openSync(path, "r+");
  const length = fs.readSync(file, start, 0, 16, 0);
  fs.closeSync(file);
  if (length > 0 && start.toString("latin1") !== "SQLite format 3\0") throw damaged(path, state);
}

/** The sentence for a database that SQLite refuses. */
export function damaged(path: string, state: string): Failure {
  return new Failure(
    `${path} is damaged. Put back a copy of it, or delete the folder ${state} to start with an empty gateway.`,
  );
}
