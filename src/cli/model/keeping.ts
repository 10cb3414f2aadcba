/** What collectors do to keep single requests. Calculated. */

import { HOUR_SECONDS } from "../../domain/durations.ts";
import { KEPT } from "../../domain/pace.ts";
import { FIRST_KEPT, LAST_KEPT, SAMPLE_SIZE } from "../../domain/request-log.ts";
import type { Group, Traffic } from "./traffic.ts";

/** A second, of all collectors together. */
export interface Keeping {
  readonly rows: number;
  /** Processor time. */
  readonly seconds: number;
  /** Of an hour in one collector: all failures, and one request of each route that succeeded. */
  readonly characters: number;
}

/** Of the requests, those that fail, and how many routes an organization uses: assumed. */
const FAILING = 0.02;
const ROUTES = 2;
/** Of a request as it is reported, of one that succeeded and of one that failed as it is stored: measured. */
const REPORTED_BYTES = 480;
const SUCCEEDED_CHARACTERS = 270;
const FAILED_CHARACTERS = 350;
/** Of a request from its report to its hour, and of each character of an hour to which some are added: measured on one core. */
const REQUEST_SECONDS = 15e-6;
const CHARACTER_SECONDS = 20e-9;
const ROW_BYTES = 1e6;
const FULLNESS = 3 / 4;

type Keepers = Pick<Traffic, "perSecond" | "organizations" | "keepsRequests" | "collectors"> & {
  readonly alarms: number;
};

export function keepingOf(all: readonly Group[], traffic: Keepers): Keeping {
  const { perSecond, organizations, keepsRequests, collectors, alarms } = traffic;
  if (!keepsRequests) return { rows: 0, seconds: 0, characters: 0 };
  const reported = Math.min(perSecond, (collectors * KEPT.aMinute) / 60);
  const bytes = reported * REPORTED_BYTES;
  const keys = all.reduce((sum, group) => sum + group.keys, 0);
  /** Of an hour, if each organization has keys that are used equally. */
  const kept = (share: number, most: number) =>
    all.reduce((sum, group) => {
      const requests = (group.perSecond * keys * share * HOUR_SECONDS) / organizations;
      return sum + (group.keys / keys) * organizations * Math.min(requests, ROUTES * most);
    }, 0);
  const failed = kept(FAILING, FIRST_KEPT + LAST_KEPT) * FAILED_CHARACTERS;
  const sampled = (size: number) => kept(1 - FAILING, size) * SUCCEEDED_CHARACTERS;
  const stored = Math.min((failed + sampled(SAMPLE_SIZE)) / collectors, KEPT.maxHourCharacters);
  const settled = Math.max(1_000 / KEPT.waitsMs, bytes / collectors / KEPT.waitingBytes);
  const parts = Math.max(1, stored / KEPT.partCharacters / FULLNESS);
  return {
    // What waits is a row, and its removal another. An hour also has a list of its parts.
    rows: 2 * Math.max(alarms, bytes / ROW_BYTES) + collectors * settled * (parts + 1),
    seconds: reported * REQUEST_SECONDS + collectors * settled * stored * CHARACTER_SECONDS,
    characters: (failed + sampled(1)) / collectors,
  };
}
