/** What is left of each limit of a key, for people. */

import { Ledger } from "./ledger.ts";
import type { LedgerState } from "./ledger-state.ts";
import { isUnlimited, type Limits } from "./limits.ts";
import type { Period } from "./quota.ts";

export type LimitState = RateState | QuotaState;

interface RateState extends Standing {
  readonly kind: "rate";
  /** Seconds. */
  readonly window: number;
  readonly burst: number;
}

interface QuotaState extends Standing {
  readonly kind: "quota";
  readonly per: Period;
}

interface Standing {
  readonly name: string;
  readonly limit: number;
  /** Requests that could be granted now, without those that isolates can admit already. */
  readonly remaining: number;
  /** Tokens that isolates hold, and may have spent. */
  readonly lent: number;
  /** Time until the limit is full again, or, if nothing remains, until there is one token. */
  readonly resetMs: number;
}

export function limitStates(limits: Limits, stored: LedgerState | undefined, now: number): LimitState[] {
  if (isUnlimited(limits)) return [];
  const ledger = new Ledger(limits, stored, now);
  const policies = ledger.policies(now);
  const lent = ledger.lent(now);
  const standing = (index: number) => {
    const { remaining = 0, resetMs = 0 } = policies[index] ?? {};
    return { remaining, lent, resetMs };
  };
  return [
    ...limits.rates.map((rate, index) => ({ kind: "rate" as const, ...rate, ...standing(index) })),
    ...limits.quotas.map((quota, index) => ({
      kind: "quota" as const,
      ...quota,
      ...standing(limits.rates.length + index),
    })),
  ];
}

/** Every bucket full and no quota used, except for lent tokens: they stay held, and are charged when they are reported. */
export function resetLimits(limits: Limits, stored: LedgerState | undefined, now: number): LedgerState | undefined {
  if (!stored) return undefined;
  const open = new Ledger(limits, stored, now).state.open.filter(({ endsAt }) => endsAt > now);
  if (isUnlimited(limits) && open.length === 0) return undefined;
  // A ledger that has never charged anything is full.
  return { ...new Ledger(limits, undefined, now).state, open };
}
