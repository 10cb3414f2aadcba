/** Sums of usage, by what the reader asks for. */

import { DAY_MS, HOUR_MS } from "./durations.ts";
import { startOfPeriod } from "./quota.ts";
import { countOfName, keyOfName, type Tallies } from "./tallies.ts";

/** What requests can be grouped by. */
export const USAGE_GROUPS = ["hour", "day", "environment", "key", "route", "outcome"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];
type Group = Partial<Record<UsageGroup, string | number>>;

export interface UsageSum {
  /** What these requests have in common; hours and days by their beginning. */
  readonly group: Readonly<Group>;
  readonly requests: number;
  /** How many of these did not reach an origin. */
  readonly refused: number;
}

/** From `from` to before `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The parts of a time that hours and whole days add up to. */
export interface Spans {
  readonly hours: readonly Span[];
  readonly days: Span | undefined;
}

/** How many days ago hours are still known, at least. */
export const HOURS_DAYS = 31;

/**
 * A time that begins in the hour of `from` and ends before `to`, in whole days as far as possible. Where hours are no longer known,
 * days count whole.
 */
export function spansOf({ from, to }: Span, now: number): Span & Spans {
  const oldest = firstHour(now);
  const begin = startOfPeriod(from < oldest ? "day" : "hour", from);
  // The running day is not longer than its last hour.
  const end = to < oldest || to > startOfPeriod("hour", now) ? endOfDays(to) : to;
  const days = { from: endOfDays(begin), to: startOfPeriod("day", end) };
  if (days.from >= days.to) return { from: begin, to: end, hours: [{ from: begin, to: end }], days: undefined };
  const hours = [
    { from: begin, to: days.from },
    { from: days.to, to: end },
  ];
  return { from: begin, to: end, hours: hours.filter((span) => span.from < span.to), days };
}

/** Since when hours are known. */
export function firstHour(now: number): number {
  return startOfPeriod("day", now) - HOURS_DAYS * DAY_MS;
}

export function hourly({ from, to }: Span): Span & Spans {
  const span = { from: from - (from % HOUR_MS), to };
  return { ...span, hours: [span], days: undefined };
}

/** The first midnight that is not before. */
function endOfDays(at: number): number {
  return startOfPeriod("day", at + DAY_MS - 1);
}

/** Of which keys usage is summed up, and by what. */
export interface UsageScope {
  readonly organizationId: string;
  /** `undefined` for all. */
  readonly keyIds?: readonly string[] | undefined;
  readonly environment?: string | undefined;
  readonly groups: readonly UsageGroup[];
}

/** What a collector is asked. */
export interface UsageQuestion extends UsageScope {
  readonly spans: Spans;
}

export interface UsageAnswer {
  /** From this day on, D1 may not have what the collector has; the answer has it. */
  readonly liveFrom: number;
  readonly sums: readonly UsageSum[];
}

export class UsageSums {
  readonly #scope: UsageScope;
  readonly #keyIds: ReadonlySet<string> | undefined;
  readonly #sums = new Map<string, { group: Group; requests: number; refused: number }>();

  constructor(scope: UsageScope) {
    this.#scope = scope;
    this.#keyIds = scope.keyIds && new Set(scope.keyIds);
  }

  /** `at`: the beginning of their hour or day. */
  addTallies(tallies: Tallies, at: number): void {
    const { organizationId, environment: wanted } = this.#scope;
    for (const [name, { environment, requests }] of tallies) {
      const key = keyOfName(name);
      if (key.organizationId !== organizationId || (wanted !== undefined && wanted !== environment)) continue;
      if (this.#keyIds && !this.#keyIds.has(key.keyId)) continue;
      for (const [count, number] of requests) {
        const { outcome, route } = countOfName(count);
        const all = { hour: at, day: startOfPeriod("day", at), environment, key: key.keyId, route, outcome };
        const group = Object.fromEntries(this.#scope.groups.map((by) => [by, all[by]]));
        this.add({ group, requests: number, refused: outcome === "forwarded" ? 0 : number });
      }
    }
  }

  add({ group, requests, refused }: UsageSum): void {
    const name = JSON.stringify(this.#scope.groups.map((by) => group[by]));
    const sum = this.#sums.get(name);
    if (sum) {
      sum.requests += requests;
      sum.refused += refused;
    } else this.#sums.set(name, { group, requests, refused });
  }

  /** In the order of the groups; one of nothing if there are no groups. */
  all(): UsageSum[] {
    const { groups } = this.#scope;
    if (groups.length === 0 && this.#sums.size === 0) return [{ group: {}, requests: 0, refused: 0 }];
    return [...this.#sums.values()].sort((one, other) => compare(one.group, other.group, groups));
  }

  /** Those with the most requests. */
  top(count: number): UsageSum[] {
    return this.all()
      .sort((one, other) => other.requests - one.requests)
      .slice(0, count);
  }
}

function compare(one: Group, other: Group, groups: readonly UsageGroup[]): number {
  for (const by of groups) {
    const [a, b] = [one[by] as string | number, other[by] as string | number];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}
