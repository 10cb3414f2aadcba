/** Cursor pages: stable while rows are added, because a cursor names a row and not a position. */

export interface PageRequest {
  readonly limit: number;
  readonly after: Cursor | undefined;
}

/** The last row of a page, by the value that its list is sorted by. Ids separate rows with the same value. */
export interface Cursor {
  readonly sort: string;
  readonly value: string | number;
  readonly id: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: Cursor | undefined;
}

/** The order of lists that offer no choice. */
export const BY_AGE = "created_at";

export function cursorByAge({ createdAt, id }: { createdAt: number; id: string }): Cursor {
  return { sort: BY_AGE, value: createdAt, id };
}

/** `rows`: one more than the page holds, if there is one. */
export function cutPage<T>(rows: readonly T[], { limit }: PageRequest, cursorOf: (row: T) => Cursor): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? cursorOf(last) : undefined };
}
