/** When an account can be deleted: from then on it answers as if nothing had ever been charged to it. */

import { whenHolding } from "./bucket.ts";
import { replay } from "./journal.ts";
import { REPORTABLE_MS } from "./ledger.ts";
import type { LedgerState } from "./ledger-state.ts";
import { presumed, readAt } from "./open-lease.ts";
import { endOfPeriod, type Period, periodOf } from "./quota.ts";

/** `periods`: those of the quotas to which tokens that are still lent will be charged. */
export function restsAt(
  { clock, rates, kept = [], counts, quotas, open }: LedgerState,
  periods: readonly Period[],
): number {
  const settled = Math.max(clock, ...open.map(({ endsAt }) => endsAt + REPORTABLE_MS));
  const charges = open.map(presumed);
  const full = [...Object.values(rates), ...kept].map((journal) =>
    whenHolding(journal.rate, replay(journal, charges, settled), journal.rate.burst),
  );
  const used = Object.entries(quotas).map(([account, { start }]) => endOfPeriod(periodOf(account), start));
  const spent = periods.flatMap((per) => counts?.[per].map(({ start }) => endOfPeriod(per, start)) ?? []);
  const lent = open.flatMap((lease) => periods.map((per) => endOfPeriod(per, readAt(lease))));
  return Math.max(settled, ...full, ...used, ...spent, ...lent);
}
