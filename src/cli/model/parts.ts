/** The parts of a gateway that have a limit, and how near they are to it. */

import { MIN_DAYS } from "../../config/retention-schema.ts";
import { DAY_SECONDS } from "../../domain/durations.ts";
import { KEPT, RECONCILE_EVERY_MS } from "../../domain/pace.ts";
import type { Collecting } from "./collectors.ts";
import { followingOf } from "./feeds.ts";
import { LIMITS } from "./prices.ts";
import { type Group, type Traffic, usedWithin } from "./traffic.ts";

export interface Part {
  readonly name: string;
  /** A second, but for what is stored. */
  readonly load: number;
  readonly limit: number;
  /** At how many keys in use, each used as now, it reaches half of its limit. */
  readonly halfAtKeys: number;
}

export interface Loads {
  /** Of keys and their records, a second. */
  readonly d1Reads: number;
  /** Requests a second to the object of the key that is used most. */
  readonly busiestObject: number;
  readonly collecting: Collecting;
}

/** Failures, and the least sample of what succeeded. With more, fewer of each are kept. */
const KEPT_REQUESTS = "requests of an hour in a collector, MB";
export const BUSIEST_KEY = "the authority of the busiest key";

/** Rows that D1 writes in a large batch in the millisecond that a simple query takes: measured, 40 µs for each. */
const ROWS_OF_QUERY = 25;
/** Of a key with its secret, its scopes and their indexes; of a day of a key, with its index: measured. */
const KEY_BYTES = 2_000;
const DAY_BYTES = 260;
/** Of the sum of an organization's day. */
const SUM_BYTES = 130;
/** The entry of a key in KV is written again after a day. */
const KV_WRITES = 1 / DAY_SECONDS;

export function partsOf(traffic: Traffic, groups: readonly Group[], loads: Loads): Part[] {
  const { d1Reads, busiestObject, collecting } = loads;
  const { keys, collectors, usageDays } = traffic;
  const looks = followingOf(traffic).looks + 1_000 / RECONCILE_EVERY_MS;
  const queries = d1Reads + collecting.d1Batches + collecting.d1RowsWritten / ROWS_OF_QUERY + looks;
  const part = (name: string, load: number, limit: number, grows = true): Part => {
    return { name, load, limit, halfAtKeys: grows ? (keys * limit) / 2 / load : Number.POSITIVE_INFINITY };
  };
  return [
    part("D1 queries", queries, LIMITS.d1),
    part(`D1 with ${usageDays} days of usage, GB`, gigabytesOf(groups, traffic), LIMITS.d1Gigabytes),
    part("KV writes of one entry", KV_WRITES, LIMITS.kvWrites, false),
    part(BUSIEST_KEY, busiestObject, LIMITS.object, false),
    part(
      collectors === 1 ? "reports to the collector" : `reports to each of ${collectors} collectors`,
      collecting.reports / collectors,
      LIMITS.object,
    ),
    ...(traffic.feeds > 0
      ? [part(feedsName(traffic), followingOf(traffic).questions / traffic.feeds, LIMITS.object, false)]
      : []),
    part(KEPT_REQUESTS, collecting.keptCharacters / 1e6, KEPT.maxHourCharacters / 1e6),
    part("processor time of a collector, s", collecting.seconds / collectors, LIMITS.seconds),
  ];
}

export function feedsName({ feeds }: Pick<Traffic, "feeds">): string {
  return feeds === 1 ? "questions to the feed" : `questions to each of ${feeds} feeds`;
}

type Stored = Pick<Traffic, "keys" | "organizations">;

/** For how many days usage can be kept, if D1 is to be half full at most, but for no fewer than a configuration can have. */
export function usageDaysFor(groups: readonly Group[], { keys, organizations }: Stored): number {
  const left = (LIMITS.d1Gigabytes * 1e9) / 2 - keys * KEY_BYTES;
  return Math.max(MIN_DAYS, Math.floor(left / bytesOfDay(groups, organizations)));
}

/** What D1 stores. */
export function gigabytesOf(groups: readonly Group[], traffic: Stored & Pick<Traffic, "usageDays">): number {
  const { keys, organizations, usageDays } = traffic;
  return (keys * KEY_BYTES + usageDays * bytesOfDay(groups, organizations)) / 1e9;
}

/** Of usage. */
function bytesOfDay(groups: readonly Group[], organizations: number): number {
  const used = usedWithin(groups, DAY_SECONDS);
  return used * DAY_BYTES + Math.min(organizations, used) * SUM_BYTES;
}
