/** One gateway at a time can use a state folder: two would lock each other out of its databases. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../terminal/failure.ts";

/** Returns a function that releases the folder. */
export function takeState(state: string): () => void {
  const file = join(state, "keygate.pid");
  mkdirSync(state, { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
  } catch {
    const owner = Number(readFileSync(file, "utf8"));
    if (isRunning(owner)) {
      throw new Failure(
        `Another gateway (process ${owner}) is using ${state}. Stop it, or choose another folder with --state DIR.`,
      );
    }
    writeFileSync(file, String(process.pid));
  }
  return () => rmSync(file, { force: true });
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
