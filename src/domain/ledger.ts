/**
 * The account of one key's limits, as its authority keeps it. It guarantees, over all isolates:
 *
 *     admitted ≤ burst + limit·Δ/window in every interval Δ, and ≤ limit in every period of a quota.
 *
 * A bucket here holds what is left after the tokens *known to be gone*: spent, or lent and never heard of again. Tokens
 * that are lent and may yet be spent are held beside it. Spending them at this moment would be the worst case, so
 * `bucket − held` may be granted, whatever the isolates do.
 */

import { type Bucket, charge, convert, fullBucket, type Rate, tokensIn, whenHolding } from "./bucket.ts";
import { begun, enter, type Journal, replay, shorten } from "./journal.ts";
import { type Denial, LEASE_MARGIN_MS, type LeaseReport, MAX_DRIFT, type PolicyState } from "./lease.ts";
import type { Limits } from "./limits.ts";
import { accountOf, endOfPeriod, type Quota, startOfPeriod } from "./quota.ts";

/** A lease that nobody has reported yet: its tokens are held until its end, and presumed spent from then on. */
interface OpenLease {
  readonly id: string;
  readonly tokens: number;
  readonly grantedAt: number;
  /** When no isolate can spend its tokens any more. */
  readonly endsAt: number;
}

export interface LedgerState {
  readonly clock: number;
  /** By the rate's name. */
  readonly rates: Readonly<Record<string, Journal>>;
  /** By account. */
  readonly quotas: Readonly<Record<string, { start: number; used: number }>>;
  /** In order of their ends. */
  readonly open: readonly OpenLease[];
}

/** How long after its end a lease can still be reported, unless too many others ended after it. */
export const REPORTABLE_MS = 60_000;
const MOST_REPORTABLE = 64;
/** The share of a rate's burst that makes it plentiful, whoever holds the rest. */
const PLENTIFUL_SHARE = 3 / 4;

export class Ledger {
  #clock: number;
  #rates: LedgerState["rates"];
  #quotas: LedgerState["quotas"];
  #open: LedgerState["open"];
  readonly #limits: Limits;

