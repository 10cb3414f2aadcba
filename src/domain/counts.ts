/**
 * What a key has spent in UTC hours, days and months, independent of its quotas: a new or renamed quota begins with what was
 * spent before. The clock can step back into an earlier period, and it is unknown which of its readings were wrong. So the
 * last periods are remembered, and each also counts what was spent in later periods.
 */

import { type Period, periodOf, startOfPeriod } from "./quota.ts";

interface Count {
  readonly start: number;
  readonly used: number;
}

/** For each kind of period: the last ones of the clock, the latest at the end. */
export type Counts = Readonly<Record<Period, readonly Count[]>>;

const NOTHING_SPENT: Counts = { hour: [], day: [], month: [] };

/** A clock that jumps ahead and comes back has been in some other hours meanwhile. */
const KEPT_PERIODS = 4;

export function usedIn(counts: Counts, per: Period, at: number): number {
  return find(counts[per], startOfPeriod(per, at))?.used ?? 0;
}

/** `at`: when the tokens were spent, of which the ledger may learn later, at `now`. */
export function spend(counts: Counts, tokens: number, at: number, now: number): Counts {
  if (tokens === 0) return counts;
  return mapPeriods((per) => {
    const start = startOfPeriod(per, at);
    const earlier = counts[per].map((count) => (count.start < start ? added(count, tokens) : count));
    return put(earlier, added(known(counts[per], start, now), tokens));
  });
}

/** The clock read `before`, and then `now`. */
export function steppedBack(counts: Counts, before: number, now: number): Counts {
  return mapPeriods((per) => put(counts[per], known(counts[per], startOfPeriod(per, now), before)));
}

/** `counts`, with no less than `used` in the period. */
function atLeast(counts: Counts, per: Period, { start, used }: Count): Counts {
  return used > usedIn(counts, per, start) ? { ...counts, [per]: put(counts[per], { start, used }) } : counts;
}

/** Of a period of which nothing is known yet, as of one that has counted what was spent in later ones, up to `latest`. */
function known(counts: readonly Count[], start: number, latest: number): Count {
  const later = counts.filter((count) => count.start > start && count.start <= latest).map(({ used }) => used);
  return find(counts, start) ?? { start, used: Math.max(0, ...later) };
}

const find = (counts: readonly Count[], start: number) => counts.find((count) => count.start === start);
const added = ({ start, used }: Count, tokens: number): Count => ({ start, used: used + tokens });

function put(counts: readonly Count[], count: Count): readonly Count[] {
  return [...counts.filter(({ start }) => start !== count.start), count].slice(-KEPT_PERIODS);
}

const mapPeriods = (map: (per: Period) => readonly Count[]): Counts => ({
  hour: map("hour"),
  day: map("day"),
  month: map("month"),
});

/** At least as much as older code has counted, by quota. */
export function countsOf(
  state: { readonly counts?: Counts; readonly quotas: Readonly<Record<string, Count>> } | undefined,
): Counts {
  const { counts = NOTHING_SPENT, quotas = {} } = state ?? {};
  return Object.entries(quotas).reduce((before, [account, count]) => atLeast(before, periodOf(account), count), counts);
}
