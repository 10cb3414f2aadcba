/** How long the requests of one organization took, by what the reader asks for. */

import { addLatency, type Latency, newLatency } from "./latency.ts";
import { startOfPeriod } from "./quota.ts";
import { compareGroups, type Spans } from "./usage-sums.ts";

/** What latencies can be grouped by. */
export const LATENCY_GROUPS = ["hour", "day", "environment"] as const;
export type LatencyGroup = (typeof LATENCY_GROUPS)[number];

/** What a collector is asked. */
export interface LatencyQuestion {
  readonly organizationId: string;
  /** `undefined`: of any. */
  readonly environment?: string | undefined;
  readonly groups: readonly LatencyGroup[];
  readonly spans: Spans;
}

export interface LatencySum {
  /** What these requests have in common; hours and days by their beginning. */
  readonly group: Readonly<Partial<Record<LatencyGroup, string | number>>>;
  readonly latency: Latency;
}

export class LatencySums {
  readonly #groups: readonly LatencyGroup[];
  readonly #sums = new Map<string, LatencySum>();

  constructor(groups: readonly LatencyGroup[]) {
    this.#groups = groups;
  }

  /** `at`: the beginning of their hour or day. */
  addAt(at: number, environment: string, latency: Latency): void {
    const all = { hour: at, day: startOfPeriod("day", at), environment };
    this.add({ group: Object.fromEntries(this.#groups.map((by) => [by, all[by]])), latency });
  }

  add({ group, latency }: LatencySum): void {
    const name = JSON.stringify(this.#groups.map((by) => group[by]));
    const sum = this.#sums.get(name) ?? { group, latency: newLatency() };
    addLatency(sum.latency, latency);
    this.#sums.set(name, sum);
  }

  /** In the order of the groups. */
  all(): LatencySum[] {
    return [...this.#sums.values()].sort((one, other) => compareGroups(one.group, other.group, this.#groups));
  }
}
