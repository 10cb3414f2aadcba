/** An isolate's end of a lease: what is left of it, how long it lives, and what to tell the authority afterwards. Pure: time is an argument. */

import type { Denial, Lease, LeaseReport, TokenLease } from "./lease.ts";

export class Holding<L extends TokenLease = Lease> {
  readonly lease: L;
  /** When the question was sent, on the isolate's clock: the ttl counts from here, for the answer may have been long on its way. */
  readonly #askedAt: number;
  /** A denial's time counts from here, for it began no later than that: who waits so long is admitted. */
  readonly #receivedAt: number;
  #left: number;
  #lastSpentAt: number;

  constructor(lease: L, askedAt: number, receivedAt = askedAt) {
    this.lease = lease;
    this.#askedAt = askedAt;
    this.#receivedAt = receivedAt;
    this.#left = lease.tokens ?? 0;
    this.#lastSpentAt = askedAt;
  }

  isLive(now: number): boolean {
    const age = now - this.#askedAt;
    // Below 0 the clock has stepped back, and nobody knows how old the lease is.
    return age >= 0 && age < this.lease.ttlMs;
  }

  /** Whether the isolate can decide about a request from this lease alone: a token, no need of one, or a denial. */
  isUseful(now: number): boolean {
    return this.isLive(now) && (!this.lease.tokens || this.#left > 0);
  }

  get left(): number {
    return this.#left;
  }

  /** Takes a token; false where there is none, or no longer. */
  spend(now: number): boolean {
    if (!this.isLive(now)) return false;
    if (this.lease.tokens === null) return true;
    if (this.#left === 0) return false;
    this.#left -= 1;
    this.#lastSpentAt = now;
    return true;
  }

  /** For a request that no token is left for: the denial with what remains of its time; `null` where there is none, or its time is over. */
  denial(now: number): Denial | null {
    const { denial } = this.lease;
    if (!denial || this.#left > 0) return null;
    const retryAfterMs = denial.retryAfterMs - Math.max(0, now - this.#receivedAt);
    return retryAfterMs > 0 ? { ...denial, retryAfterMs } : null;
  }

  /** Ends the lease here, and tells what became of its tokens; `undefined` where there were none to account for. */
  end(now: number): LeaseReport | undefined {
    if (!this.lease.tokens) return undefined;
    const unspent = this.#left;
    this.#left = 0;
    return { leaseId: this.lease.id, unspent, idleMs: Math.max(0, now - this.#lastSpentAt) };
  }

  /**
   * How many tokens the next lease should have: twice as many when these were used up in the first half of its life and
   * more were asked for in the rest of it, else as many as were used.
   */
  wantedNext(now: number): number {
    const { tokens, ttlMs } = this.lease;
    if (!tokens) return 1;
    const early = this.#left === 0 && this.#lastSpentAt - this.#askedAt < ttlMs / 2;
    return early && now - this.#askedAt < ttlMs ? tokens * 2 : Math.max(1, tokens - this.#left);
  }
}
