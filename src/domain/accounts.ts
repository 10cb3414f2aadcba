/**
 * The journals of all rates that a key had lately. Two versions of the configuration can have different rates, and for some minutes
 * after a deploy they take turns. So an account belongs to a rate's numbers, not to its name. Every token is charged to all
 * accounts, and accounts that no version uses any more are kept until they are full.
 */

import { fullBucket, isFull, type Rate, unitsPerToken, whenHolding } from "./bucket.ts";
import { begun, type Charge, type Journal, replay } from "./journal.ts";

export interface Accounts {
  /** By the rate's name. */
  readonly named: Readonly<Record<string, Journal>>;
  readonly kept: readonly Journal[];
}

/** What leases that nobody has reported mean to a rate. */
export interface Unreported {
  /** What it is charged for those that have ended. */
  readonly presumed: (rate: Rate) => readonly Charge[];
  /** What it holds if none has ended. */
  readonly held: (rate: Rate) => number;
}

/** Bounds the storage if a key's limits change again and again. */
const MAX_KEPT = 8;

/** `accounts`, with those of `rates` named. `begin`: the start of new journals if nothing is known about earlier. */
export function naming(
  rates: readonly Rate[],
  { named, kept }: Accounts,
  unreported: Unreported,
  begin: number,
): Accounts {
  const known = [...Object.values(named), ...kept];
  const [first, ...others] = known;
  const accountOf = (rate: Rate): Journal => {
    const own = known.find((journal) => isSame(journal.rate, rate));
    if (own) return { ...own, rate };
    return first
      ? continued(rate, [first, ...others], unreported)
      : { rate, bucket: fullBucket(rate, begin), charges: [] };
  };
  return {
    named: Object.fromEntries(rates.map((rate) => [rate.name, accountOf(rate)])),
    kept: known.filter(
      ({ rate }, index) =>
        !rates.some((other) => isSame(other, rate)) && known.findIndex((other) => isSame(other.rate, rate)) === index,
    ),
  };
}

/** Without full accounts. `isLent`: there is an open lease, which will be charged to them. */
export function pruned({ named, kept }: Accounts, { presumed }: Unreported, now: number, isLent: boolean): Accounts {
  if (kept.length === 0) return { named, kept };
  const waits = new Map(kept.map((journal) => [journal, untilFull(journal, presumed(journal.rate), now)]));
  const waitOf = (journal: Journal) => waits.get(journal) as number;
  const needed = kept.filter((journal) => isLent || waitOf(journal) > 0).sort((a, b) => waitOf(b) - waitOf(a));
  return { named, kept: needed.slice(0, MAX_KEPT) };
}

export function mapAccounts({ named, kept }: Accounts, map: (journal: Journal) => Journal): Accounts {
  return {
    named: Object.fromEntries(Object.entries(named).map(([name, journal]) => [name, map(journal)])),
    kept: kept.map(map),
  };
}

/**
 * The journal of a new rate, with the recent spending charged to it. How much of this has come back depends on the speed, so the
 * account with the nearest speed decides. The new account can lend at most as many tokens more than any other as its burst is
 * greater. So if versions take turns, they admit no more than the wider of any two of their rates.
 */
function continued(rate: Rate, known: readonly [Journal, ...Journal[]], { presumed, held }: Unreported): Journal {
  const begin = Math.max(...known.map(({ bucket }) => bucket.at));
  const others = known.map((journal) => begun(journal, presumed(journal.rate), begin)) as [Journal, ...Journal[]];
  const nearest = others.reduce((best, other) => (isNearer(rate, other.rate, best.rate) ? other : best));
  const spent = nearest.rate.burst - tokensAtBegin(nearest);
  const bounds = others.map((other) => {
    const [wider, heldMore] = [rate.burst - other.rate.burst, held(other.rate) - held(rate)];
    return tokensAtBegin(other) + Math.max(0, wider) - Math.max(0, heldMore);
  });
  const tokens = Math.max(0, Math.min(rate.burst - spent, rate.burst, ...bounds));
  // A lower rate was charged less for leases that ended unreported.
  const { charges } = others.reduce((widest, other) => (other.rate.burst > widest.rate.burst ? other : widest));
  return { rate, bucket: { level: Math.floor(tokens * unitsPerToken(rate)), at: begin }, charges };
}

/** With parts of tokens. */
const tokensAtBegin = ({ rate, bucket }: Journal) => bucket.level / unitsPerToken(rate);

function isNearer(rate: Rate, one: Rate, other: Rate): boolean {
  const distance = ({ limit, window }: Rate) => Math.abs(Math.log(limit / window / (rate.limit / rate.window)));
  return distance(one) < distance(other);
}

function untilFull(journal: Journal, presumed: readonly Charge[], now: number): number {
  const bucket = replay(journal, presumed, now);
  return isFull(journal.rate, bucket) ? 0 : whenHolding(journal.rate, bucket, journal.rate.burst) - now;
}

/** Names make no difference. */
const isSame = (a: Rate, b: Rate) => a.limit === b.limit && a.window === b.window && a.burst === b.burst;
