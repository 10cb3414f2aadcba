/** Cursor pages in order of age: stable while rows are added, for a cursor names a row and not a position. */

export interface PageRequest {
  readonly limit: number;
  readonly after: Cursor | undefined;
}

export interface Cursor {
  readonly createdAt: number;
  readonly id: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: Cursor | undefined;
}

/** `rows`: one more than the page holds, if there are so many. */
export function pageOf<T extends { createdAt: number; id: string }>(
  rows: readonly T[],
  { limit }: PageRequest,
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { createdAt: last.createdAt, id: last.id } : undefined };
}
