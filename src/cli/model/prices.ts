/**
 * What the platform charges, and where its parts end. Dollars for one operation, beyond what a plan includes.
 *
 * Read on 2026-11-28 in https://developers.cloudflare.com/workers/platform/pricing/,
 * https://developers.cloudflare.com/durable-objects/platform/pricing/, https://developers.cloudflare.com/d1/platform/pricing/ and
 * https://developers.cloudflare.com/kv/platform/pricing/.
 * Analytics Engine on 2026-11-29 in https://developers.cloudflare.com/analytics/analytics-engine/pricing/.
 */

export const PRICES = {
  request: 0.3e-6,
  cpuMs: 0.02e-6,
  objectRequest: 0.15e-6,
  /** A second of an object with its 128 MB. */
  objectSecond: 12.5e-6 * 0.128,
  objectRow: 1e-6,
  alarmSet: 1e-6,
  d1RowRead: 0.001e-6,
  d1RowWritten: 1e-6,
  kvRead: 0.5e-6,
  kvWrite: 5e-6,
  dataPoint: 0.25e-6,
} as const;

export type Operation = keyof typeof PRICES;

/**
 * A second. One D1 database runs one query at a time: https://developers.cloudflare.com/d1/platform/limits/.
 * An object: https://developers.cloudflare.com/durable-objects/best-practices/rules-of-durable-objects/.
 */
export const LIMITS = {
  d1: 1_000,
  /** Of one database. */
  d1Gigabytes: 10,
  /** Of one entry: https://developers.cloudflare.com/kv/platform/limits/. */
  kvWrites: 1,
  /** Requests to one object that writes for each. */
  object: 500,
  /** Processor time of one object, which has one thread. */
  seconds: 1,
} as const;
