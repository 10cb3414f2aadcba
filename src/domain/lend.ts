/** How an authority answers a question. Pure, so that the proof runs the same code as the authority. */

import { advanceFor, type Booking } from "./advance.ts";
import { MIN_KEPT_BURST } from "./held.ts";
import { canAskAhead, type Keeping, keepingOf, takesTurns } from "./keep.ts";
import { type KeyRecord, nextEndOf } from "./key.ts";
import {
  type Denial,
  KEEP_MS,
  type Lease,
  type LeaseReport,
  leaseSize,
  MAX_DRIFT,
  type TokenLease,
  type TokenQuestion,
} from "./lease.ts";
import { Ledger } from "./ledger.ts";
import type { LedgerState } from "./ledger-state.ts";
import { isUnlimited, type Limits, nextBorder } from "./limits.ts";
import { nextTurn } from "./turn.ts";

/** Above so many questions a second, isolates ask less often; an object answers some hundreds that write. */
export const FLOOD_PER_SECOND = 200;
/** Denials without a turn, and the longest turns, vary by this share, so that isolates do not all ask at the same time. */
const DENIAL_JITTER = 0.1;

/** Its state is `undefined` if the question changes nothing, as one that is only refused. */
export interface Lending<L extends TokenLease = Lease> extends Booking {
  readonly lease: L;
  /** The last place in the queue, as a time. The asker comes back then, up to a tenth of a ttl earlier, or later if no token is due by then. */
  readonly turn?: number | undefined;
}

export interface Circumstances {
  /** The longest life of a lease. */
  readonly ttlMs: number;
  readonly now: number;
  readonly newId: () => string;
  /** There are more than `FLOOD_PER_SECOND` questions: denials without a turn last a whole ttl and no report comes alone, so that isolates ask less often. */
  readonly flooded: boolean;
  /** From 0 to 1. */
  readonly random: () => number;
  /** The last place in the queue until now, if there is one. */
  readonly turn?: number | undefined;
  /** Tokens that were lent since the authority started. */
  readonly lent?: number | undefined;
}

/** For a key that works: its tokens, or a denial with the time until there can be a token. */
export function lend(
  record: KeyRecord,
  limits: Limits,
  stored: LedgerState | undefined,
  question: TokenQuestion,
  circumstances: Circumstances,
): Lending {
  const endsInMs = nextEndOf(record, circumstances.now) - circumstances.now;
  const lending = lendTokens(limits, stored, question, circumstances, endsInMs);
  return { ...lending, lease: { ...lending.lease, record } };
}

/** `endsInMs`: when the account's owner ends. */
export function lendTokens(
  limits: Limits,
  stored: LedgerState | undefined,
  question: TokenQuestion,
  circumstances: Circumstances,
  endsInMs = Number.POSITIVE_INFINITY,
): Lending<TokenLease> {
  const { ttlMs: longest, now, newId, flooded, random } = circumstances;
  const longestMs = Math.min(endsInMs, untilBorder(limits, now));
  const ttlMs = Math.min(longest, longestMs);
  const id = newId();
  const canKeep = question.keeps !== undefined && longestMs > longest;
  const unlimitedLease = unlimited(id, ttlMs, canKeep ? Math.min(KEEP_MS, longestMs) : undefined);
  if (isUnlimited(limits) && !stored) return { lease: unlimitedLease, state: undefined };
  const ledger = new Ledger(limits, stored, now);
  const heard = question.reports.filter((report) => ledger.report(report, now));
  // What a clock does that goes forward can be calculated again.
  const steppedBack = stored !== undefined && now < stored.clock;
  const isChanged = heard.length > 0 || steppedBack;
  // Other versions may still name limits.
  if (isUnlimited(limits)) return { lease: unlimitedLease, state: isChanged ? ledger.state : undefined };
  const keeping = canKeep ? keepingOf(ledger, limits, question, longestMs, now) : undefined;
  const grant = grantFrom(ledger, limits, question, { id, ttlMs, keeping, now });
  const { tokens, endsAt } = grant;
  const { denial, turn } = refusalBeyond(grant, limits, question, circumstances, canKeep);
  const denialMs = denial && Math.ceil(denial.retryAfterMs * (turn === undefined ? 1 - DENIAL_JITTER * random() : 1));
  const returned = heard.reduce((sum, { unspent }) => sum + unspent, 0);
  const isSmall = limits.rates.some(({ burst }) => burst < MIN_KEPT_BURST);
  const mustBeStored = steppedBack || isSmall || limits.quotas.length > 0;
  return {
    lease: {
      ...{ id, tokens, denial, policies: grant.ledger.policies(now) },
      ttlMs: denialMs && tokens === 0 ? Math.min(ttlMs, denialMs) : ttlMs,
      ...(turn !== undefined && canAskAhead(grant.ledger, limits, now) && { rightsMs: ttlMs }),
      // In a flood the next question comes soon, and brings the report.
      reportSoon: !flooded && grant.ledger.isScarce(now),
      ...(grant.renewed && { renewed: true }),
      ...(keeping && tokens > 0 && { keepMs: keeping.keepMs }),
    },
    state: tokens > 0 || isChanged || grant.renewed ? grant.ledger.state : undefined,
    needs: mustBeStored ? undefined : { tokens: tokens + returned, endsAt },
    advance: tokens > 0 ? advanceFor(grant, grant.ledger.spare(now), circumstances) : undefined,
    turn,
  };
}

