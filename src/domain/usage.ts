/**
 * How much a key is used, as its authority keeps it: requests by route and outcome in each UTC hour, and which scopes they
 * needed. Isolates report what they have counted; a report that comes twice counts once.
 */

import { HOUR_MS } from "./durations.ts";
import { startOfPeriod } from "./quota.ts";

export interface UsageCount {
  /** As configured; empty if there is none. */
  readonly route: string;
  /** `forwarded`, or the code of the refusal. */
  readonly outcome: string;
  readonly requests: number;
}

/** What an isolate has counted since its report before. */
export interface UsageReport {
  /** The same if the report is sent again, because it is unknown whether it has arrived. */
  readonly id: string;
  readonly counts: readonly UsageCount[];
  /** Those that forwarded requests needed. */
  readonly scopes: readonly string[];
}

export interface UsageHour {
  /** Its beginning. */
  readonly hour: number;
  readonly counts: readonly UsageCount[];
}

export interface UsageState extends UsageHour {
  /** The day of the last use of each scope, as far as it is not in D1 yet. */
  readonly scopes: ReadonlyMap<string, number>;
  /** The reports that came last. */
  readonly heard: readonly string[];
}

export interface Noted {
  readonly state: UsageState;
  /** The hour before, if this report is the first of a new one: its counts are final. */
  readonly ended: UsageHour | undefined;
}

/** Reports that are known again when they come a second time. */
const MAX_HEARD = 64;
/** Different routes and outcomes in one hour; further ones count without a route. */
const MAX_COUNTS = 500;

/**
 * A report belongs to the hour in which it arrives. If the clock steps back a little, the hour continues. If it steps back further,
 * the counts of an ended hour begin again, and D1 keeps the greater ones.
 */
export function noteUsage(before: UsageState | undefined, report: UsageReport, now: number): Noted {
  const current = startOfPeriod("hour", now);
  const hour = before && before.hour - current === HOUR_MS ? before.hour : current;
  const { counts = [], scopes = new Map(), heard = [] } = before ?? {};
  const isNew = before !== undefined && before.hour !== hour;
  const ended = isNew ? { hour: before.hour, counts } : undefined;
  const counted = isNew ? [] : counts;
  if (heard.includes(report.id)) return { state: { hour, counts: counted, scopes, heard }, ended };
  return {
    state: {
      hour,
      counts: add(counted, report.counts),
      scopes: new Map([
        ...scopes,
        ...report.scopes.map((scope): [string, number] => [scope, startOfPeriod("day", hour)]),
      ]),
      heard: [...heard, report.id].slice(-MAX_HEARD),
    },
    ended,
  };
}

/** The state after `written` was written to D1. */
export function withoutScopes(state: UsageState, written: UsageState["scopes"]): UsageState {
  return { ...state, scopes: new Map([...state.scopes].filter(([scope, day]) => written.get(scope) !== day)) };
}

function add(counts: readonly UsageCount[], more: readonly UsageCount[]): UsageCount[] {
  const sums = new Map(counts.map((count) => [nameOf(count), count]));
  for (const count of more) {
    const isOneTooMany = sums.size >= MAX_COUNTS && !sums.has(nameOf(count));
    const { route, outcome, requests } = isOneTooMany ? { ...count, route: "" } : count;
    const name = nameOf({ route, outcome });
    sums.set(name, { route, outcome, requests: (sums.get(name)?.requests ?? 0) + requests });
  }
  return [...sums.values()];
}

/** Outcomes have no spaces. */
const nameOf = ({ route, outcome }: Pick<UsageCount, "route" | "outcome">) => `${outcome} ${route}`;
