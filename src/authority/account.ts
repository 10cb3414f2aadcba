/** What an authority's object stores beside the key's record. */

import { HOUR_MS } from "../domain/durations.ts";
import type { KeyRecord } from "../domain/key.ts";
import type { LedgerState } from "../domain/ledger-state.ts";
import { endOfPeriod, type Period } from "../domain/quota.ts";
import { restsAt } from "../domain/rest.ts";
import type { UsageState } from "../domain/usage.ts";
import { TOMBSTONE_MS } from "./tombstones.ts";

/** One row, so that a question costs one write. */
export interface Account {
  readonly ledger?: LedgerState | undefined;
  readonly usage?: UsageState | undefined;
  readonly usedAt?: number | undefined;
  /** When use was last written to D1. */
  readonly writtenAt?: number | undefined;
  /** Of the quotas of an account that does not belong to a key. */
  readonly periods?: readonly Period[] | undefined;
}

/** How long a record is kept at least, so that questions about a dead key read D1 no more often. */
const RECORD_KEPT_MS = HOUR_MS;

/**
 * Until when the storage is needed: to know that the key is revoked, what it used of its limits, and its usage. `periods`: of
 * the key's quotas, if its limits are known.
 */
export function keptUntil(
  key: {
    readonly record: KeyRecord | undefined;
    readonly readAt: number;
    readonly periods: readonly Period[] | undefined;
  },
  { ledger, usage, periods = ["month"] }: Account,
): number {
  const { record, readAt } = key;
  const ends = [
    readAt + RECORD_KEPT_MS,
    // If the current hour were deleted, its count would be too low.
    usage ? endOfPeriod("hour", usage.hour) : 0,
  ];
  if (record?.revokedAt != null) return Math.max(...ends, record.revokedAt + TOMBSTONE_MS);
  return Math.max(...ends, record?.expiresAt ?? 0, ledger ? restsAt(ledger, key.periods ?? periods) : 0);
}
