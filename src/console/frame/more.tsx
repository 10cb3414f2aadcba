/** Pages of lists with a fixed order. */

import type { Refusal } from "../../errors.ts";
import { readPage, writeCursor } from "../../management/paging.ts";
import type { Cursor, PageRequest } from "../../store/pages.ts";
import type { Visit } from "./visit.ts";

const PAGE_SIZE = 50;

export function pageIn(c: Visit, sort?: string): PageRequest | Refusal {
  return readPage({ limit: PAGE_SIZE, cursor: c.req.query("cursor") || undefined, sort });
}

export function More({ path, next, query = "" }: { path: string; next: Cursor | undefined; query?: string }) {
  if (!next) return null;
  return (
    <div class="actions more">
      <a class="button quiet" rel="next" href={`${path}?${query}${query && "&"}cursor=${writeCursor(next)}`}>
        Next page
      </a>
    </div>
  );
}
