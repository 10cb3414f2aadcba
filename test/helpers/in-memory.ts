/** The temporary folder of a run of the tests. D1 and Durable Objects wait for their files at each write: in memory, they wait less. */

import { chmodSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Linux has it. In a container it can be too small. */
const MEMORY_DISK = "/dev/shm";
const NEEDED_BYTES = 2 * 1024 ** 3;

/** For this process and those that it starts. The folder is gone when this process ends. */
export function keepTemporaryFilesInMemory(): void {
  const folder = mkdtempSync(join(freeBytes() < NEEDED_BYTES ? tmpdir() : MEMORY_DISK, "keygate-tests-"));
  // Some tests run a process as a user with fewer rights.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
}

function freeBytes(): number {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_DISK);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
