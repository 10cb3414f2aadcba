/** How often what runs beside requests runs, and how much of it at once: for the code that does it, and for the model of its costs. */

import { HOUR_MS, MINUTE_MS } from "./durations.ts";

/** How many secrets one isolate remembers, at most twice as many; about 250 bytes each. */
export const REMEMBERED_SECRETS = 35_000;

/** How long a count waits for its report. */
const REPORT_AFTER_MS = 10_000;
/** Work of a finished request may take 30 seconds: https://developers.cloudflare.com/workers/platform/limits/#duration */
const REPORT_LATE_MS = 20_000;
/** Each isolate reports to each collector. From here on there are so many isolates that each reports less often. */
const MANY_COLLECTORS = 10;

export function reportAfterMs(collectors: number): number {
  return collectors < MANY_COLLECTORS ? REPORT_AFTER_MS : REPORT_LATE_MS;
}

/** Keys in one report. */
export const REPORT_KEYS = 2_000;
/** Pairs of environment and route in one report. */
export const REPORT_ROUTES = 200;
/** How often a collector adds up what it has heard. */
export const COLLECT_EVERY_MS = MINUTE_MS;
/** Reports that are added up at once, and keys in them that do not wait for the minute. */
export const REPORTS_AT_ONCE = 100;
export const KEYS_AT_ONCE = 20_000;
/** About how many characters of an hour or a day are in one row: a tenth of what it can hold, in the widest of characters. */
export const PART_CHARACTERS = 64_000;
/** How often a key that is in use is written to D1, rows in one batch, and the least time from one batch of a collector to its next. */
export const DAYS_EVERY_MS = HOUR_MS;
export const DAY_ROWS_AT_ONCE = 5_000;

/** All collectors together write at most one batch a second. */
export function batchAfterMs(collectors: number): number {
  return Math.max(5_000, collectors * 1_000);
}

/** What a collector keeps of single requests. */
export const KEPT = {
  /** That a collector wants to hear of, from all isolates together. */
  aMinute: 30_000,
  /** What reports had waits to be added to its hour until it is so much, or so old. */
  waitingBytes: 8_000_000,
  waitsMs: 10 * MINUTE_MS,
  /** Of an hour, in one row. */
  partCharacters: 250_000,
  /** Of one organization and environment in an hour, beside those of requests whose route is left out. */
  maxPlaceCharacters: 2_500_000,
  /** Of an hour. A week of them is half of what an object can store: https://developers.cloudflare.com/durable-objects/platform/limits/ */
  maxHourCharacters: 32_000_000,
};

/** How often D1 is asked for changes. */
export const RECONCILE_EVERY_MS = 5_000;

/** How often an isolate asks a feed which keys have changed: so that the next answer comes while the last one is fresh. */
export function askFeedEveryMs(ttlMs: number): number {
  return Math.min(700, 0.35 * ttlMs);
}
/** As long as so many requests come meanwhile. */
export const REQUESTS_A_QUESTION = 3;
/** How often a feed asks D1 at most. Questions in between wait. */
export const READ_CHANGES_EVERY_MS = 250;
/** An isolate asks one of them. */
export const MAX_FEEDS = 50;
