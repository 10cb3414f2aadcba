/** The temporary folder of a run of the tests. D1 and Durable Objects wait for their files at each write: in memory, they wait less. */

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Linux has it. In a container it is often small, or nothing can run from it. */
const MEMORY_DISK = "/dev/shm";
const NEEDED_BYTES = 2 * 1024 ** 3;

/** For this process and those that it starts. The folder is gone when this process ends. */
export function keepTemporaryFilesInMemory(): void {
  const folder = mkdtempSync(join(hasRoomInMemory() ? MEMORY_DISK : tmpdir(), "keygate-tests-"));
  // Some tests run a process as a user with fewer rights.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
}

function hasRoomInMemory(): boolean {
  if (!existsSync("/proc/mounts")) return false;
  const mount = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .find((line) => line.split(" ")[1] === MEMORY_DISK);
  // Some tests run a program that they write there.
  if (mount === undefined || /\bnoexec\b/.test(mount)) return false;
  const { bavail, bsize } = statfsSync(MEMORY_DISK);
  return bavail * bsize >= NEEDED_BYTES;
}
