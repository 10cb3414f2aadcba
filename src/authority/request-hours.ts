/**
 * The requests of single hours, as a collector stores them: groups in the order of their names, cut into parts. An hour that has too
 * many keeps fewer of each group.
 */

import { KEPT } from "../domain/pace.ts";
import {
  addGroup,
  decode,
  encode,
  isNamed,
  type Names,
  neighboursOf,
  type RequestGroup,
  type RequestGroups,
  withoutRoute,
} from "../domain/request-groups.ts";
import { BOUNDS } from "../domain/request-log.ts";
import { emptied, halves, nextIdIn, type Part, partOf, partsBetween } from "./parts.ts";

interface Hour {
  readonly parts: readonly Part[];
  /** In `BOUNDS`: how many requests of each group are kept. */
  readonly bounds: number;
}

const HOURS = "kept_hours";
const nameOf = (hour: number) => `kept/${hour}`;

export class RequestHours {
  readonly #kv: SyncKvStorage;
  readonly #limits: typeof KEPT;

  constructor(kv: SyncKvStorage, limits = KEPT) {
    this.#kv = kv;
    this.#limits = limits;
  }

  /** The latest first. */
  starts(): readonly number[] {
    return this.#kv.get<number[]>(HOURS) ?? [];
  }

  /** `about`: parts without this text are left out, which costs little. */
  *read(start: number, { first, last }: Names, about = ""): Iterable<[string, RequestGroup]> {
    for (const part of partsBetween(this.#hour(start)?.parts ?? [], first, last)) {
      const text = this.#textOf(start, part);
      if (!text?.includes(about)) continue;
      for (const [name, group] of decode(text)) if (isNamed({ first, last }, name)) yield [name, group];
    }
  }

  add(start: number, more: RequestGroups): void {
    let hour = this.#merge(start, this.#hour(start) ?? this.#begin(start), more);
    while (this.#isTooLarge(hour) && hour.bounds < BOUNDS.length - 1) hour = this.#shrink(start, hour);
    this.#kv.put(nameOf(start), hour);
  }

  remove(start: number): void {
    for (const { id } of this.#hour(start)?.parts ?? []) this.#kv.delete(`${nameOf(start)}/${id}`);
    this.#kv.delete(nameOf(start));
    this.#kv.put(
      HOURS,
      this.starts().filter((hour) => hour !== start),
    );
  }

  #begin(start: number): Hour {
    const [latest = start, ...others] = this.starts();
    this.#kv.put(
      HOURS,
      [...new Set([latest, ...others, start])].sort((one, other) => other - one),
    );
    return { parts: emptied(this.#hour(latest)?.parts ?? [], this.#limits.partCharacters), bounds: 0 };
  }

  #merge(start: number, hour: Hour, more: RequestGroups): Hour {
    const { parts, bounds } = hour;
    // At the last bounds, there is no room for further groups.
    const isFull = bounds === BOUNDS.length - 1 && this.#isTooLarge(hour);
    const byPart = Map.groupBy(this.#withinPlaces(start, parts, more), ([name]) => partOf(parts, name));
    return this.#rewrite(start, hour, (part) => {
      const some = byPart.get(part);
      if (!some) return undefined;
      const groups = this.#read(start, part);
      for (const [name, group] of some) {
        if (!isFull || groups.has(name)) addGroup(groups, name, group, BOUNDS[bounds]);
      }
      return groups;
    });
  }

  #shrink(start: number, hour: Hour): Hour {
    const bounds = hour.bounds + 1;
    return this.#rewrite(start, { ...hour, bounds }, (part) => {
      if (part.size === 0) return undefined;
      const groups: RequestGroups = new Map();
      for (const [name, group] of this.#read(start, part)) addGroup(groups, name, group, BOUNDS[bounds]);
      return groups;
    });
  }

  /** A place that has very many groups gets no further ones, so that it leaves room for others. */
  #withinPlaces(start: number, parts: readonly Part[], more: RequestGroups): RequestGroups {
    const full = new Map<string, ReadonlySet<string> | undefined>();
    const known = ({ first, last }: Names) => {
      if (!full.has(first)) {
        const size = sizeOf(partsBetween(parts, first, last));
        const isFull = size > this.#limits.maxPlaceCharacters;
        full.set(first, isFull ? new Set([...this.read(start, { first, last })].map(([name]) => name)) : undefined);
      }
      return full.get(first);
    };
    const within: RequestGroups = new Map();
    for (const [name, group] of more) {
      const isOneTooMany = known(neighboursOf(name))?.has(name) === false;
      if (isOneTooMany) addGroup(within, withoutRoute(name), { ...group, route: "" });
      else addGroup(within, name, group);
    }
    return within;
  }

  /** `change`: returns what a part has from now on; `undefined` if nothing changes. */
  #rewrite(start: number, { parts, bounds }: Hour, change: (part: Part) => RequestGroups | undefined): Hour {
    const next = { id: nextIdIn(parts) };
    const rewritten = parts.flatMap((part) => {
      const groups = change(part);
      return groups ? this.#write(start, part, groups, next) : [part];
    });
    return { parts: rewritten, bounds };
  }

  #write(
    start: number,
    { first, id }: Pick<Part, "first" | "id">,
    groups: RequestGroups,
    next: { id: number },
  ): Part[] {
    const text = encode(groups);
    if (text.length > this.#limits.partCharacters && groups.size > 1) {
      const [low, high] = halves(groups);
      const upper = { first: high.keys().next().value as string, id: next.id++ };
      return [...this.#write(start, { first, id }, low, next), ...this.#write(start, upper, high, next)];
    }
    this.#kv.put(`${nameOf(start)}/${id}`, text);
    return [{ first, id, size: text.length }];
  }

  #read(start: number, part: Part): RequestGroups {
    const text = this.#textOf(start, part);
    return text === undefined ? new Map() : decode(text);
  }

  #textOf(start: number, { id }: Part): string | undefined {
    return this.#kv.get<string>(`${nameOf(start)}/${id}`);
  }

  #hour(start: number): Hour | undefined {
    return this.#kv.get<Hour>(nameOf(start));
  }

  #isTooLarge({ parts }: Hour): boolean {
    return sizeOf(parts) > this.#limits.maxHourCharacters;
  }
}

const sizeOf = (parts: readonly Part[]) => parts.reduce((sum, { size }) => sum + size, 0);
