/** An isolate's side of a lease: what is left, when it expires, and what to report to the authority. Pure: time is an argument. */

import { type Denial, KEEP_MS, type Lease, type LeaseReport, type PolicyState, type TokenLease } from "./lease.ts";
import { type Course, isWorthRenewing, lowMark, wantedAhead, youthMs } from "./renewal.ts";

/** What says that a record is still right, though it was lent some time ago. */
export interface Cover {
  /** When the record was last known to be right; `undefined` once it is known to be another one. */
  readonly rightAt: number | undefined;
  /** Whether it will say nothing more. */
  readonly isOver: boolean;
  /** Whether nothing that was changed more than `ttlMs` ago can be missing. `chance`: from 0 to 1, another one for each record. */
  isFresh(now: number, ttlMs: number, chance: number): boolean;
}

/** Tokens to keep of a key of which nothing is known. */
export const KEEPS_FIRST = 4;
/** From so many tokens on, the use of a lease says how many the next one needs. */
const SAYS_ENOUGH = 4;

export class Holding<L extends TokenLease = Lease> {
  readonly lease: L;
  /** When the question was sent, on the isolate's clock. The ttl counts from here, because the answer may have taken long. */
  readonly #askedAt: number;
  /** A denial's time counts from here, because it began no later than this: a client that waits this long is admitted. */
  readonly #receivedAt: number;
  /** Up to so many tokens, or from this moment on, it can be worth renewing. */
  readonly #lowMark: number;
  readonly #matureAt: number;
  /** How long its rights hold without word from the feed. */
  readonly #ttlMs: number;
  /** How long its tokens can be spent. */
  readonly #lifeMs: number;
  readonly #chance = Math.random();
  /** By which the record is known to be right after the ttl. */
  readonly #cover: Cover | undefined;
  #left: number;
  #spent: number;
  #lastSpentAt: number;

  /** `spentMeanwhile`: tokens of this lease that were spent between the question and the answer, from the lease that it renews. */
  constructor(lease: L, askedAt: number, receivedAt = askedAt, spentMeanwhile = 0, cover?: Cover) {
    this.lease = lease;
    this.#askedAt = askedAt;
    this.#receivedAt = receivedAt;
    this.#cover = cover;
    this.#ttlMs = lease.rightsMs ?? lease.ttlMs;
    this.#lifeMs = (cover && lease.keepMs) ?? this.#ttlMs;
    this.#lowMark = lease.tokens === null ? -1 : lowMark(lease);
    this.#matureAt = askedAt + youthMs(this.#lifeMs);
    this.#left = Math.max(0, (lease.tokens ?? 0) - spentMeanwhile);
    this.#spent = spentMeanwhile;
    this.#lastSpentAt = spentMeanwhile > 0 ? receivedAt : askedAt;
  }

