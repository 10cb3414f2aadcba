/** Sums of traffic over some hours, by what the reader asks for. */

import { startOfPeriod } from "./quota.ts";
import { addTraffic, newTraffic, type RouteTraffic, type Traffic } from "./traffic.ts";
import { compareGroups, type Span } from "./usage-sums.ts";

/** What traffic can be grouped by. */
export const TRAFFIC_GROUPS = ["hour", "day", "environment", "route"] as const;
export type TrafficGroup = (typeof TRAFFIC_GROUPS)[number];
type Group = Partial<Record<TrafficGroup, string | number>>;

/** What a collector is asked: hours that begin within the span. `undefined`: any. */
export interface TrafficQuestion extends Span {
  readonly environment?: string | undefined;
  readonly route?: string | undefined;
  readonly groups: readonly TrafficGroup[];
}

export interface TrafficSum {
  /** What these requests have in common; hours and days by their beginning. */
  readonly group: Readonly<Group>;
  readonly traffic: Traffic;
}

export class TrafficSums {
  readonly #question: Omit<TrafficQuestion, keyof Span>;
  readonly #sums = new Map<string, TrafficSum>();

  constructor(question: Omit<TrafficQuestion, keyof Span>) {
    this.#question = question;
  }

  addHour(hour: number, routes: Iterable<RouteTraffic>): void {
    const { groups, ...wanted } = this.#question;
    for (const { environment, route, ...traffic } of routes) {
      if (wanted.environment !== undefined && wanted.environment !== environment) continue;
      if (wanted.route !== undefined && wanted.route !== route) continue;
      const all = { hour, day: startOfPeriod("day", hour), environment, route };
      this.add({ group: Object.fromEntries(groups.map((by) => [by, all[by]])), traffic });
    }
  }

  add({ group, traffic }: TrafficSum): void {
    const name = JSON.stringify(this.#question.groups.map((by) => group[by]));
    const sum = this.#sums.get(name) ?? { group, traffic: newTraffic() };
    addTraffic(sum.traffic, traffic);
    this.#sums.set(name, sum);
  }

  /** In the order of the groups. */
  all(): TrafficSum[] {
    const { groups } = this.#question;
    return [...this.#sums.values()].sort((one, other) => compareGroups(one.group, other.group, groups));
  }
}
