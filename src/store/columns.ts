/** Parts of statements for columns whose values are bound one after the other, from the place `first` on. */

export function places(columns: readonly string[], first: number): string {
  return columns.map((_, at) => `?${first + at}`).join(", ");
}

export function assignments(columns: readonly string[], first: number): string {
  return columns.map((column, at) => `${column} = ?${first + at}`).join(", ");
}

/** The values of a JSON array that is bound to `place`. */
export const values = (place: string) => `(SELECT value FROM json_each(${place}))`;
