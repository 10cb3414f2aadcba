/** A key's limits, and advice on its scopes. */

import * as z from "zod";
import type { Advice } from "../../control/keys/advise.ts";
import type { KeyLimits } from "../../control/keys/limits.ts";
import type { AppliedLimit } from "../../domain/applied-limits.ts";
import type { LimitState } from "../../domain/limit-state.ts";
import { wholeNumber } from "./page.ts";

export function renderLimit(state: LimitState) {
  const { name, kind, limit, remaining, lent, resetMs } = state;
  const shape = state.kind === "rate" ? { window: state.window, burst: state.burst } : { per: state.per };
  return { name, kind, limit, ...shape, remaining, lent, reset_ms: resetMs };
}

export function renderApplied({ source, limit, boundBy }: AppliedLimit, { plan }: KeyLimits) {
  return {
    ...renderSource(source, plan),
    ...limit,
    binds: boundBy === undefined,
    bound_by: boundBy ? { ...renderSource(boundBy.source, plan), name: boundBy.limit.name } : null,
  };
}

const renderSource = (source: AppliedLimit["source"], plan: string | null) => ({
  source,
  plan: source === "plan" ? plan : null,
});

export const adviceQuery = z.strictObject({ days: wholeNumber(1, 366).default(30) });

export function renderAdvice({ scopes, unused, tooYoung }: Advice) {
  const uses = scopes.map(({ scope, lastUsedAt }) => ({
    scope,
    last_used_at: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
  }));
  return { scopes: uses, unused, too_young: tooYoung };
}
