/**
 * The account of one key's limits, as its authority keeps it. It guarantees, over all isolates:
 *
 *     admitted ≤ burst + limit·Δ/window in every interval Δ, and ≤ limit in every period of a quota.
 *
 * By the authority's clock: if it steps back, no time has passed, and its last periods are remembered.
 *
 * A bucket is charged for tokens that are *certainly spent*, or were lent and never reported. Lent tokens that can still be spent
 * are held. The worst case is that they are all spent now, so the ledger can grant `bucket − held`, no matter what isolates do.
 */

import { type Accounts, mapAccounts, naming, pruned } from "./accounts.ts";
import { type Bucket, type Rate, whenHolding } from "./bucket.ts";
import { type Counts, countsOf, spend, steppedBack, usedIn } from "./counts.ts";
import { MINUTE_MS } from "./durations.ts";
import { heldFor, heldOf, leftOf, PLENTIFUL_SHARE, presumedOf, whenLeft } from "./held.ts";
import { enter, type Journal, journalMovedBack, replay, shorten } from "./journal.ts";
import { type Denial, LEASE_MARGIN_MS, type LeaseReport, MAX_DRIFT, type PolicyState } from "./lease.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { Limits } from "./limits.ts";
import {
  byEnd,
  firstGrant,
  isKeptShortly,
  isRenewable,
  keptUntil,
  movedBack,
  type OpenLease,
  readAt,
  tokensOf,
} from "./open-lease.ts";
import { accountOf, endOfPeriod, type Quota, startOfPeriod } from "./quota.ts";

/** How long a lease can still be reported after its end, unless too many others ended after it. */
export const REPORTABLE_MS = MINUTE_MS;
const MAX_REPORTABLE = 64;

export class Ledger {
  #clock: number;
  /** Whether everything is calculated for that moment. */
  #isSettled = false;
  #accounts: Accounts;
  #counts: Counts;
  #open: LedgerState["open"];
  readonly #limits: Limits;

  constructor(limits: Limits, state: LedgerState | undefined, now: number) {
    this.#limits = limits;
    this.#clock = state?.clock ?? now;
    this.#counts = countsOf(state);
    this.#open = state?.open ?? [];
    const before = { named: state?.rates ?? {}, kept: state?.kept ?? [] };
    this.#accounts = naming(limits.rates, before, this.#unreported, firstGrant(this.#open, this.#clock));
    this.#advance(now);
  }

