/** How an authority answers a question. Pure, so that the proof runs the same code as the authority. */

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

/** Above so many questions a second, isolates ask less often; an object answers some hundreds that write. */
export const FLOOD_PER_SECOND = 200;
/** The share of the spare tokens that one isolate can keep. */
const KEPT_SHARE = 1 / 32;
/** Denials vary by this share, so that isolates do not all ask at the same time. */
const DENIAL_JITTER = 0.1;

export interface Lending<L extends TokenLease = Lease> {
  readonly lease: L;
  /** Must be stored before the lease is sent. `undefined` if the question changes nothing, as one that is only refused. */
  readonly state: LedgerState | undefined;
}

export interface Circumstances {
  /** The longest life of a lease. */
  readonly ttlMs: number;
  readonly now: number;
  readonly newId: () => string;
  /** There are more than `FLOOD_PER_SECOND` questions: denials last a whole ttl and no report comes alone, so that isolates ask less often. */
  readonly flooded: boolean;
  /** From 0 to 1. */
  readonly random: () => number;
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
  const { lease, state } = lendTokens(limits, stored, question, circumstances, endsInMs);
  return { lease: { ...lease, record }, state };
}

/** `endsInMs`: when the account's owner ends. */
export function lendTokens(
  limits: Limits,
  stored: LedgerState | undefined,
  question: TokenQuestion,
  { ttlMs: longest, now, newId, flooded, random }: Circumstances,
  endsInMs = Number.POSITIVE_INFINITY,
): Lending<TokenLease> {
  const longestMs = Math.min(endsInMs, untilBorder(limits, now));
  const ttlMs = Math.min(longest, longestMs);
  const id = newId();
  const keepMs = question.keeps === undefined || longestMs <= longest ? undefined : Math.min(KEEP_MS, longestMs);
  if (isUnlimited(limits) && !stored) return { lease: unlimited(id, ttlMs, keepMs), state: undefined };
  let ledger = new Ledger(limits, stored, now);
  const heard = question.reports.filter((report) => ledger.report(report, now));
  // What a clock does that goes forward can be calculated again.
  const isChanged = heard.length > 0 || (stored !== undefined && now < stored.clock);
  // Other versions may still name limits.
  if (isUnlimited(limits)) return { lease: unlimited(id, ttlMs, keepMs), state: isChanged ? ledger.state : undefined };
  const keeping = keepMs === undefined ? 0 : keptTokens(ledger, question, now);
  // Until the slowest clock has counted so long.
  const lifeMs = keeping > 0 ? Math.ceil((keepMs as number) * (1 + 2 * MAX_DRIFT)) : ttlMs;
  const renewed = question.renews && withoutLease(question.renews, limits, ledger, lifeMs, now);
  if (renewed) ledger = renewed;
  const kept = renewed ? (question.renews?.unspent ?? 0) : 0;
  const wanted = Math.max(0, question.wanted - kept);
  const lent = kept + leaseSize(ledger.available(now) - kept, { waiting: question.waiting, wanted });
  const tokens = Math.max(keeping, lent);
  if (tokens > 0) ledger.grant(id, tokens, lifeMs, now, keeping > 0);
  const policies = ledger.policies(now);
  const isShort = tokens < Math.max(1, question.waiting);
  // In a flood the next question comes soon, and brings the report.
  const reportSoon = !flooded && ledger.isScarce(now);
  const denial = isShort ? spaced(denialBeyond(id, limits, ledger.state, now), flooded ? longest : 0) : null;
  const denialMs = denial && tokens === 0 ? Math.ceil(denial.retryAfterMs * (1 - DENIAL_JITTER * random())) : ttlMs;
  return {
    lease: {
      id,
      tokens,
      ttlMs: Math.min(ttlMs, denialMs),
      denial,
      policies,
      reportSoon,
      ...(renewed && { renewed: true }),
      ...(keeping > 0 && { keepMs }),
    },
    state: tokens > 0 || isChanged || renewed ? ledger.state : undefined,
  };
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

/** How many tokens the isolate can keep; 0 if it needs them all at once, or if they are not plentiful. */
function keptTokens(ledger: Ledger, { waiting, wanted, keeps = 0 }: TokenQuestion, now: number): number {
  const served = Math.max(1, waiting);
  const stock = Math.min(keeps - served, Math.floor((ledger.spare(now) - served) * KEPT_SHARE));
  const tokens = served + stock;
  return stock < 1 || tokens < leaseSize(ledger.available(now), { waiting, wanted }) ? 0 : tokens;
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

function spaced(denial: Denial, leastMs: number): Denial {
  return { ...denial, retryAfterMs: Math.max(denial.retryAfterMs, leastMs) };
}

/** For a key that cannot do anything, or that has no limits. */
export function uncounted(record: KeyRecord, id: string, ttlMs: number): Lease {
  return { ...unlimited(id, ttlMs, undefined), record };
}

function unlimited(id: string, ttlMs: number, keepMs: number | undefined): TokenLease {
  return { id, tokens: null, ttlMs, denial: null, policies: [], ...(keepMs !== undefined && { keepMs }) };
}
