/** Sums of usage, by what the reader asks for. */

import { type Answered, addAnswered, failuresIn, newAnswered, RESPONSE_BYTES } from "./answers.ts";
import { DAY_MS, HOUR_MS } from "./durations.ts";
import { startOfPeriod } from "./quota.ts";
import { countOfName, keyOfName, type Tallies } from "./tallies.ts";

/** What requests can be grouped by. */
export const USAGE_GROUPS = ["hour", "day", "environment", "organization", "key", "route", "outcome"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];
type Group = Partial<Record<UsageGroup, string | number>>;

export interface UsageSum {
  /** What these requests have in common; hours and days by their beginning. */
  readonly group: Readonly<Group>;
  readonly requests: number;
  /** How many of these were refused by the gateway. */
  readonly refused: number;
  /** How many were refused, or answered by an origin with 4xx or 5xx. */
  readonly failed: number;
  readonly answered: Answered;
}

/** As collectors of older versions answer too. */
export type HeardSum = Omit<UsageSum, "failed" | "answered"> & Partial<Pick<UsageSum, "failed" | "answered">>;

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

/** Of which requests usage is summed up, and by what. `undefined`: of any. */
export interface UsageScope {
  readonly organizationId?: string | undefined;
  readonly keyIds?: readonly string[] | undefined;
  readonly environment?: string | undefined;
  readonly route?: string | undefined;
  readonly outcomes?: readonly string[] | undefined;
  readonly groups: readonly UsageGroup[];
}

/** What a collector is asked. */
export interface UsageQuestion extends UsageScope {
  readonly spans: Spans;
  /** So many sums at most, the greatest by this. */
  readonly top?: Top | undefined;
}

/** What sums can be in the order of. */
export const USAGE_SORTS = ["requests", "refused", "failed", "response_bytes"] as const;
export type UsageSort = (typeof USAGE_SORTS)[number];

export interface Top {
  readonly by: UsageSort;
  readonly count: number;
}

const VALUES: Record<UsageSort, (sum: UsageSum) => number> = {
  requests: ({ requests }) => requests,
  refused: ({ refused }) => refused,
  failed: ({ failed }) => failed,
  response_bytes: ({ answered }) => answered[RESPONSE_BYTES] ?? 0,
};

export interface UsageAnswer {
  /** From this day on, D1 may not have what the collector has; the answer has it. */
  readonly liveFrom: number;
  readonly sums: readonly HeardSum[];
}

interface Summing {
  readonly group: Group;
  requests: number;
  refused: number;
  failed: number;
  readonly answered: number[];
}

export class UsageSums {
  readonly #scope: UsageScope;
  readonly #keyIds: ReadonlySet<string> | undefined;
  readonly #outcomes: ReadonlySet<string> | undefined;
  readonly #sums = new Map<string, Summing>();

  constructor(scope: UsageScope) {
    this.#scope = scope;
    this.#keyIds = scope.keyIds && new Set(scope.keyIds);
    this.#outcomes = scope.outcomes && new Set(scope.outcomes);
  }

  /** `at`: the beginning of their hour or day. */
  addTallies(tallies: Tallies, at: number): void {
    const wanted = this.#scope;
    for (const [name, { environment, requests, answered }] of tallies) {
      const { organizationId, keyId } = keyOfName(name);
      if (wanted.organizationId !== undefined && wanted.organizationId !== organizationId) continue;
      if (wanted.environment !== undefined && wanted.environment !== environment) continue;
      if (this.#keyIds && !this.#keyIds.has(keyId)) continue;
      const of = { hour: at, day: startOfPeriod("day", at), environment, organization: organizationId, key: keyId };
      for (const [count, number] of requests) {
        const { outcome, route } = countOfName(count);
        if (wanted.route !== undefined && wanted.route !== route) continue;
        if (this.#outcomes && !this.#outcomes.has(outcome)) continue;
        const all = { ...of, route, outcome };
        const group = Object.fromEntries(wanted.groups.map((by) => [by, all[by]]));
        const more = answered.get(count);
        const isRefused = outcome !== "forwarded";
        const failed = isRefused ? number : failuresIn(more ?? []);
        this.add({ group, requests: number, refused: isRefused ? number : 0, failed, answered: more });
      }
    }
  }

  add({ group, requests, refused, failed = refused, answered = [] }: HeardSum): void {
    const name = JSON.stringify(this.#scope.groups.map((by) => group[by]));
    const sum = this.#sums.get(name) ?? nothing(group);
    this.#sums.set(name, sum);
    sum.requests += requests;
    sum.refused += refused;
    sum.failed += failed;
    addAnswered(sum.answered, answered);
  }

  /** In the order of the groups; one of nothing if there are no groups. */
  all(): UsageSum[] {
    const { groups } = this.#scope;
    if (groups.length === 0 && this.#sums.size === 0) return [nothing({})];
    return [...this.#sums.values()].sort((one, other) => compareGroups(one.group, other.group, groups));
  }

  /** The greatest, without those of 0. */
  top({ by, count }: Top): UsageSum[] {
    const value = VALUES[by];
    return this.all()
      .filter((sum) => value(sum) > 0)
      .sort((one, other) => value(other) - value(one))
      .slice(0, count);
  }
}

const nothing = (group: Group): Summing => ({ group, requests: 0, refused: 0, failed: 0, answered: newAnswered() });

export function compareGroups<By extends string>(
  one: Partial<Record<By, string | number>>,
  other: Partial<Record<By, string | number>>,
  groups: readonly By[],
): number {
  for (const by of groups) {
    const [a, b] = [one[by] as string | number, other[by] as string | number];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}
