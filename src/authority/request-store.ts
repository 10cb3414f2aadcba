/**
 * The requests that a collector keeps. Those of reports that were worked off wait in rows until there are enough of them to be added to
 * their hours. All of them can be read at any time.
 */

import { isRecent } from "../domain/age.ts";
import { type ClockHistory, isTrusted, readClock } from "../domain/clock-history.ts";
import { HOUR_MS } from "../domain/durations.ts";
import {
  type FoundRequest,
  type HourOfRequests,
  matches,
  type Place,
  type RequestFilter,
  type RequestPage,
} from "../domain/kept-request.ts";
import { KEPT } from "../domain/pace.ts";
import {
  addGroup,
  isNamed,
  type Names,
  nameOfGroup,
  namesOfPlace,
  type RequestGroup,
  type RequestGroups,
} from "../domain/request-groups.ts";
import { hourOfRequest } from "../domain/request-id.ts";
import type { Journal } from "./journal.ts";
import { RequestHours } from "./request-hours.ts";

const PREFIX = "relay/";
/** Of one row, which can have 2 MB. https://developers.cloudflare.com/durable-objects/platform/limits/ */
const MAX_ROW_BYTES = 1_000_000;
const ALL: Names = { first: "", last: "\uffff" };

interface Row {
  readonly hours: readonly HourOfRequests[];
}

export class RequestStore {
  readonly #storage: DurableObjectStorage;
  readonly #journal: Journal;
  readonly #hours: RequestHours;
  readonly #keptMs: () => number;

  constructor(storage: DurableObjectStorage, journal: Journal, keptMs: () => number) {
    this.#storage = storage;
    this.#journal = journal;
    this.#keptMs = keptMs;
    this.#hours = new RequestHours(storage.kv);
  }

  get isEmpty(): boolean {
    const { kv } = this.#storage;
    return this.#hours.starts().length === 0 && [...kv.list({ prefix: PREFIX, limit: 1 })].length === 0;
  }

  /** What reports had, before they are removed. */
  add(reported: readonly HourOfRequests[], now: number): void {
    for (const hours of inRows(merged(reported))) {
      // In the order of time.
      const name = `${PREFIX}${String(now).padStart(15, "0")}/${crypto.randomUUID()}`;
      this.#storage.kv.put(name, inBytes({ hours } satisfies Row));
    }
  }

