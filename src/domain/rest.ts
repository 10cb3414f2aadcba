/** When an account can be forgotten: from then on it answers as if nothing had ever been charged to it. */

import { whenHolding } from "./bucket.ts";
import { replay } from "./journal.ts";
import { type LedgerState, REPORTABLE_MS } from "./ledger.ts";
import { endOfPeriod, type Period, periodOf } from "./quota.ts";

/** `periods`: those of the quotas to which tokens that are still lent will be charged. */
export function restsAt({ clock, rates, quotas, open }: LedgerState, periods: readonly Period[]): number {
  const settled = Math.max(clock, ...open.map(({ endsAt }) => endsAt + REPORTABLE_MS));
  const presumed = open.map(({ tokens, endsAt }) => ({ tokens, at: endsAt }));
  const full = Object.values(rates).map((journal) =>
    whenHolding(journal.rate, replay(journal, presumed, settled), journal.rate.burst),
  );
  const used = Object.entries(quotas).map(([account, { start }]) => endOfPeriod(periodOf(account), start));
  const lent = open.flatMap(({ grantedAt }) => periods.map((per) => endOfPeriod(per, grantedAt)));
  return Math.max(settled, ...full, ...used, ...lent);
}
