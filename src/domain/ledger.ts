/**
 * The account of one key's limits, as its authority keeps it. It guarantees, over all isolates:
 *
 *     admitted ≤ burst + limit·Δ/window in every interval Δ, and ≤ limit in every period of a quota.
 *
 * A bucket here holds what is left after the tokens *known to be gone*: spent, or lent and never heard of again. Tokens
 * that are lent and may yet be spent are held beside it. Spending them at this moment would be the worst case, so
 * `bucket − held` may be granted, whatever the isolates do.
 */

import {
  type Bucket,
  charge,
  convert,
  fullBucket,
  type Rate,
  refill,
  refund,
  room,
  tokensIn,
  whenHolding,
} from "./bucket.ts";
import { type Denial, LEASE_MARGIN_MS, type LeaseReport, MAX_DRIFT, type PolicyState } from "./lease.ts";
import type { Limits } from "./limits.ts";
import { accountOf, endOfPeriod, type Quota, startOfPeriod } from "./quota.ts";

/** Tokens that an isolate holds. */
interface Held {
  readonly id: string;
  readonly tokens: number;
  readonly grantedAt: number;
  readonly expiresAt: number;
}

/** A lease that ended unreported: charged in full, and for how many tokens of each limit a late report can still make that good. */
interface Unreported {
  readonly id: string;
  readonly grantedAt: number;
  readonly expiredAt: number;
  /** By a rate's name, or a quota's account. */
  readonly returnable: Readonly<Record<string, number>>;
}

export interface LedgerState {
  readonly clock: number;
  readonly rates: Readonly<Record<string, { rate: Rate; bucket: Bucket }>>;
  /** By account. */
  readonly quotas: Readonly<Record<string, { start: number; used: number }>>;
  readonly held: readonly Held[];
  readonly unreported: readonly Unreported[];
}

/** How long after its end a lease can still be reported. */
const REPORTABLE_MS = 60_000;
/** The share of a rate's burst that makes it plentiful, whoever holds the rest. */
const PLENTIFUL_SHARE = 3 / 4;

export class Ledger {
  #clock: number;
  #rates: LedgerState["rates"];
  #quotas: LedgerState["quotas"];
  #held: readonly Held[];
  #unreported: readonly Unreported[];
  readonly #limits: Limits;

