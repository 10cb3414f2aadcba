/** What the collectors of usage cause. Calculated, not simulated: an isolate's report is of all its keys. */

import { DAY_SECONDS, HOUR_SECONDS } from "../../domain/durations.ts";
import {
  batchAfterMs,
  COLLECT_EVERY_MS,
  DAY_ROWS_AT_ONCE,
  KEPT,
  KEYS_AT_ONCE,
  PART_CHARACTERS,
  REPORT_KEYS,
  REPORTS_AT_ONCE,
  reportAfterMs,
} from "../../domain/pace.ts";
import { keepingOf } from "./keeping.ts";
import { LIMITS } from "./prices.ts";
import { type Group, isolatesOfKey, type Traffic, usedWithin } from "./traffic.ts";

/** A second, of all of them together. */
export interface Collecting {
  readonly reports: number;
  readonly alarms: number;
  readonly alarmSets: number;
  readonly rows: number;
  /** At most: many keys can share one. */
  readonly d1Batches: number;
  readonly d1RowsWritten: number;
  /** Of the requests that one of them keeps of an hour. */
  readonly keptCharacters: number;
  /** Processor time. */
  readonly seconds: number;
}

/** For one key in one report, until it is in an hour and a day: measured on one core. */
const USE_SECONDS = 90e-6;
/** The same for the latency of an organization in an environment: measured on one core. */
const LATENCY_SECONDS = 40e-6;
/** Of a key in an hour or a day, with one route and one scope; of the latency of an organization; and how full a part is on average. */
const KEY_CHARACTERS = 130;
const LATENCY_CHARACTERS = 200;
const FULLNESS = 3 / 4;
/**
 * Of a key in an hour: its last use, which two indexes have, and the count of its day with the sum that it is a part of. On its first use of
 * a day, an index has the count too.
 */
const D1_ROWS = { use: 3, count: 2, newCount: 3, scope: 1 };
/** As the configuration says of `collectors`. */
const KEYS_OF_ONE = 20_000;
const MAX_COLLECTORS = 100;

type Reporting = Pick<Traffic, "perSecond" | "isolates" | "organizations" | "keepsRequests">;

/** As few as keep each below half of what it can do. */
export function collectorsFor(groups: readonly Group[], traffic: Reporting): number {
  const keys = usedWithin(groups, HOUR_SECONDS);
  for (let collectors = Math.max(1, Math.ceil(keys / KEYS_OF_ONE)); collectors < MAX_COLLECTORS; collectors++) {
    const { reports, seconds, keptCharacters } = collectingOf(groups, { ...traffic, collectors });
    const isStored = keptCharacters <= KEPT.maxHourCharacters / 2;
    if (reports / collectors <= LIMITS.object / 2 && isStored && seconds / collectors <= LIMITS.seconds / 2)
      return collectors;
  }
  return MAX_COLLECTORS;
}

export function collectingOf(groups: readonly Group[], traffic: Reporting & Pick<Traffic, "collectors">): Collecting {
  const { collectors, isolates, perSecond, organizations } = traffic;
  const after = reportAfterMs(collectors) / 1_000;
  // A round begins with the first count after the one before.
  const round = after + isolates / perSecond;
  const keysOfIsolate = keysInRound(groups, traffic, after);
  const missed = (1 - 1 / collectors) ** keysOfIsolate;
  // Those of its keys, and the one that it tells of all requests.
  const reached = collectors * (1 - missed) + missed;
  const pages = Math.max(1, keysOfIsolate / collectors / REPORT_KEYS);
  const reports = (isolates * reached * pages) / round;
  const uses = (isolates * keysOfIsolate) / round;
  const alarms = Math.max(
    Math.min(reports, (collectors * 1_000) / COLLECT_EVERY_MS),
    reports / REPORTS_AT_ONCE,
    uses / KEYS_AT_ONCE,
  );
  const d1Rows =
    (usedWithin(groups, HOUR_SECONDS) * (D1_ROWS.use + D1_ROWS.count)) / HOUR_SECONDS +
    (usedWithin(groups, DAY_SECONDS) * (D1_ROWS.newCount - D1_ROWS.count + D1_ROWS.scope)) / DAY_SECONDS;
  const mostBatches = (collectors * 1_000) / batchAfterMs(collectors);
  const d1Batches = Math.max(Math.min(alarms, d1Rows, mostBatches), d1Rows / DAY_ROWS_AT_ONCE);
  const keysAtOnce = uses / alarms;
  // At most: an isolate has several keys of some organizations.
  const latencies = (isolates * Math.min(keysOfIsolate, organizations)) / round;
  const parts = (seconds: number) => {
    const keys = usedWithin(groups, seconds);
    const characters = keys * KEY_CHARACTERS + Math.min(keys, organizations) * LATENCY_CHARACTERS;
    return touched(characters / collectors, keysAtOnce);
  };
  const days = parts(DAY_SECONDS);
  // A report is a row, and its removal another. An alarm also writes two lists, its state, the names of isolates, and the counts of all
  // requests in the hour and since the beginning.
  const rows = reports * 2 + alarms * (parts(HOUR_SECONDS) + days + 6) + d1Batches * (days + 1);
  const keeping = keepingOf(groups, { ...traffic, alarms });
  return {
    ...{ reports, alarms, alarmSets: 3 * alarms, d1Batches, d1RowsWritten: d1Rows },
    ...{
      rows: rows + keeping.rows,
      seconds: uses * USE_SECONDS + latencies * LATENCY_SECONDS + keeping.seconds,
      keptCharacters: keeping.characters,
    },
  };
}

/** What is written when so many keys are first used on a day, with so many counts and scopes. */
export function d1RowsOf({ uses, counts, scopes }: Record<"uses" | "counts" | "scopes", number>): number {
  return D1_ROWS.use * uses + D1_ROWS.newCount * counts + D1_ROWS.scope * scopes;
}

function keysInRound(groups: readonly Group[], traffic: Pick<Traffic, "isolates">, seconds: number): number {
  const share = isolatesOfKey(traffic) / traffic.isolates;
  const used = ({ perSecond }: Group) => 1 - Math.exp((-perSecond * seconds) / isolatesOfKey(traffic));
  return groups.reduce((sum, group) => sum + group.keys * share * used(group), 0);
}

/** Rows of an hour or a day that have one of the keys that are added at once. */
function touched(characters: number, keysAtOnce: number): number {
  const parts = Math.max(1, characters / (PART_CHARACTERS * FULLNESS));
  return parts * (1 - Math.exp(-keysAtOnce / parts));
}
