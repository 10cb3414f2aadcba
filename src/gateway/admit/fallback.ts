/**
 * What an isolate lends itself while it cannot reach a key's authority, for routes that allow it: the record of the last lease, within
 * the key's limits, counted only in this isolate. It runs the authority's code on a separate account.
 */

import { MINUTE_MS } from "../../domain/durations.ts";
import { Holding } from "../../domain/holding.ts";
import type { KeyRecord } from "../../domain/key.ts";
import type { LeaseReport } from "../../domain/lease.ts";
import type { LedgerState } from "../../domain/ledger-state.ts";
import { lend } from "../../domain/lend.ts";
import type { Limits } from "../../domain/limits.ts";

/** How long a key works after its last lease. Until then an outage hides a revocation. */
export const FALLBACK_MS = 5 * MINUTE_MS;
/** How soon the authority is asked again. */
const FALLBACK_TTL_MS = 1_000;

export class Fallback {
  readonly #record: KeyRecord;
  readonly #limits: Limits;
  #leasedAt: number;
  #state: LedgerState | undefined;
  #holding: Holding | undefined;

  /** `before`: of an earlier lease. What it has used counts on. */
  constructor(record: KeyRecord, limits: Limits, leasedAt: number, before?: Fallback) {
    this.#record = record;
    this.#limits = limits;
    this.#leasedAt = leasedAt;
    if (before) this.#state = before.#state;
  }

  /** The record was still right then. */
  extend(at: number): void {
    this.#leasedAt = Math.max(this.#leasedAt, at);
  }

  /** `undefined`: the last lease is too long ago. */
  hold(now: number, waiting: number): Holding | undefined {
    const age = now - this.#leasedAt;
    if (age < 0 || age > FALLBACK_MS) return undefined;
    if (this.#holding?.isUseful(now)) return this.#holding;
    const report: LeaseReport | undefined = this.#holding?.end(now);
    const question = { waiting, wanted: waiting, reports: report ? [report] : [] };
    const { lease, state } = lend(this.#record, this.#limits, this.#state, question, {
      ttlMs: FALLBACK_TTL_MS,
      now,
      newId: () => crypto.randomUUID(),
      flooded: false,
      random: Math.random,
    });
    this.#state = state ?? this.#state;
    this.#holding = new Holding(lease, now);
    // Right before the border of a quota even a new lease is over.
    return this.#holding.isUseful(now) ? this.#holding : undefined;
  }
}
