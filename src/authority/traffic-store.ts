/**
 * The traffic that a collector has heard of: since it began, as totals that only grow, and in each hour of the last month. A row for the
 * totals and for each hour; what is in the journal is added when it is read.
 */

import { startOfPeriod } from "../domain/quota.ts";
import { type RouteTraffic, TrafficTally } from "../domain/traffic.ts";
import { type TrafficQuestion, type TrafficSum, TrafficSums } from "../domain/traffic-sums.ts";
import type { Heard, Journal } from "./journal.ts";

const TOTALS = "traffic";
const HOURS = "traffic_hours";
const PREFIX = "traffic/";

export class TrafficStore {
  readonly #kv: SyncKvStorage;
  readonly #journal: Journal;

  constructor(kv: SyncKvStorage, journal: Journal) {
    this.#kv = kv;
    this.#journal = journal;
  }

  /** Whether no hour is stored. */
  get isEmpty(): boolean {
    return this.#hours().length === 0;
  }

  /** What leaves the journal in the same transaction. */
  add(heard: readonly Heard[]): void {
    const byHour = trafficByHour(heard);
    if (byHour.size === 0) return;
    const totals = new TrafficTally(this.#stored(TOTALS));
    for (const [hour, routes] of byHour) {
      const tally = new TrafficTally(this.#stored(PREFIX + hour));
      for (const route of routes) {
        tally.add(route);
        totals.add(route);
      }
      this.#kv.put(PREFIX + hour, tally.all());
    }
    this.#kv.put(TOTALS, totals.all());
    const hours = this.#hours();
    const more = [...byHour.keys()].filter((hour) => !hours.includes(hour));
    if (more.length > 0)
      this.#kv.put(
        HOURS,
        [...hours, ...more].sort((one, other) => one - other),
      );
  }

  totals(): readonly RouteTraffic[] {
    const totals = new TrafficTally(this.#stored(TOTALS));
    for (const routes of this.#waiting().values()) for (const route of routes) totals.add(route);
    return totals.all();
  }

  sum(question: TrafficQuestion): TrafficSum[] {
    const isAsked = (hour: number) => hour >= question.from && hour < question.to;
    const sums = new TrafficSums(question);
    for (const hour of this.#hours()) if (isAsked(hour)) sums.addHour(hour, this.#stored(PREFIX + hour));
    for (const [hour, routes] of this.#waiting()) if (isAsked(hour)) sums.addHour(hour, routes);
    return sums.all();
  }

  /** One hour, if it began before. The totals stay. */
  removeOldest(before: number): void {
    const [oldest, ...hours] = this.#hours();
    if (oldest === undefined || oldest >= before) return;
    this.#kv.delete(PREFIX + oldest);
    this.#kv.put(HOURS, hours);
  }

  #waiting(): Map<number, RouteTraffic[]> {
    return trafficByHour(this.#journal.entries().map(([, heard]) => heard));
  }

  #stored(name: string): readonly RouteTraffic[] {
    return this.#kv.get<RouteTraffic[]>(name) ?? [];
  }

  /** The earliest first. */
  #hours(): readonly number[] {
    return this.#kv.get<number[]>(HOURS) ?? [];
  }
}

function trafficByHour(heard: Iterable<Heard>): Map<number, RouteTraffic[]> {
  const hours = new Map<number, RouteTraffic[]>();
  for (const { arrivedAt, traffic = [] } of heard) {
    if (traffic.length === 0) continue;
    const hour = startOfPeriod("hour", arrivedAt);
    hours.set(hour, [...(hours.get(hour) ?? []), ...traffic]);
  }
  return hours;
}
