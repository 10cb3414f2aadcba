/** What an isolate that follows the feed can keep of a lease after the ttl of its rights. Pure. */

import { unitsPerToken } from "./bucket.ts";
import { SECOND_MS } from "./durations.ts";
import { FEW_SHARE, MIN_KEPT_BURST } from "./held.ts";
import { KEEP_MS, leaseSize, MAX_DRIFT, type TokenQuestion } from "./lease.ts";
import type { Ledger } from "./ledger.ts";
import type { Limits } from "./limits.ts";

export interface Keeping {
  /** So many are lent at least. */
  readonly tokens: number;
  /** How long they can be spent. */
  readonly keepMs: number;
  /** The same, until the slowest clock has counted so long. */
  readonly lifeMs: number;
}

/** The share of the spare tokens that one isolate can keep. */
const ISOLATE_SHARE = 1 / 32;
/** Where tokens are not plentiful, an isolate in which no more requests wait keeps some for its next ones, and not for long. */
const FEW = 2;
/** So many at most: one that needs more is steady, and its leases of a ttl are renewed ahead. */
const MAX_KEPT_SHORTLY = 8;
const KEEP_FEW_MS = 20 * SECOND_MS;
/** Above it, several tokens have come by the time that an isolate asks, and a turn would bring one. */
const MAX_TURNS_PER_SECOND = 100;
const MIN_ROOM_FOR_FEW = MIN_KEPT_BURST * FEW_SHARE;

/** `undefined` if all that is lent has to be spent within the ttl. `longestMs`: how long the lease can last at most. */
export function keepingOf(
  ledger: Ledger,
  limits: Limits,
  question: TokenQuestion,
  longestMs: number,
  now: number,
): Keeping | undefined {
  const plenty = plentyToKeep(ledger, question, now);
  if (plenty > 0) return keepingFor(plenty, Math.min(KEEP_MS, longestMs));
  const { waiting, wanted, renews } = question;
  const keepMs = Math.min(KEEP_FEW_MS, longestMs);
  // One that has to stay keeps its room.
  const renewed = renews && ledger.isRenewable(renews, lifeMsOf(keepMs), now) ? renews : undefined;
  const room = roomForFew(limits) - ledger.keptShortly(now, renewed?.leaseId);
  const needed = Math.max(wanted, waiting + (renewed?.unspent ?? 0));
  if (waiting > FEW || needed > Math.min(room, MAX_KEPT_SHORTLY) || room < MIN_ROOM_FOR_FEW || comesBackSoon(limits))
    return undefined;
  const tokens = waiting > 0 && ledger.available(now) > waiting ? waiting + 1 : 0;
  return keepingFor(tokens, keepMs);
}

const keepingFor = (tokens: number, keepMs: number): Keeping => ({ tokens, keepMs, lifeMs: lifeMsOf(keepMs) });

const lifeMsOf = (keepMs: number): number => Math.ceil(keepMs * (1 + 2 * MAX_DRIFT));

/** Whether isolates get the tokens that come back one after the other. Not where those come fast. */
export function takesTurns(limits: Limits): boolean {
  const isSlow = limits.rates.every(({ limit, window }) => limit <= MAX_TURNS_PER_SECOND * window);
  return isSlow && roomForFew(limits) >= MIN_ROOM_FOR_FEW;
}

/**
 * Whether isolates that take turns ask as soon as theirs has come, before a request needs the token. Not while they hold many: each waits
 * for its isolate's next request, and meanwhile other isolates refuse theirs.
 */
export function canAskAhead(ledger: Ledger, limits: Limits, now: number): boolean {
  return ledger.lent(now) <= roomForFew(limits);
}

/** Whether a whole burst comes back while one token would be kept: then there are few to keep, and so many more to ask for. */
function comesBackSoon({ rates }: Limits): boolean {
  return rates.some((rate) => (rate.burst * unitsPerToken(rate)) / rate.limit < KEEP_FEW_MS);
}

/** None of a quota: what is not reported is lost to it. */
function roomForFew({ rates, quotas }: Limits): number {
  return quotas.length > 0 ? 0 : Math.floor(Math.min(...rates.map(({ burst }) => burst * FEW_SHARE)));
}

/** 0 if the isolate needs them all at once, or if they are not plentiful. */
function plentyToKeep(ledger: Ledger, { waiting, wanted, keeps = 0 }: TokenQuestion, now: number): number {
  const served = Math.max(1, waiting);
  const stock = Math.min(keeps - served, Math.floor((ledger.spare(now) - served) * ISOLATE_SHARE));
  const tokens = served + stock;
  return stock < 1 || tokens < leaseSize(ledger.available(now), { waiting, wanted }) ? 0 : tokens;
}