  constructor(limits: Limits, state: LedgerState | undefined, now: number) {
    this.#limits = limits;
    this.#clock = Math.max(now, state?.clock ?? 0);
    this.#quotas = state?.quotas ?? {};
    this.#held = state?.held ?? [];
    this.#unreported = state?.unreported ?? [];
    this.#rates = Object.fromEntries(
      limits.rates.map((rate) => {
        const before = own(state?.rates, rate.name);
        return [
          rate.name,
          { rate, bucket: before ? convert(before.rate, rate, before.bucket) : fullBucket(rate, this.#clock) },
        ];
      }),
    );
  }

  get state(): LedgerState {
    return {
      clock: this.#clock,
      rates: this.#rates,
      quotas: this.#quotas,
      held: this.#held,
      unreported: this.#unreported,
    };
  }

  /** Takes `tokens` from every limit and holds them until `expiresIn` has passed, or a report comes. The caller asks `available` first. */
  grant(id: string, tokens: number, ttlMs: number, now: number): void {
    this.#advance(now);
    this.#held = [
      ...this.#held,
      { id, tokens, grantedAt: this.#clock, expiresAt: this.#clock + ttlMs + LEASE_MARGIN_MS },
    ];
  }

  /** Tokens that may be granted now: the least that any limit has. */
  available(now: number): number {
    this.#advance(now);
    const rates = this.#limits.rates.map((rate) => tokensIn(rate, this.#bucketNow(rate)) - sum(this.#held));
    const quotas = this.#limits.quotas.map((quota) => quota.limit - this.#used(quota) - sum(this.#heldIn(quota)));
    return Math.max(0, Math.min(...rates, ...quotas));
  }

  /** Whether tokens that are lent, and would come back with a report, may be what others lack. */
  isScarce(now: number): boolean {
    this.#advance(now);
    const held = sum(this.#held);
    return this.#limits.rates.some(
      (rate) => tokensIn(rate, this.#bucketNow(rate)) - held < rate.burst * PLENTIFUL_SHARE,
    );
  }

  /** Why nothing is available, and for how long at the most: the limit that takes longest. */
  denial(now: number): Denial {
    this.#advance(now);
    const waits = [
      ...this.#limits.quotas.map((quota) => ({
        policy: quota.name,
        kind: "quota" as const,
        at: this.#whenQuota(quota),
      })),
      ...this.#limits.rates.map((rate) => ({ policy: rate.name, kind: "rate" as const, at: this.#whenRate(rate) })),
    ];
    const { policy, kind, at } = waits.reduce((longest, wait) => (wait.at > longest.at ? wait : longest));
    return { policy, kind, retryAfterMs: Math.max(1, at - now) };
  }

  report({ leaseId, unspent, idleMs }: LeaseReport, now: number): void {
    this.#advance(now);
    const held = this.#held.find(({ id }) => id === leaseId);
    if (held) {
      this.#held = this.#held.filter((other) => other !== held);
      // A fast clock makes the past longer than it was.
      const lastSpent = Math.max(held.grantedAt, this.#clock - Math.floor(Math.max(0, idleMs) * (1 - MAX_DRIFT)));
      this.#charge(held.tokens - clamp(unspent, 0, held.tokens), held.grantedAt, lastSpent);
    } else {
      this.#refund(leaseId, Math.max(0, unspent));
    }
  }

  policies(now: number): PolicyState[] {
    this.#advance(now);
    const held = sum(this.#held);
    const rates = this.#limits.rates.map((rate): PolicyState => {
      const remaining = Math.max(0, tokensIn(rate, this.#bucketNow(rate)) - held);
      const resetAt = remaining > 0 ? whenHolding(rate, this.#bucketNow(rate), rate.burst) : this.#whenRate(rate);
      return {
        name: rate.name,
        limit: rate.limit,
        window: rate.window,
        capacity: rate.burst,
        remaining,
        resetMs: Math.max(0, resetAt - now),
      };
    });
    const quotas = this.#limits.quotas.map((quota): PolicyState => {
      const remaining = Math.max(0, quota.limit - this.#used(quota) - sum(this.#heldIn(quota)));
      const end = endOfPeriod(quota.per, this.#clock);
      const window = (end - startOfPeriod(quota.per, this.#clock)) / 1000;
      return { name: quota.name, limit: quota.limit, window, capacity: quota.limit, remaining, resetMs: end - now };
    });
    return [...rates, ...quotas];
  }

  /** A clock that steps back stands still here until it has caught up. */
  #advance(now: number): void {
    this.#clock = Math.max(this.#clock, now);
    for (const lease of this.#held.filter(({ expiresAt }) => expiresAt <= this.#clock).sort(byEnd)) {
      this.#held = this.#held.filter((other) => other !== lease);
      this.#charge(lease.tokens, lease.grantedAt, lease.expiresAt);
      const { id, grantedAt, expiresAt: expiredAt } = lease;
      const names = [...this.#limits.rates.map(({ name }) => name), ...this.#limits.quotas.map(accountOf)];
      const returnable = Object.fromEntries(names.map((name) => [name, lease.tokens]));
      this.#unreported = [...this.#unreported, { id, grantedAt, expiredAt, returnable }];
    }
    this.#unreported = this.#unreported.filter(({ expiredAt }) => expiredAt + REPORTABLE_MS > this.#clock);
  }

  #charge(tokens: number, grantedAt: number, at: number): void {
    for (const rate of this.#limits.rates) this.#setBucket(rate, charge(rate, this.#refilled(rate, at), tokens, at));
    for (const quota of this.#limits.quotas) this.#use(quota, tokens, grantedAt);
  }

  #refund(leaseId: string, unspent: number): void {
    for (const rate of this.#limits.rates) {
      const bucket = this.#refilled(rate, this.#clock);
      this.#setBucket(rate, refund(rate, bucket, Math.min(unspent, this.#returnable(leaseId, rate.name))));
    }
    for (const quota of this.#limits.quotas) {
      const late = this.#unreported.find(({ id }) => id === leaseId);
      if (late) this.#use(quota, -Math.min(unspent, this.#returnable(leaseId, accountOf(quota))), late.grantedAt);
    }
    this.#unreported = this.#unreported.filter(({ id }) => id !== leaseId);
  }

  /**
   * The bucket of `rate`, brought to `at` for good. What overflows its brim meanwhile can no longer be returned, or it
   * could be spent twice; the leases that ended first lose theirs first.
   */
  #refilled(rate: Rate, at: number): Bucket {
    const bucket = refill(rate, this.#entry(rate).bucket, at);
    let space = room(rate, bucket);
    this.#unreported = this.#unreported
      .toReversed()
      .map((lease) => {
        const kept = Math.min(own(lease.returnable, rate.name) ?? 0, space);
        space -= kept;
        return { ...lease, returnable: { ...lease.returnable, [rate.name]: kept } };
      })
      .toReversed();
    return bucket;
  }

  /** Tokens spent (or, below 0, given back) in the period of their grant: a lease ends at its border at the latest. */
  #use(quota: Quota, tokens: number, grantedAt: number): void {
    const start = startOfPeriod(quota.per, this.#clock);
    if (startOfPeriod(quota.per, grantedAt) !== start) return;
    this.#quotas = { ...this.#quotas, [accountOf(quota)]: { start, used: this.#used(quota) + tokens } };
  }

  #used(quota: Quota): number {
    const account = this.#quotas[accountOf(quota)];
    return account?.start === startOfPeriod(quota.per, this.#clock) ? account.used : 0;
  }

  #heldIn(quota: Quota): readonly Held[] {
    const start = startOfPeriod(quota.per, this.#clock);
    return this.#held.filter(({ grantedAt }) => startOfPeriod(quota.per, grantedAt) === start);
  }

  /** When the quota has one token more than is lent, if every lent one is spent. */
  #whenQuota(quota: Quota): number {
    const free = this.#used(quota) + sum(this.#heldIn(quota)) < quota.limit;
    return free ? this.#clock : endOfPeriod(quota.per, this.#clock);
  }

  /** When the bucket holds one token more than is lent, if every lease runs to its end. */
  #whenRate(rate: Rate): number {
    let bucket = this.#entry(rate).bucket;
    let held = sum(this.#held);
    for (const lease of this.#held.toSorted(byEnd)) {
      const at = whenHolding(rate, bucket, held + 1);
      if (at <= lease.expiresAt) return Math.max(at, this.#clock);
      bucket = charge(rate, bucket, lease.tokens, lease.expiresAt);
      held -= lease.tokens;
    }
    return Math.max(whenHolding(rate, bucket, 1), this.#clock);
  }

  #returnable(leaseId: string, limit: string): number {
    return own(this.#unreported.find(({ id }) => id === leaseId)?.returnable, limit) ?? 0;
  }

  #bucketNow(rate: Rate): Bucket {
    return refill(rate, this.#entry(rate).bucket, this.#clock);
  }

  #entry(rate: Rate): { rate: Rate; bucket: Bucket } {
    return this.#rates[rate.name] as { rate: Rate; bucket: Bucket };
  }

  #setBucket(rate: Rate, bucket: Bucket): void {
    this.#rates = { ...this.#rates, [rate.name]: { rate, bucket } };
  }
}

const byEnd = (a: Held, b: Held) => a.expiresAt - b.expiresAt;
const sum = (leases: readonly Held[]) => leases.reduce((total, { tokens }) => total + tokens, 0);
/** The entry of that name; a rate may be called "constructor". */
const own = <T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  record && Object.hasOwn(record, name) ? record[name] : undefined;
const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
