import type { Refusal } from "../errors.ts";
import type { Cursor, PageRequest } from "../store/pages.ts";

export function writeCursor({ createdAt, id }: Cursor): string {
  return btoa(`${createdAt} ${id}`).replaceAll("=", "");
}

export interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

export function readPage({ limit, cursor }: PageQuery): PageRequest | Refusal {
  if (cursor === undefined) return { limit, after: undefined };
  const form = /^(\d{1,16}) ([a-z]+_[0-9a-f]+)$/.exec(decode(cursor));
  if (!form)
    return { code: "validation_failed", errors: [{ field: "cursor", problem: "is not a next_cursor of this list" }] };
  return { limit, after: { createdAt: Number(form[1]), id: form[2] as string } };
}

function decode(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}
