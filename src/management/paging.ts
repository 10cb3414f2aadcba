import * as z from "zod";
import type { Refusal } from "../errors.ts";
import { BY_AGE, type Cursor, type PageRequest } from "../store/pages.ts";

export interface PageQuery {
  limit: number;
  cursor?: string | undefined;
  /** Absent if a list has only one order. */
  sort?: string | undefined;
}

const content = z.strictObject({ sort: z.string(), value: z.union([z.string(), z.number()]), id: z.string() });

export function writeCursor({ sort, value, id }: Cursor): string {
  const bytes = new TextEncoder().encode(JSON.stringify([sort, value, id]));
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A cursor continues the list that it came from, in the same order. */
export function readPage({ limit, cursor, sort = BY_AGE }: PageQuery): PageRequest | Refusal {
  if (cursor === undefined) return { limit, after: undefined };
  const after = readCursor(cursor);
  if (!after) return invalid("is not a next_cursor of this list");
  return after.sort === sort ? { limit, after } : invalid("is for a list with another order");
}

function readCursor(text: string): Cursor | undefined {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const [sort, value, id, ...more] = JSON.parse(new TextDecoder().decode(bytes));
    return more.length > 0 ? undefined : content.parse({ sort, value, id });
  } catch {
    return undefined;
  }
}

function invalid(problem: string): Refusal {
  return { code: "validation_failed", errors: [{ field: "cursor", problem }] };
}