  constructor(limits: Limits, state: LedgerState | undefined, now: number) {
    this.#limits = limits;
    this.#clock = Math.max(now, state?.clock ?? 0);
    this.#quotas = state?.quotas ?? {};
    this.#open = state?.open ?? [];
    this.#rates = Object.fromEntries(
      limits.rates.map((rate) => [rate.name, this.#journalUnder(rate, own(state?.rates, rate.name))]),
    );
  }

  get state(): LedgerState {
    return { clock: this.#clock, rates: this.#rates, quotas: this.#quotas, open: this.#open };
  }

  /** Takes `tokens` from every limit and holds them until `ttlMs` has passed, or a report comes. The caller asks `available` first. */
  grant(id: string, tokens: number, ttlMs: number, now: number): void {
    this.#advance(now);
    const lease = { id, tokens, grantedAt: this.#clock, endsAt: this.#clock + ttlMs + LEASE_MARGIN_MS };
    this.#open = [...this.#open, lease].sort((a, b) => a.endsAt - b.endsAt);
  }

  /** Tokens that may be granted now: the least that any limit has. */
  available(now: number): number {
    this.#advance(now);
    const rates = this.#limits.rates.map((rate) => this.#leftOfRate(rate));
    const quotas = this.#limits.quotas.map((quota) => this.#leftOfQuota(quota));
    return Math.max(0, Math.min(...rates, ...quotas));
  }

  /** Whether tokens that are lent, and would come back with a report, may be what others lack. */
  isScarce(now: number): boolean {
    this.#advance(now);
    return this.#limits.rates.some((rate) => this.#leftOfRate(rate) < rate.burst * PLENTIFUL_SHARE);
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

  /** Only the first report of a lease counts. */
  report({ leaseId, unspent, idleMs }: LeaseReport, now: number): void {
    this.#advance(now);
    const lease = this.#open.find(({ id }) => id === leaseId);
    if (!lease) return;
    // A fast clock makes the past longer than it was.
    const lastSpent = this.#clock - Math.floor(Math.max(0, idleMs) * (1 - MAX_DRIFT));
    this.#close(lease, lease.tokens - clamp(unspent, 0, lease.tokens), clamp(lastSpent, lease.grantedAt, lease.endsAt));
  }

  policies(now: number): PolicyState[] {
    this.#advance(now);
    const rates = this.#limits.rates.map((rate): PolicyState => {
      const remaining = Math.max(0, this.#leftOfRate(rate));
      const resetAt = remaining > 0 ? whenHolding(rate, this.#bucket(rate), rate.burst) : this.#whenRate(rate);
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
      const remaining = Math.max(0, this.#leftOfQuota(quota));
      const end = endOfPeriod(quota.per, this.#clock);
      const window = (end - startOfPeriod(quota.per, this.#clock)) / 1000;
      return { name: quota.name, limit: quota.limit, window, capacity: quota.limit, remaining, resetMs: end - now };
    });
    return [...rates, ...quotas];
  }

  /** A clock that steps back stands still here until it has caught up. */
  #advance(now: number): void {
    this.#clock = Math.max(this.#clock, now);
    const ended = this.#ended();
    const given = ended.filter(
      ({ endsAt }, index) => endsAt + REPORTABLE_MS <= this.#clock || index < ended.length - MOST_REPORTABLE,
    );
    for (const lease of given) this.#close(lease, lease.tokens, lease.endsAt);
    const known = Math.min(this.#clock, ...this.#open.map(({ grantedAt }) => grantedAt));
    const heldSince = Math.min(this.#clock, ...this.#held().map(({ grantedAt }) => grantedAt));
    this.#rates = mapValues(this.#rates, (journal) => shorten(journal, this.#presumed(), known, heldSince));
  }

  #close(lease: OpenLease, spent: number, lastSpent: number): void {
    this.#open = this.#open.filter((other) => other !== lease);
    this.#rates = mapValues(this.#rates, (journal) =>
      // One that began after the lease's end has it already.
      lease.endsAt < journal.bucket.at ? journal : enter(journal, { tokens: spent, at: lastSpent }),
    );
    for (const quota of this.#limits.quotas) this.#use(quota, spent, lease.grantedAt);
  }

  /** Tokens are spent in the period of their grant: a lease ends at its border at the latest. */
  #use(quota: Quota, tokens: number, grantedAt: number): void {
    const start = startOfPeriod(quota.per, this.#clock);
    if (startOfPeriod(quota.per, grantedAt) !== start) return;
    this.#quotas = { ...this.#quotas, [accountOf(quota)]: { start, used: this.#used(quota) + tokens } };
  }

  #used(quota: Quota): number {
    const account = this.#quotas[accountOf(quota)];
    return account?.start === startOfPeriod(quota.per, this.#clock) ? account.used : 0;
  }

  #leftOfRate(rate: Rate): number {
    return tokensIn(rate, this.#bucket(rate)) - sum(this.#held());
  }

  #leftOfQuota(quota: Quota): number {
    const start = startOfPeriod(quota.per, this.#clock);
    const open = this.#open.filter(({ grantedAt }) => startOfPeriod(quota.per, grantedAt) === start);
    return quota.limit - this.#used(quota) - sum(open);
  }

  /** When the quota has one token more than is lent, if every lent one is spent. */
  #whenQuota(quota: Quota): number {
    return this.#leftOfQuota(quota) > 0 ? this.#clock : endOfPeriod(quota.per, this.#clock);
  }

  /** When the bucket holds one token more than is lent, if every lease runs to its end. */
  #whenRate(rate: Rate): number {
    let bucket = this.#bucket(rate);
    const leases = this.#held();
    let held = sum(leases);
    for (const lease of leases) {
      const at = whenHolding(rate, bucket, held + 1);
      if (at <= lease.endsAt) return Math.max(at, this.#clock);
      bucket = charge(rate, bucket, lease.tokens, lease.endsAt);
      held -= lease.tokens;
    }
    return Math.max(whenHolding(rate, bucket, 1), this.#clock);
  }

  #held(): readonly OpenLease[] {
    return this.#open.filter(({ endsAt }) => endsAt > this.#clock);
  }

  #ended(): readonly OpenLease[] {
    return this.#open.filter(({ endsAt }) => endsAt <= this.#clock);
  }

  #presumed() {
    return this.#ended().map(({ tokens, endsAt }) => ({ tokens, at: endsAt }));
  }

  #bucket({ name }: Rate): Bucket {
    return replay(this.#rates[name] as Journal, this.#presumed(), this.#clock);
  }

  /** The journal of before; begun anew where the rate is new or has changed. */
  #journalUnder(rate: Rate, before: Journal | undefined): Journal {
    if (!before) return { rate, bucket: fullBucket(rate, this.#clock), charges: [] };
    if (isSame(before.rate, rate)) return before;
    const { bucket, charges } = begun(before, this.#presumed(), this.#clock);
    return { rate, bucket: convert(before.rate, rate, bucket), charges };
  }
}

const isSame = (a: Rate, b: Rate) => a.limit === b.limit && a.window === b.window && a.burst === b.burst;
const sum = (leases: readonly OpenLease[]) => leases.reduce((total, { tokens }) => total + tokens, 0);
/** The entry of that name; a rate may be called "constructor". */
const own = <T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  record && Object.hasOwn(record, name) ? record[name] : undefined;
const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
const mapValues = <T>(record: Readonly<Record<string, T>>, map: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
