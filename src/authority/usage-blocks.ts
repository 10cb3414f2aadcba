/**
 * The usage of one hour or one day, as a collector stores it: keys in the order of their organizations and ids, cut into parts of
 * limited size. So a report of many keys writes few rows, and the keys of one organization are read from few.
 */

import { DAYS_EVERY_MS, PART_CHARACTERS } from "../domain/pace.ts";
import { addTallies, decode, encode, type Tallies } from "../domain/tallies.ts";
import { emptied, halves, nextIdIn, type Part as Place, partOf } from "./parts.ts";

export interface Part extends Place {
  /** When the first of its keys is to be written to D1; `null` if D1 has everything. */
  readonly dueAt: number | null;
  /** Whether D1 has lost what was written, so that everything is written again. */
  readonly isForgotten?: boolean;
}

export class UsageBlocks {
  readonly #kv: SyncKvStorage;
  readonly #prefix: string;

  constructor(kv: SyncKvStorage, prefix: string) {
    this.#kv = kv;
    this.#prefix = prefix;
  }

  partsOf(start: number): readonly Part[] {
    return this.#kv.get<Part[]>(this.#nameOf(start)) ?? [];
  }

  textOf(start: number, { id }: Part): string | undefined {
    return this.#kv.get<string>(`${this.#nameOf(start)}/${id}`);
  }

  read(start: number, part: Part): Tallies {
    const text = this.textOf(start, part);
    const tallies = text === undefined ? new Map() : decode(text);
    if (part.isForgotten) for (const tally of tallies.values()) Object.assign(tally, { writtenAt: 0, isChanged: true });
    return tallies;
  }

  /** `like`: a period before, whose parts had about the same keys. */
  add(start: number, more: Tallies, like: number | undefined): void {
    const known = this.partsOf(start);
    const parts = known.length > 0 ? known : emptiedLike(like === undefined ? [] : this.partsOf(like));
    const byPart = Map.groupBy(more, ([name]) => partOf(parts, name));
    const next = { id: nextIdIn(parts) };
    this.#put(
      start,
      parts.flatMap((part) => {
        const some = byPart.get(part);
        if (!some) return [part];
        const tallies = this.read(start, part);
        addTallies(tallies, new Map(some));
        return this.#write(start, part, tallies, next);
      }),
    );
  }

  /** After some of the part's keys were written to D1. */
  replace(start: number, part: Part, tallies: Tallies): void {
    const parts = this.partsOf(start);
    const next = { id: nextIdIn(parts) };
    this.#put(
      start,
      parts.flatMap((known) => (known.id === part.id ? this.#write(start, part, tallies, next) : [known])),
    );
  }

  /** D1 was restored to an earlier time. */
  forget(start: number): void {
    this.#put(
      start,
      this.partsOf(start).map((part) => ({ ...part, dueAt: 0, isForgotten: true })),
    );
  }

  remove(start: number): void {
    for (const { id } of this.partsOf(start)) this.#kv.delete(`${this.#nameOf(start)}/${id}`);
    this.#kv.delete(this.#nameOf(start));
  }

  #write(start: number, { first, id }: Pick<Part, "first" | "id">, tallies: Tallies, next: { id: number }): Part[] {
    const text = encode(tallies);
    if (text.length > PART_CHARACTERS && tallies.size > 1) {
      const [low, high] = halves(tallies);
      const upper = { first: high.keys().next().value as string, id: next.id++ };
      return [...this.#write(start, { first, id }, low, next), ...this.#write(start, upper, high, next)];
    }
    this.#kv.put(`${this.#nameOf(start)}/${id}`, text);
    return [{ first, id, size: text.length, dueAt: dueAtOf(tallies) }];
  }

  #put(start: number, parts: readonly Part[]): void {
    this.#kv.put(this.#nameOf(start), parts);
  }

  #nameOf(start: number): string {
    return `${this.#prefix}${start}`;
  }
}

const emptiedLike = (parts: readonly Part[]) =>
  emptied(parts, PART_CHARACTERS).map((part): Part => ({ ...part, dueAt: null }));

export function dueAtOf(tallies: Tallies): number | null {
  let dueAt: number | null = null;
  for (const { isChanged, writtenAt } of tallies.values()) {
    if (!isChanged) continue;
    const at = writtenAt === 0 ? 0 : writtenAt + DAYS_EVERY_MS;
    dueAt = dueAt === null ? at : Math.min(dueAt, at);
  }
  return dueAt;
}