interface Grant {
  readonly id: string;
  /** With it. */
  readonly ledger: Ledger;
  readonly tokens: number;
  readonly endsAt: number;
  readonly renewed: boolean;
}

function grantFrom(
  ledger: Ledger,
  limits: Limits,
  { waiting, wanted, renews }: TokenQuestion,
  lease: { readonly id: string; readonly ttlMs: number; readonly keeping: Keeping | undefined; readonly now: number },
): Grant {
  const { id, ttlMs, keeping, now } = lease;
  const lifeMs = keeping?.lifeMs ?? ttlMs;
  const renewed = renews && withoutLease(renews, limits, ledger, lifeMs, now);
  const left = renewed ? (renews?.unspent ?? 0) : 0;
  const from = renewed ?? ledger;
  const more = leaseSize(from.available(now) - left, { waiting, wanted: Math.max(0, wanted - left) });
  const tokens = Math.max(keeping?.tokens ?? 0, left + more);
  const endsAt = tokens > 0 ? from.grant(id, tokens, lifeMs, now, keeping !== undefined) : now;
  return { id, ledger: from, tokens, endsAt, renewed: renewed !== undefined };
}

/** For requests beyond the grant, if it has too few tokens, or if they are so scarce that others wait for their turn. */
function refusalBeyond(
  { id, ledger, tokens }: Grant,
  limits: Limits,
  { waiting, wanted }: TokenQuestion,
  { ttlMs, now, flooded, random, turn: last = now }: Circumstances,
  canKeep: boolean,
): { readonly denial: Denial | null; readonly turn?: number } {
  const isInTurn = canKeep && takesTurns(limits) && Math.max(waiting, wanted) > 0;
  // Who gets the last token gets a turn too, also where it cannot ask ahead: the queue gets longer, and there are fewer questions.
  const isShort = tokens < Math.max(1, waiting) || (isInTurn && last > now && ledger.available(now) === 0);
  if (!isShort) return { denial: null };
  const denial = denialBeyond(id, limits, ledger.state, now);
  if (!isInTurn) return { denial: noSooner(denial, flooded ? ttlMs : 0) };
  // No turn is later than a ttl from now.
  const turn = Math.min(nextTurn(last, denial, limits, now), now + ttlMs);
  const longest = ttlMs * (1 - DENIAL_JITTER * random());
  // Also in a flood: turns are as rare as tokens, and those that come back while all wait for a whole ttl would be lost.
  return { denial: noSooner(denial, Math.ceil(Math.min(turn - now, longest))), turn };
}

function noSooner(denial: Denial, leastMs: number): Denial {
  return { ...denial, retryAfterMs: Math.max(denial.retryAfterMs, leastMs) };
}

/** The record has changed: no kept lease of before lives longer than the ttl. `undefined` if there is none. */
export function endKept(
  limits: Limits,
  stored: LedgerState | undefined,
  ttlMs: number,
  now: number,
): LedgerState | undefined {
  if (!stored?.open.some(({ isKept }) => isKept)) return undefined;
  const ledger = new Ledger(limits, stored, now);
  ledger.endKept(ttlMs, now);
  return ledger.state;
}

/** The ledger if the lease's unspent tokens go into the next one; `undefined` if it has to stay. */
function withoutLease(
  renews: LeaseReport,
  limits: Limits,
  before: Ledger,
  ttlMs: number,
  now: number,
): Ledger | undefined {
  if (!before.isRenewable(renews, ttlMs, now)) return undefined;
  const ledger = new Ledger(limits, before.state, now);
  ledger.report(renews, now);
  // Where limits were lowered, the tokens of before are not lent again.
  return ledger.available(now) >= renews.unspent ? ledger : undefined;
}

/** For waiting requests that get no token of the lease: by then the tokens are spent. */
function denialBeyond(leaseId: string, limits: Limits, state: LedgerState, now: number): Denial {
  const ledger = new Ledger(limits, state, now);
  ledger.report({ leaseId, unspent: 0, idleMs: 0 }, now);
  return ledger.denial(now);
}

/** In what an isolate with a slow clock, which reads whole milliseconds, takes for this long, the border is not reached. */
function untilBorder(limits: Limits, now: number): number {
  return Math.floor((nextBorder(limits, now) - now) * (1 - MAX_DRIFT)) - 1;
}

/** For a key that cannot do anything, or that has no limits. */
export function uncounted(record: KeyRecord, id: string, ttlMs: number): Lease {
  return { ...unlimited(id, ttlMs, undefined), record };
}

function unlimited(id: string, ttlMs: number, keepMs: number | undefined): TokenLease {
  return { id, tokens: null, ttlMs, denial: null, policies: [], ...(keepMs !== undefined && { keepMs }) };
}