  isLive(now: number): boolean {
    const age = now - this.#askedAt;
    // Below 0 the clock has stepped back, and the age of the lease is unknown.
    if (age < this.#ttlMs) return age >= 0;
    return age < this.#lifeMs && this.#cover?.isFresh(now, this.#ttlMs, this.#chance) === true;
  }

  /** Whether it is not live, and never will be. While the feed is silent, one that is kept can be used again later, unless nothing is to be kept. */
  isOver(now: number, keepsNothing = false): boolean {
    const age = now - this.#askedAt;
    return !this.isLive(now) && (keepsNothing || age < 0 || age >= this.#lifeMs || (this.#cover?.isOver ?? true));
  }

  /** When its record was last known to be right; `undefined` if it is known to be another one by now. */
  get rightAt(): number | undefined {
    if (!this.#cover) return this.#askedAt;
    const { rightAt } = this.#cover;
    return rightAt === undefined ? undefined : Math.max(this.#askedAt, rightAt);
  }

  /** Whether the isolate can decide about a request from this lease alone: a token, no need of one, or a denial. */
  isUseful(now: number): boolean {
    if (!this.isLive(now)) return false;
    const { tokens, rightsMs } = this.lease;
    return tokens === null || this.#left > 0 || (rightsMs === undefined ? tokens === 0 : this.#denies(now));
  }

  /** Of the question for it. */
  get roundTripMs(): number {
    return this.#receivedAt - this.#askedAt;
  }

  get left(): number {
    return this.#left;
  }

  /** Requests that it served. */
  get spent(): number {
    return this.#spent;
  }

  /** What the headers say about the limits: the isolate's tokens count like those of the authority. */
  get policies(): PolicyState[] {
    return this.lease.policies.map((policy) => ({ ...policy, remaining: policy.remaining + this.#left }));
  }

  /** Takes a token; false if there is none, or if the lease has expired. */
  spend(now: number): boolean {
    if (!this.isLive(now)) return false;
    if (this.lease.tokens !== null) {
      if (this.#left === 0) return false;
      this.#left -= 1;
    }
    this.#spent += 1;
    this.#lastSpentAt = now;
    return true;
  }

  /** Whether the next lease should be asked for now, though this one is not over. */
  isWorthRenewing(now: number): boolean {
    return (this.#left <= this.#lowMark || now >= this.#matureAt) && isWorthRenewing(this.#course(now));
  }

  /** What the question says that asks for the next lease while this one is spent. */
  renewal(now: number): { readonly wanted: number; readonly keeps: number; readonly renews: LeaseReport | undefined } {
    const course = this.#course(now);
    const renews = this.#report(now);
    return { wanted: wantedAhead(course, this.#ttlMs), keeps: wantedAhead(course, KEEP_MS), renews };
  }

  /** For a request without a token: the denial with its remaining time; `null` if there is none, or if its time is over. */
  denial(now: number): Denial | null {
    const { denial } = this.lease;
    if (!denial || this.#left > 0) return null;
    const retryAfterMs = denial.retryAfterMs - Math.max(0, now - this.#receivedAt);
    return retryAfterMs > 0 ? { ...denial, retryAfterMs } : null;
  }

  /** In what time the next lease should be asked for. After a denial not before its end: a client that waits as told must be admitted. */
  renewsInMs(now: number): number {
    const { denial } = this.lease;
    return denial ? Math.max(0, this.#receivedAt + denial.retryAfterMs - now) : 0;
  }

  /** Ends the lease, and returns the report about its tokens; `undefined` if it had none. */
  end(now: number): LeaseReport | undefined {
    const report = this.#report(now);
    this.#left = 0;
    return report;
  }

  /**
   * How many tokens the next lease should have, after this one: twice as many when these were used up in the first half of its life
   * and more were asked for in the rest of it, else as many as were used. If they were used all the time and tokens are plentiful, as
   * many as this pace needs, and some by chance.
   */
  wantedNext(now: number): number {
    if (this.#lifeMs === this.#ttlMs) return this.#next(now);
    const lasted = this.#lastSpentAt - this.#askedAt;
    return Math.max(1, Math.ceil((this.#next(now) * this.#ttlMs) / Math.max(this.#ttlMs, lasted)));
  }

  /** How many to keep for long, after this lease. */
  keepsNext(now: number): number {
    return Math.max(KEEPS_FIRST, this.#next(now));
  }

  #next(now: number): number {
    const { tokens, reportSoon } = this.lease;
    const lifeMs = this.#lifeMs;
    if (!tokens) return 1;
    const [age, lasted, used] = [now - this.#askedAt, this.#lastSpentAt - this.#askedAt, tokens - this.#left];
    const isUsedUp = this.#left === 0 && age < lifeMs;
    if (lasted < lifeMs / 2) return isUsedUp ? tokens * 2 : Math.max(1, used);
    if (reportSoon || used < SAYS_ENOUGH || age >= 2 * lifeMs) return Math.max(1, used);
    return Math.ceil(isUsedUp ? (tokens * lifeMs) / lasted : used + Math.sqrt(used));
  }

  /** For a ttl at most, because limits can be changed or reset. */
  #denies(now: number): boolean {
    return now < this.#receivedAt + this.#ttlMs && this.denial(now) !== null;
  }

  #report(now: number): LeaseReport | undefined {
    if (!this.lease.tokens) return undefined;
    return { leaseId: this.lease.id, unspent: this.#left, idleMs: Math.max(0, now - this.#lastSpentAt) };
  }

  #course(now: number): Course {
    return {
      lease: this.lease,
      lifeMs: this.#lifeMs,
      left: this.#left,
      spent: this.#spent,
      elapsedMs: now - this.#askedAt,
      roundTripMs: this.roundTripMs,
    };
  }
}
