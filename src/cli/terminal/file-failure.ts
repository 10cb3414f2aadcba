/** What the system says about a file, in a sentence. */

import { Failure } from "./failure.ts";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "needs rights that you do not have",
  EISDIR: "is a folder, but must be a file",
  ELOOP: "is a link to itself",
  ENOSPC: "cannot be written, because the disk is full",
  ENOTDIR: "is below a file, but must be below a folder",
  EPERM: "needs rights that you do not have",
  EROFS: "is on a read-only file system",
};

/** `undefined` for an error that is not about a file. */
export function fileFailure(error: unknown, remedy: string): Failure | undefined {
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (error instanceof Failure || code === undefined || path === undefined) return undefined;
  return new Failure(`${path} ${REASONS[code] ?? `cannot be used (${message.split(",")[0]})`}. ${remedy}`);
}
