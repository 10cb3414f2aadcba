/** Takes one token of the lease. Nothing is awaited between this check of the lease's life and the decision. */

import type { Holding } from "../../domain/holding.ts";
import type { PolicyState, TokenLease } from "../../domain/lease.ts";
import type { Refusal } from "../../errors.ts";

export function spend(holding: Holding, now: number): "spent" | "none left" | Refusal {
  if (!holding.isLive(now)) return "none left";
  const denial = holding.denial(now);
  if (denial) {
    const { policy, retryAfterMs } = denial;
    return { code: denial.kind === "rate" ? "rate_exceeded" : "quota_exceeded", policy, retryAfterMs };
  }
  return holding.spend(now) ? "spent" : "none left";
}

/** What the headers say about the limits: the isolate's tokens count like those of the authority. */
export function policiesOf(holding: Holding<TokenLease>): PolicyState[] {
  return holding.lease.policies.map((policy) => ({ ...policy, remaining: policy.remaining + holding.left }));
}
