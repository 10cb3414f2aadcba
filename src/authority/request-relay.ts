/**
 * Passes the requests that isolates report on to the request logs: part of a collector. What has to be passed on is stored first, in
 * rows that are sent again until all of their objects have them.
 */

import { HOUR_MS } from "../domain/durations.ts";
import type { HourOfRequests, Place } from "../domain/kept-request.ts";
import { messageLine } from "../domain/log-line.ts";
import { mergeGroups } from "../domain/request-log.ts";
import { toConsole } from "../log.ts";
import { BLOCK_BYTES, inBytes } from "./hour-blocks.ts";
import { requestLogName } from "./name.ts";
import type { Stubs } from "./stubs.ts";

const PREFIX = "relay/";
/** Objects that are called at once, and in one alarm: a Worker can make 1,000 calls for each event. */
const PARALLEL = 50;
const ROUND_SIZE = 400;
/** What cannot be passed on for so long is given up. */
const GIVE_UP_MS = HOUR_MS;

interface Row {
  readonly storedAt: number;
  readonly hours: readonly HourOfRequests[];
}

type Logs = Pick<Stubs, "requestIndex" | "requestLog">;

export class RequestRelay {
  readonly #storage: DurableObjectStorage;
  readonly #logs: () => Logs;

  constructor(storage: DurableObjectStorage, logs: () => Logs) {
    this.#storage = storage;
    this.#logs = logs;
  }

  /** Stores what reports had, before they are removed. */
  add(reported: readonly HourOfRequests[], now: number): void {
    for (const hours of inRows(merged(reported))) {
      // In the order of time.
      const name = `${PREFIX}${String(now).padStart(15, "0")}/${crypto.randomUUID()}`;
      this.#storage.kv.put(name, inBytes({ storedAt: now, hours } satisfies Row));
    }
  }

  get isEmpty(): boolean {
    return [...this.#storage.kv.list({ prefix: PREFIX, limit: 1 })].length === 0;
  }

  /** Whether there is no more to try. What failed is tried again with the next call. */
  async passOn(now: number): Promise<boolean> {
    let calls = 0;
    for (const [name, bytes] of [...this.#storage.kv.list<Uint8Array>({ prefix: PREFIX })]) {
      if (calls >= ROUND_SIZE) return false;
      const { storedAt, hours } = JSON.parse(new TextDecoder().decode(bytes)) as Row;
      const isDone = await this.#send(name, hours);
      if (isDone || Math.abs(now - storedAt) > GIVE_UP_MS) this.#storage.kv.delete(name);
      calls += hours.length;
    }
    return true;
  }

  async #send(id: string, hours: readonly HourOfRequests[]): Promise<boolean> {
    const { requestIndex, requestLog } = this.#logs();
    const calls = [
      () => requestIndex().indexRequests(hours),
      ...byPlace(hours).map(
        ({ place, hours }) =>
          () =>
            requestLog(place).recordRequests({ id, hours }),
      ),
    ];
    let isDone = true;
    for (let at = 0; at < calls.length; at += PARALLEL) {
      const answers = await Promise.allSettled(calls.slice(at, at + PARALLEL).map((call) => call()));
      for (const answer of answers) {
        if (answer.status === "fulfilled") continue;
        isDone = false;
        toConsole(messageLine("error", `requests were not passed on to their log: ${answer.reason}`));
      }
    }
    return isDone;
  }
}

const nameOf = ({ place, hour }: { place: Place | null; hour: number }) => `${requestLogName(place)} ${hour}`;

function merged(reported: readonly HourOfRequests[]): HourOfRequests[] {
  const all = new Map<string, HourOfRequests>();
  for (const one of reported) {
    const groups = mergeGroups(all.get(nameOf(one))?.groups ?? [], one.groups);
    all.set(nameOf(one), { ...one, groups });
  }
  return [...all.values()];
}

function byPlace(hours: readonly HourOfRequests[]): { place: Place | null; hours: HourOfRequests[] }[] {
  const places = new Map<string, { place: Place | null; hours: HourOfRequests[] }>();
  for (const hour of hours) {
    const name = requestLogName(hour.place);
    const known = places.get(name) ?? { place: hour.place, hours: [] };
    known.hours.push(hour);
    places.set(name, known);
  }
  return [...places.values()];
}

function inRows(hours: readonly HourOfRequests[]): HourOfRequests[][] {
  const rows: HourOfRequests[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const hour of hours) {
    const size = inBytes(hour).byteLength;
    if (bytes + size > BLOCK_BYTES || (rows.at(-1)?.length ?? 0) >= ROUND_SIZE) {
      rows.push([]);
      bytes = 0;
    }
    rows.at(-1)?.push(hour);
    bytes += size;
  }
  return rows;
}
