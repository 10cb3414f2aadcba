/** An isolate's side of a lease: what is left, when it expires, and what to report to the authority. Pure: time is an argument. */

import type { Denial, Lease, LeaseReport, PolicyState, TokenLease } from "./lease.ts";

export class Holding<L extends TokenLease = Lease> {
  readonly lease: L;
  /** When the question was sent, on the isolate's clock. The ttl counts from here, because the answer may have taken long. */
  readonly #askedAt: number;
  /** A denial's time counts from here, because it began no later than this: a client that waits this long is admitted. */
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
    // Below 0 the clock has stepped back, and the age of the lease is unknown.
    return age >= 0 && age < this.lease.ttlMs;
  }

  /** Whether the isolate can decide about a request from this lease alone: a token, no need of one, or a denial. */
  isUseful(now: number): boolean {
    return this.isLive(now) && (!this.lease.tokens || this.#left > 0);
  }

  get left(): number {
    return this.#left;
  }

  /** What the headers say about the limits: the isolate's tokens count like those of the authority. */
  get policies(): PolicyState[] {
    return this.lease.policies.map((policy) => ({ ...policy, remaining: policy.remaining + this.#left }));
  }

  /** Takes a token; false if there is none, or if the lease has expired. */
  spend(now: number): boolean {
    if (!this.isLive(now)) return false;
    if (this.lease.tokens === null) return true;
    if (this.#left === 0) return false;
    this.#left -= 1;
    this.#lastSpentAt = now;
    return true;
  }

  /** For a request without a token: the denial with its remaining time; `null` if there is none, or if its time is over. */
  denial(now: number): Denial | null {
    const { denial } = this.lease;
    if (!denial || this.#left > 0) return null;
    const retryAfterMs = denial.retryAfterMs - Math.max(0, now - this.#receivedAt);
    return retryAfterMs > 0 ? { ...denial, retryAfterMs } : null;
  }

  /** Ends the lease, and returns the report about its tokens; `undefined` if it had none. */
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