  /** Adds what waits to its hours, if it is much or old. Deletes the hours that are no longer kept, by a clock that has not jumped. */
  settle(now: number): void {
    const { kv } = this.#storage;
    const deletes = isTrusted(this.#readClock(now));
    const rows = [...kv.list<Uint8Array>({ prefix: PREFIX })];
    const bytes = rows.reduce((sum, [, row]) => sum + row.byteLength, 0);
    const isOld = rows.some(([name]) => Math.abs(now - Number(name.split("/")[1])) >= KEPT.waitsMs);
    this.#storage.transactionSync(() => {
      if (bytes >= KEPT.waitingBytes || isOld) {
        for (const [hour, groups] of byHour(rows.flatMap(([, row]) => hoursOf(row)))) {
          if (!deletes || this.#isKept(hour, now)) this.#hours.add(hour, groups);
        }
        for (const [name] of rows) kv.delete(name);
      }
      if (!deletes) return;
      for (const hour of this.#hours.starts()) if (!this.#isKept(hour, now)) this.#hours.remove(hour);
    });
  }

  find(id: string, now: number): FoundRequest | undefined {
    const hour = hourOfRequest(id);
    if (hour === undefined || !this.#isKept(hour, now)) return undefined;
    const waiting = this.#waiting().get(hour);
    for (const [name, { kept }] of this.#read(hour, ALL, waiting, id)) {
      const request = kept.find((one) => one.id === id);
      if (!request) continue;
      const groups = [...this.#read(hour, { first: name, last: name }, waiting)];
      return { ...request, alike: groups.reduce((sum, [, { requests }]) => sum + requests, 0) };
    }
    return undefined;
  }

  /** The newest first; one more than the page holds, if there is one. */
  list(place: Place | null, filter: RequestFilter, { limit, after }: RequestPage, now: number): FoundRequest[] {
    const found: FoundRequest[] = [];
    for (const [hour, groups] of this.#groupsOf(place, now)) {
      if (after !== undefined && hour > after.at) continue;
      const requests = groups().flatMap(({ requests: alike, kept }) => kept.map((request) => ({ ...request, alike })));
      const some = requests.filter((request) => matches(filter, request) && isAfter(request, after));
      found.push(...some.sort(newestFirst));
      if (found.length > limit) break;
    }
    return found.slice(0, limit + 1);
  }

  keyIds(place: Place, now: number): string[] {
    const ids = new Set<string>();
    for (const [, groups] of this.#groupsOf(place, now)) {
      for (const { kept } of groups()) for (const { keyId } of kept) if (keyId !== null) ids.add(keyId);
    }
    return [...ids];
  }

  /** By hours, the latest first. */
  *#groupsOf(place: Place | null, now: number): Iterable<[number, () => RequestGroup[]]> {
    const waiting = this.#waiting();
    const hours = [...new Set([...this.#hours.starts(), ...waiting.keys()])].sort((one, other) => other - one);
    for (const hour of hours) {
      if (!this.#isKept(hour, now)) continue;
      yield [
        hour,
        () => {
          const groups: RequestGroups = new Map();
          for (const [name, group] of this.#read(hour, namesOfPlace(place), waiting.get(hour))) {
            addGroup(groups, name, group);
          }
          return [...groups.values()];
        },
      ];
    }
  }

  *#read(hour: number, names: Names, waiting: RequestGroups = new Map(), about = ""): Iterable<[string, RequestGroup]> {
    for (const [name, group] of waiting) if (isNamed(names, name)) yield [name, group];
    yield* this.#hours.read(hour, names, about);
  }

  /** What is not in its hour yet, also of reports that were not worked off. */
  #waiting(): Map<number, RequestGroups> {
    const rows = [...this.#storage.kv.list<Uint8Array>({ prefix: PREFIX })];
    const heard = this.#journal.entries().flatMap(([, { requests }]) => requests);
    return byHour([...rows.flatMap(([, row]) => hoursOf(row)), ...heard]);
  }

  /** Stored once an hour, and after each jump. */
  #readClock(now: number): ClockHistory {
    const known = this.#storage.kv.get<ClockHistory>("clock");
    if (known && isRecent(known.seenAt, HOUR_MS, now)) return known;
    const clock = readClock(known, now);
    this.#storage.kv.put("clock", clock);
    return clock;
  }

  /** None of the future. */
  #isKept(hour: number, now: number): boolean {
    return hour + HOUR_MS > now - this.#keptMs() && hour <= now + HOUR_MS;
  }
}

function byHour(reported: Iterable<HourOfRequests>): Map<number, RequestGroups> {
  const hours = new Map<number, RequestGroups>();
  for (const { place, hour, groups } of reported) {
    const all = hours.get(hour) ?? new Map();
    hours.set(hour, all);
    for (const group of groups) addGroup(all, nameOfGroup(place, group), group);
  }
  return hours;
}

/** Each place and hour once. */
function merged(reported: readonly HourOfRequests[]): HourOfRequests[] {
  const byPlace = Map.groupBy(reported, ({ place, hour }) => `${hour} ${namesOfPlace(place).first}`);
  return [...byPlace.values()].map((some) => {
    const [{ place, hour }] = some as [HourOfRequests];
    return { place, hour, groups: [...byHour(some).values()].flatMap((groups) => [...groups.values()]) };
  });
}

function inRows(hours: readonly HourOfRequests[]): HourOfRequests[][] {
  const rows: HourOfRequests[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const hour of hours.flatMap(inPieces)) {
    const size = inBytes(hour).byteLength;
    if (bytes + size > MAX_ROW_BYTES) {
      rows.push([]);
      bytes = 0;
    }
    rows.at(-1)?.push(hour);
    bytes += size;
  }
  return rows;
}

/** A group has at most some 60 KB. */
function inPieces(hour: HourOfRequests): HourOfRequests[] {
  const { groups } = hour;
  if (groups.length < 2 || inBytes(hour).byteLength <= MAX_ROW_BYTES) return [hour];
  const middle = Math.ceil(groups.length / 2);
  return [groups.slice(0, middle), groups.slice(middle)].flatMap((some) => inPieces({ ...hour, groups: some }));
}

const inBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const hoursOf = (row: Uint8Array) => (JSON.parse(new TextDecoder().decode(row)) as Row).hours;

function isAfter({ at, id }: FoundRequest, after: RequestPage["after"]): boolean {
  return after === undefined || at < after.at || (at === after.at && id < after.id);
}

const newestFirst = (a: FoundRequest, b: FoundRequest) => b.at - a.at || (a.id < b.id ? 1 : -1);
