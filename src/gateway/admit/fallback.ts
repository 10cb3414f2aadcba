/**
 * What an isolate lends itself while a key's authority cannot be reached, for routes that choose so: the record that it was
 * lent last, under the key's limits, counted in this isolate alone. The same code as the authority's, on an account of its own.
 */

import { Holding } from "../../domain/holding.ts";
import type { KeyRecord } from "../../domain/key.ts";
import type { LeaseReport } from "../../domain/lease.ts";
import type { LedgerState } from "../../domain/ledger.ts";
import { lend } from "../../domain/lend.ts";
import type { Limits } from "../../domain/limits.ts";

/** How long after its last lease a key goes on. Until then an outage hides a revocation. */
export const FALLBACK_MS = 5 * 60_000;
/** How soon the authority is asked again. */
const FALLBACK_TTL_MS = 1_000;

export class Fallback {
  readonly #record: KeyRecord;
  readonly #limits: Limits;
  readonly #leasedAt: number;
  #state: LedgerState | undefined;
  #holding: Holding | undefined;

  constructor(record: KeyRecord, limits: Limits, leasedAt: number) {
    this.#record = record;
    this.#limits = limits;
    this.#leasedAt = leasedAt;
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
    this.#state = state;
    this.#holding = new Holding(lease, now);
    // Right before the border of a quota even a new lease is over.
    return this.#holding.isUseful(now) ? this.#holding : undefined;
  }
}
