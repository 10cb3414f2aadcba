/**
 * The journals of all rates that anybody has lately named for a key. Versions of the configuration name other rates, and for
 * some minutes after a deploy they take turns. So each rate has an account by its numbers and not by its name, every token
 * is charged to all of them, and those that nobody names now are kept until they are whole.
 */

import { fullBucket, isFull, type Rate, unitsPerToken, whenHolding } from "./bucket.ts";
import { begun, type Charge, type Journal, replay } from "./journal.ts";

export interface Accounts {
  /** By the rate's name. */
  readonly named: Readonly<Record<string, Journal>>;
  readonly kept: readonly Journal[];
}

/** So that changing a key's limits over and over fills no storage. */
const MOST_KEPT = 8;

/** `accounts`, with those of `rates` named. `begin`: where nothing is known of the time before. */
export function naming(
  rates: readonly Rate[],
  { named, kept }: Accounts,
  presumed: readonly Charge[],
  begin: number,
): Accounts {
  const known = [...Object.values(named), ...kept];
  const [first, ...others] = known;
  const accountOf = (rate: Rate): Journal => {
    const own = known.find((journal) => isSame(journal.rate, rate));
    if (own) return { ...own, rate };
    return first
      ? continued(rate, [first, ...others], presumed)
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

/** Without those that are whole. `isLent`: some lease is out, and will be charged to them. */
export function pruned({ named, kept }: Accounts, presumed: readonly Charge[], now: number, isLent: boolean): Accounts {
  if (kept.length === 0) return { named, kept };
  const waits = new Map(kept.map((journal) => [journal, untilFull(journal, presumed, now)]));
  const waitOf = (journal: Journal) => waits.get(journal) as number;
  const needed = kept.filter((journal) => isLent || waitOf(journal) > 0).sort((a, b) => waitOf(b) - waitOf(a));
  return { named, kept: needed.slice(0, MOST_KEPT) };
}

export function mapAccounts({ named, kept }: Accounts, map: (journal: Journal) => Journal): Accounts {
  return {
    named: Object.fromEntries(Object.entries(named).map(([name, journal]) => [name, map(journal)])),
    kept: kept.map(map),
  };
}

/**
 * The journal of a rate that is new, less what was spent lately. How much of that is back by now depends on how fast it comes
 * back: the account nearest in speed knows best. And with no account does it make more tokens than its burst is greater: so
 * whoever takes turns, no more is admitted than by the wider of any two of their rates.
 */
function continued(rate: Rate, known: readonly [Journal, ...Journal[]], presumed: readonly Charge[]): Journal {
  const begin = Math.max(...known.map(({ bucket }) => bucket.at));
  const others = known.map((journal) => begun(journal, presumed, begin)) as [Journal, ...Journal[]];
  const nearest = others.reduce((best, other) => (isNearer(rate, other.rate, best.rate) ? other : best));
  const spent = nearest.rate.burst - tokensAtBegin(nearest);
  const bounds = others.map((other) => tokensAtBegin(other) + Math.max(0, rate.burst - other.rate.burst));
  const tokens = Math.max(0, Math.min(rate.burst - spent, rate.burst, ...bounds));
  return { ...nearest, rate, bucket: { level: Math.floor(tokens * unitsPerToken(rate)), at: begin } };
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
