/** Cursor pages: stable while rows are added, because a cursor names a row and not a position. */

export interface PageRequest {
  readonly limit: number;
  readonly after: Cursor | undefined;
  /** Of lists that can be read backwards: the rows that come just before this one. */
  readonly before?: Cursor | undefined;
}

/** The last row of a page, or the first, by the value that its list is sorted by. Ids separate rows with the same value. */
export interface Cursor {
  readonly sort: string;
  readonly value: string | number;
  readonly id: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: Cursor | undefined;
  /** Of lists that can be read backwards. */
  readonly previous?: Cursor | undefined;
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

/** As `cutPage`, for a list that can be read backwards. The rows before a row come with the nearest first. */
export function cutPageBothWays<T>(rows: readonly T[], page: PageRequest, cursorOf: (row: T) => Cursor): Page<T> {
  const { items, next } = cutPage(rows, page, cursorOf);
  const ends = items.length > 0 ? [cursorOf(items[0] as T), cursorOf(items.at(-1) as T)] : [];
  if (page.before) return { items: items.toReversed(), next: ends[0], previous: next };
  return { items, next, previous: page.after && ends[0] };
}