  get state(): LedgerState {
    const { named: rates, kept } = this.#accounts;
    return {
      ...{ clock: this.#clock, rates, counts: this.#counts, open: this.#open, ...(kept.length > 0 && { kept }) },
      quotas: Object.fromEntries(
        this.#limits.quotas.map((quota) => [
          accountOf(quota),
          { start: startOfPeriod(quota.per, this.#clock), used: usedIn(this.#counts, quota.per, this.#clock) },
        ]),
      ),
    };
  }

  /**
   * Takes `tokens` from every limit and holds them until `ttlMs` has passed, or a report comes. The caller asks `available` first.
   * Returns when the lease can no longer be spent.
   */
  grant(id: string, tokens: number, ttlMs: number, now: number, isKept = false): number {
    this.#advance(now);
    const endsAt = this.#clock + ttlMs + LEASE_MARGIN_MS;
    const lease = { id, tokens, grantedAt: this.#clock, endsAt };
    this.#open = [...this.#open, isKept ? { ...lease, isKept } : lease].sort(byEnd);
    return endsAt;
  }

  /** No isolate can spend leases that are kept after `ms`. */
  endKept(ms: number, now: number): void {
    this.#advance(now);
    this.#open = keptUntil(this.#open, this.#clock + ms + LEASE_MARGIN_MS);
  }

  /** Tokens that can be granted now: the smallest number of all limits. */
  available(now: number): number {
    this.#advance(now);
    const rates = this.#limits.rates.map((rate) => this.#leftOfRate(rate));
    const quotas = this.#limits.quotas.map((quota) => this.#leftOfQuota(quota));
    return Math.max(0, Math.min(...rates, ...quotas));
  }

  /** Tokens that can be kept for long, and still nobody lacks them. None of a quota: what is not reported is lost to it. */
  spare(now: number): number {
    this.#advance(now);
    if (this.#limits.quotas.length > 0) return 0;
    const spare = this.#limits.rates.map((rate) => this.#leftOfRate(rate) - Math.ceil(rate.burst * PLENTIFUL_SHARE));
    return Math.max(0, Math.min(...spare));
  }

  /** Tokens that isolates keep for a few requests, without those of one lease. */
  keptShortly(now: number, but?: string): number {
    this.#advance(now);
    return tokensOf(this.#held().filter((lease) => isKeptShortly(lease) && lease.id !== but));
  }

  /** Whether others could lack tokens that a report of a lease would give back. */
  isScarce(now: number): boolean {
    this.#advance(now);
    return this.#limits.rates.some((rate) => this.#leftOfRate(rate) < rate.burst * PLENTIFUL_SHARE);
  }

  /** Why nothing is available, and for how long at most: the limit that takes longest. */
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

  /** Whether it counts: only the first report of a lease does. */
  report({ leaseId, unspent, idleMs }: LeaseReport, now: number): boolean {
    this.#advance(now);
    const lease = this.#open.find(({ id }) => id === leaseId);
    if (!lease) return false;
    // A fast clock makes the past longer than it was.
    const lastSpent = this.#clock - Math.floor(Math.max(0, idleMs) * (1 - MAX_DRIFT));
    this.#close(lease, lease.tokens - clamp(unspent, 0, lease.tokens), clamp(lastSpent, lease.grantedAt, lease.endsAt));
    return true;
  }

  /** Whether a lease that is granted now for `ttlMs` can take over what is left of this one. */
  isRenewable({ leaseId }: LeaseReport, ttlMs: number, now: number): boolean {
    this.#advance(now);
    return this.#open.some((lease) => lease.id === leaseId && isRenewable(lease, this.#clock, ttlMs));
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
      const resetAt = remaining > 0 ? end : this.#whenQuota(quota);
      return { name: quota.name, limit: quota.limit, window, capacity: quota.limit, remaining, resetMs: resetAt - now };
    });
    return [...rates, ...quotas];
  }

  /** What isolates hold, and may have spent. */
  lent(now: number): number {
    this.#advance(now);
    return tokensOf(this.#held());
  }

  #advance(now: number): void {
    if (now === this.#clock && this.#isSettled) return;
    if (now < this.#clock) this.#stepBack(now);
    this.#clock = now;
    const ended = this.#ended();
    const given = ended.filter(
      ({ endsAt }, index) => endsAt + REPORTABLE_MS <= this.#clock || index < ended.length - MAX_REPORTABLE,
    );
    const open = this.#open;
    for (const lease of given) this.#close(lease, lease.tokens, lease.endsAt, (rate) => heldFor(rate, lease, open));
    this.#isSettled = true;
    const heldSince = firstGrant(this.#held(), this.#clock);
    this.#accounts = mapAccounts(this.#accounts, (journal) =>
      shorten(journal, this.#presumed(journal.rate), firstGrant(this.#open, this.#clock), heldSince),
    );
    this.#accounts = pruned(this.#accounts, this.#unreported, now, this.#held().length > 0);
  }

  /** No time has passed, so that nothing comes back and no lease ends. */
  #stepBack(now: number): void {
    const by = this.#clock - now;
    this.#accounts = mapAccounts(this.#accounts, (journal) => journalMovedBack(journal, by));
    this.#open = this.#open.map((lease) => movedBack(lease, now, by));
    this.#counts = steppedBack(this.#counts, this.#clock, now);
  }

  #close(lease: OpenLease, spent: number, lastSpent: number, chargeOf = (_: Rate) => spent): void {
    this.#open = this.#open.filter((other) => other !== lease);
    this.#accounts = mapAccounts(this.#accounts, (journal) =>
      // One that began after the lease's end has it already.
      lease.endsAt < journal.bucket.at ? journal : enter(journal, { tokens: chargeOf(journal.rate), at: lastSpent }),
    );
    this.#counts = spend(this.#counts, spent, readAt(lease), this.#clock);
    this.#isSettled = false;
  }

  #leftOfRate(rate: Rate): number {
    return leftOf(rate, this.#bucket(rate), this.#held());
  }

  #leftOfQuota({ per, limit }: Quota, at = this.#clock): number {
    const start = startOfPeriod(per, at);
    const open = this.#open.filter((lease) => readAt(lease) >= start);
    return limit - usedIn(this.#counts, per, start) - tokensOf(open);
  }

  /** When the quota has one token more than is lent, if every lent one is spent. After a step back, the next period may be used up too. */
  #whenQuota(quota: Quota): number {
    let at = this.#clock;
    if (this.#leftOfQuota(quota, at) > 0) return at;
    do at = endOfPeriod(quota.per, at);
    while (this.#leftOfQuota(quota, at) <= 0 && quota.limit > 0);
    return at;
  }

  #whenRate(rate: Rate): number {
    return whenLeft(rate, this.#bucket(rate), this.#held(), this.#clock);
  }

  #held(): readonly OpenLease[] {
    return this.#open.filter(({ endsAt }) => endsAt > this.#clock);
  }

  #ended(): readonly OpenLease[] {
    return this.#open.filter(({ endsAt }) => endsAt <= this.#clock);
  }

  #bucket(rate: Rate): Bucket {
    return replay(this.#accounts.named[rate.name] as Journal, this.#presumed(rate), this.#clock);
  }

  readonly #presumed = (rate: Rate) => presumedOf(rate, this.#ended(), this.#open);
  readonly #unreported = { presumed: this.#presumed, held: (rate: Rate) => heldOf(rate, this.#open) };
}

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
