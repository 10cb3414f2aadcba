/** Reports that a collector has heard and not worked off yet, each in a row, and which reports it has heard. */

import { HOUR_MS } from "../domain/durations.ts";
import type { HourOfRequests } from "../domain/kept-request.ts";
import type { KeyUse, OrganizationLatency, Report } from "../domain/report.ts";
import type { RouteTraffic } from "../domain/traffic.ts";

export interface Heard {
  readonly arrivedAt: number;
  readonly keys: readonly KeyUse[];
  readonly requests: readonly HourOfRequests[];
  /** `undefined` in what older versions have stored, as is the next. */
  readonly latencies?: readonly OrganizationLatency[] | undefined;
  readonly traffic?: readonly RouteTraffic[] | undefined;
}

const PREFIX = "journal/";
/** Longer than an isolate sends a report again. */
const REMEMBERED_MS = 2 * HOUR_MS;
/** The row of their names is below a megabyte. */
const SENDERS = 15_000;
/** Of the reports that are worked off at once, as JSON. What is added up from them takes several times that, and an object has 128 MB. */
const MAX_CHARACTERS_AT_ONCE = 8_000_000;

type Sender = readonly [name: string, number: number, heardAt: number];

export class Journal {
  readonly #kv: SyncKvStorage;
  /** The last report that waits for D1: the next batch begins after it. */
  #waiting: string | undefined;
  /** The highest number of each isolate. */
  #senders: Map<string, Sender> | undefined;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  get isEmpty(): boolean {
    return this.entries({ limit: 1 }).next().done === true;
  }

  /** Whether the report is new. It is stored once this object answers. */
  add({ sender, number, ...report }: Report, now: number): boolean {
    const senders = this.#known();
    if ((senders.get(sender)?.[1] ?? 0) >= number) return false;
    const { keys = [], latencies = [], requests = [], traffic = [] } = report;
    this.#kv.put<Heard>(`${PREFIX}${sender}/${number}`, { arrivedAt: now, keys, latencies, requests, traffic });
    senders.set(sender, [sender, number, now]);
    return true;
  }

  /** What is left to work off of a report. */
  replace(name: string, heard: Heard): void {
    this.#kv.put(name, heard);
  }

  /** Those to work off next, and whether they are all. `limit`: of their number. */
  next(limit: number): { readonly entries: readonly [string, Heard][]; readonly areAll: boolean } {
    const startAfter = this.#waiting;
    this.#waiting = undefined;
    const entries: [string, Heard][] = [];
    let characters = 0;
    for (const entry of this.entries({ limit, ...(startAfter !== undefined && { startAfter }) })) {
      characters += JSON.stringify(entry).length;
      if (entries.length > 0 && characters > MAX_CHARACTERS_AT_ONCE) return { entries, areAll: false };
      entries.push(entry);
    }
    return { entries, areAll: entries.length < limit };
  }

  /** While D1 is down, these wait, and the next batch begins after them. */
  pass(entries: readonly [name: string, Heard][]): void {
    this.#waiting = entries.at(-1)?.[0];
  }

  /** By name, each read when it is its turn: all of them can be more than there is memory for. */
  *entries(bounds: { limit?: number; startAfter?: string } = {}): IteratorObject<[string, Heard], undefined> {
    for (const entry of this.#kv.list<Heard>({ prefix: PREFIX, ...bounds })) yield entry;
  }

  /** With what is in the row of senders, in one transaction. */
  remove(names: readonly string[], now: number): void {
    const senders = this.#known();
    for (const [name, , heardAt] of senders.values()) if (heardAt < now - REMEMBERED_MS) senders.delete(name);
    const latest = [...senders.values()].sort((one, other) => other[2] - one[2]).slice(0, SENDERS);
    this.#kv.put("senders", latest);
    for (const name of names) this.#kv.delete(name);
  }

  #known(): Map<string, Sender> {
    if (this.#senders) return this.#senders;
    const senders = new Map((this.#kv.get<Sender[]>("senders") ?? []).map((sender) => [sender[0], sender]));
    for (const [name, { arrivedAt }] of this.#kv.list<Heard>({ prefix: PREFIX })) {
      const [sender, number] = name.slice(PREFIX.length).split("/") as [string, string];
      if ((senders.get(sender)?.[1] ?? 0) < Number(number)) senders.set(sender, [sender, Number(number), arrivedAt]);
    }
    this.#senders = senders;
    return senders;
  }
}
