/** What the system says about a file, in a sentence. */

import { Failure } from "./failure.ts";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "cannot be used with your rights",
  EISDIR: "is a folder, and must be a file",
  ELOOP: "is a link to itself",
  ENOSPC: "cannot be written, because the disk is full",
  ENOTDIR: "is below a file, and must be below a folder",
  EPERM: "cannot be used with your rights",
  EROFS: "is on a file system that cannot be written",
};

/** `undefined` for an error that is not about a file. */
export function fileFailure(error: unknown, remedy: string): Failure | undefined {
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (error instanceof Failure || code === undefined || path === undefined) return undefined;
  return new Failure(`${path} ${REASONS[code] ?? `cannot be used (${message.split(",")[0]})`}. ${remedy}`);
}
