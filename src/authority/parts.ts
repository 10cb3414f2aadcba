/** What is stored under many names, cut into parts in the order of names, like the leaves of a tree: neighbours are in few rows. */

export interface Part {
  /** Names from here on, up to the next part. */
  readonly first: string;
  readonly id: number;
  /** Characters. */
  readonly size: number;
}

/** Where a name is, or belongs. */
export function partOf<P extends Part>(parts: readonly P[], name: string): P {
  let [low, high] = [0, parts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((parts[middle] as P).first <= name) low = middle;
    else high = middle - 1;
  }
  return parts[low] as P;
}

/** The parts that can have names from `first` to `last`. */
export function partsBetween<P extends Part>(parts: readonly P[], first: string, last: string): P[] {
  return parts.filter((part, at) => {
    const next = parts[at + 1];
    return part.first <= last && (next === undefined || next.first > first);
  });
}

/** Parts for what will have about the same names, with nothing in them. Small neighbours become one. */
export function emptied(parts: readonly Part[], characters: number): Part[] {
  const merged: Part[] = [];
  for (const { first, size } of parts) {
    const last = merged.at(-1);
    if (last && last.size + size < characters / 2) merged[merged.length - 1] = { ...last, size: last.size + size };
    else merged.push({ first, id: merged.length, size });
  }
  return merged.length > 0 ? merged.map((part) => ({ ...part, size: 0 })) : [{ first: "", id: 0, size: 0 }];
}

export const nextIdIn = (parts: readonly Part[]) => Math.max(...parts.map(({ id }) => id)) + 1;

/** The lower and the upper half, in the order of names. */
export function halves<T>(named: ReadonlyMap<string, T>): [Map<string, T>, Map<string, T>] {
  const sorted = [...named].sort(([one], [other]) => (one < other ? -1 : 1));
  const middle = Math.ceil(sorted.length / 2);
  return [new Map(sorted.slice(0, middle)), new Map(sorted.slice(middle))];
}
