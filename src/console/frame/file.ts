/** Files that can be longer than what one read holds. */

import { isRefusal, type Refusal } from "../../errors.ts";
import type { Visit } from "./visit.ts";

export interface PagedFile<T> {
  readonly name: string;
  readonly type: string;
  readonly header: string;
  readonly lineOf: (row: T) => string;
  readonly first: readonly T[];
  /** The rows after those before; `undefined` after the last. */
  readonly next: () => Promise<readonly T[] | Refusal | undefined>;
}

/** Sends each page before the next one is read. A file that cannot be finished breaks off, and does not look whole. */
export function sendFile<T>(c: Visit, { name, type, header, lineOf, first, next }: PagedFile<T>): Response {
  const text = new TextEncoder();
  const file = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(text.encode(header + first.map(lineOf).join(""))),
    async pull(controller) {
      const rows = await next();
      if (rows === undefined) controller.close();
      else if (isRefusal(rows)) controller.error(new Error(rows.code));
      else controller.enqueue(text.encode(rows.map(lineOf).join("")));
    },
  });
  return c.body(file, 200, { "Content-Type": type, "Content-Disposition": `attachment; filename="${name}"` });
}
