/**
 * A collector, a role of the courier's class: hears what isolates report of many keys. A report is one row, stored before it is
 * answered. An alarm adds the reports up by hours and days, and writes days to D1.
 */

import { isRecent } from "../domain/age.ts";
import { DAY_MS, HOUR_MS } from "../domain/durations.ts";
import type { LatencyQuestion, LatencySum } from "../domain/latency-sums.ts";
import { batchAfterMs, COLLECT_EVERY_MS, KEYS_AT_ONCE, REPORTS_AT_ONCE } from "../domain/pace.ts";
import type { KeyUse, Report, ReportAnswer } from "../domain/report.ts";
import { RequestPace } from "../domain/request-pace.ts";
import type { RouteTraffic } from "../domain/traffic.ts";
import type { TrafficQuestion, TrafficSum } from "../domain/traffic-sums.ts";
import type { UsageAnswer, UsageQuestion } from "../domain/usage-sums.ts";
import { addCollector, readOrganizationsOf } from "../store/usage.ts";
import { DayWriter } from "./day-writer.ts";
import { Journal } from "./journal.ts";
import { LatencyReader } from "./latency-reader.ts";
import { RequestStore } from "./request-store.ts";
import type { Restores } from "./restores.ts";
import { type Sums, sumsOf } from "./sums.ts";
import { TrafficStore } from "./traffic-store.ts";
import { UsageBlocks } from "./usage-blocks.ts";
import { UsageReader } from "./usage-reader.ts";

/** How soon the first report after a pause is worked off. */
const SOON_MS = 5_000;
/** How long hours are kept: 31 days can be asked for. */
const HOURS_KEPT_MS = 32 * DAY_MS;
/** How long days are kept: D1 can be restored to 30 days ago, and then they are written again. */
const DAYS_KEPT_MS = 35 * DAY_MS;

const STATE = "collector";
const NOTHING = { hours: [], days: [] };

interface State {
  readonly number: number;
  readonly workedOffAt: number;
  /** When an old hour and an old day were deleted last. */
  readonly removedAt: number;
  /** Of which something is stored, the earliest first. */
  readonly hours: readonly number[];
  readonly days: readonly number[];
  /** The number of the latest restore of D1 that it has heard of. */
  readonly generation?: number | undefined;
  /** Whether D1 knows of this collector. */
  readonly isListed?: boolean | undefined;
}

export interface CollectorSettings {
  readonly db: D1Database;
  readonly collectors: number;
  /** How long requests are kept. */
  readonly requestsKeptMs: number;
}

export class Collector {
  readonly #storage: DurableObjectStorage;
  readonly #restores: Restores;
  readonly #settings: () => CollectorSettings;
  readonly #journal: Journal;
  readonly #hours: UsageBlocks;
  readonly #days: UsageBlocks;
  readonly #traffic: TrafficStore;
  readonly requests: RequestStore;
  readonly #pace = new RequestPace();
  /** Of reports since the last alarm. */
  #keys = 0;
  /** When a batch was written to D1 last. */
  #wroteAt = Number.NEGATIVE_INFINITY;

  constructor(storage: DurableObjectStorage, restores: Restores, settings: () => CollectorSettings) {
    this.#storage = storage;
    this.#restores = restores;
    this.#settings = settings;
    this.#journal = new Journal(storage.kv);
    this.#hours = new UsageBlocks(storage.kv, "hour/");
    this.#days = new UsageBlocks(storage.kv, "day/");
    this.#traffic = new TrafficStore(storage.kv, this.#journal);
    this.requests = new RequestStore(storage, this.#journal, () => settings().requestsKeptMs);
  }

  /** Whether this object is one. */
  get isHere(): boolean {
    return this.#state !== undefined;
  }

  async report(number: number, report: Report, now: number): Promise<ReportAnswer> {
    const state = this.#state ?? { number, workedOffAt: 0, removedAt: 0, hours: [], days: [] };
    if (!this.isHere) this.#put(state);
    if (this.#journal.add(report, now)) this.#keys += report.keys?.length ?? 0;
    const soon = Math.max(now + SOON_MS, Math.min(state.workedOffAt, now) + COLLECT_EVERY_MS);
    await this.#ringBy(this.#keys < KEYS_AT_ONCE ? soon : now);
    return { generation: await this.#learnOfRestore(now), requests: this.#pace.hear(now) };
  }

  async alarm(now: number): Promise<void> {
    // First, so that there is a next alarm whatever fails below.
    await this.#storage.setAlarm(now + COLLECT_EVERY_MS);
    this.#keys = 0;
    await this.#learnOfRestore(now);
    const isAll = await this.#workOff(now);
    await this.#beListed();
    this.requests.settle(now);
    const writer = new DayWriter(this.#storage, this.#days, this.#settings().db);
    const { days } = this.#state as State;
    const written = await this.#writeDays(writer, now);
    this.#removeOld(now);
    if (!isAll) await this.#storage.setAlarm(now);
    else if (written === "some") await this.#storage.setAlarm(now + this.#batchAfterMs);
    else if (written === "all") await this.#ringNext(writer.nextAt(days, now), now);
  }

  usage(question: UsageQuestion, now: number): UsageAnswer | "too much" {
    return this.#reader.sum(question, this.#state ?? NOTHING, now);
  }

  lastUse(organizationId: string, keyId: string): number | undefined {
    return this.#reader.lastUse(organizationId, keyId, this.#state?.days ?? []);
  }

  traffic(question: TrafficQuestion): readonly TrafficSum[] {
    return this.#traffic.sum(question);
  }

  latency(question: LatencyQuestion): readonly LatencySum[] {
    return new LatencyReader(this.#journal, this.#hours, this.#days).sum(question, this.#state ?? NOTHING);
  }

  trafficTotals(): readonly RouteTraffic[] {
    return this.#traffic.totals();
  }

  get #reader(): UsageReader {
    return new UsageReader(this.#journal, this.#hours, this.#days);
  }

  /** Alarms can ring more often than batches may come. */
  async #writeDays(writer: DayWriter, now: number): Promise<"all" | "some" | "failed"> {
    if (isRecent(this.#wroteAt, this.#batchAfterMs, now)) return "some";
    const { number, days } = this.#state as State;
    const written = await writer.write(number, days, now);
    // If nothing was due, the next that is can be written at once.
    this.#wroteAt = now;
    return written;
  }

  get #batchAfterMs(): number {
    return batchAfterMs(this.#settings().collectors);
  }

  get #state(): State | undefined {
    return this.#storage.kv.get<State>(STATE);
  }

  #put(state: State): void {
    this.#storage.kv.put(STATE, state);
  }

  /** Returns the number of the latest restore of D1. After another one, what D1 has lost is written again. */
  async #learnOfRestore(now: number): Promise<number | undefined> {
    const generation = await this.#restores.latest(now);
    const state = this.#state as State;
    if (generation === undefined || generation <= (state.generation ?? -1)) return generation;
    this.#storage.transactionSync(() => {
      if (state.generation !== undefined) for (const day of state.days) this.#days.forget(day);
      this.#put({ ...state, generation, isListed: false });
    });
    return generation;
  }

  /** Adds up reports, and returns whether these were all. */
  async #workOff(now: number): Promise<boolean> {
    const { entries, areAll } = this.#journal.next(REPORTS_AT_ONCE);
    const unknown = entries.flatMap(([, { keys }]) => keys.filter(({ organizationId }) => organizationId === null));
    const organizations = await this.#organizationsOf(unknown);
    this.#storage.transactionSync(() => {
      const { hours, days, waiting } = sumsOf(entries, organizations, now);
      for (const [name, left] of waiting) this.#journal.replace(name, left);
      this.#add(hours, days, now);
      this.#traffic.add(entries.map(([, heard]) => heard));
      this.requests.add(
        entries.flatMap(([, { requests }]) => requests),
        now,
      );
      const done = entries.map(([name]) => name).filter((name) => !waiting.has(name));
      this.#journal.remove(done, now);
    });
    if (!areAll && !organizations) this.#journal.pass(entries);
    return areAll;
  }

  /** So that it is asked for what it has if the configuration has fewer collectors one day. The first is always asked. */
  async #beListed(): Promise<void> {
    const { number, isListed } = this.#state as State;
    if (number === 0 || isListed || (this.#traffic.isEmpty && this.requests.isEmpty)) return;
    const isDone = await addCollector(this.#settings().db, number).catch(() => false);
    if (isDone) this.#put({ ...(this.#state as State), isListed: true });
  }

  /** `undefined` if D1 does not say. */
  async #organizationsOf(keys: readonly KeyUse[]): Promise<ReadonlyMap<string, string> | undefined> {
    if (keys.length === 0) return new Map();
    const ids = [...new Set(keys.map(({ keyId }) => keyId))];
    return readOrganizationsOf(this.#settings().db, ids).catch(() => undefined);
  }

  #add(hours: Sums["hours"], days: Sums["days"], now: number): void {
    const state = this.#state as State;
    for (const [hour, tallies] of hours) this.#hours.add(hour, tallies, state.hours.at(-1));
    for (const [day, tallies] of days) this.#days.add(day, tallies, state.days.at(-1));
    const withMore = (known: readonly number[], more: Iterable<number>) =>
      [...new Set([...known, ...more])].sort((one, other) => one - other);
    const stored = { hours: withMore(state.hours, hours.keys()), days: withMore(state.days, days.keys()) };
    this.#put({ ...state, ...stored, workedOffAt: now });
  }

  /** One of each in each hour, so that a clock that jumps ahead deletes next to nothing. */
  #removeOld(now: number): void {
    const state = this.#state as State;
    if (Math.floor(now / HOUR_MS) === Math.floor(state.removedAt / HOUR_MS)) return;
    const [hour, day] = [state.hours[0], state.days[0]];
    this.#storage.transactionSync(() => {
      const hasOldHour = hour !== undefined && hour < now - HOURS_KEPT_MS;
      const hasOldDay = day !== undefined && day < now - DAYS_KEPT_MS;
      if (hasOldHour) this.#hours.remove(hour);
      if (hasOldDay) this.#days.remove(day);
      const left = { hours: state.hours.slice(hasOldHour ? 1 : 0), days: state.days.slice(hasOldDay ? 1 : 0) };
      this.#traffic.removeOldest(now - HOURS_KEPT_MS);
      this.#put({ ...state, ...left, removedAt: now });
    });
  }

  /** Reports that came meanwhile wait no longer than others. Each hour there may be something old. */
  async #ringNext(dueAt: number | undefined, now: number): Promise<void> {
    const { hours, days } = this.#state as State;
    if (!this.#journal.isEmpty) return;
    const isEmpty = hours.length + days.length === 0 && this.#traffic.isEmpty && this.requests.isEmpty;
    if (isEmpty) return this.#storage.deleteAlarm();
    await this.#storage.setAlarm(
      Math.max(now + COLLECT_EVERY_MS, Math.min(dueAt ?? Number.POSITIVE_INFINITY, now + HOUR_MS)),
    );
  }

  async #ringBy(at: number): Promise<void> {
    const set = await this.#storage.getAlarm();
    if (set === null || set > at) await this.#storage.setAlarm(at);
  }
}
