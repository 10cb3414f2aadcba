/** How an authority answers a question: pure, so that the proof drives the very code that the authority runs. */

import { type KeyRecord, nextEndOf } from "./key.ts";
import { type Denial, type Lease, leaseSize, MAX_DRIFT, type TokenLease, type TokenQuestion } from "./lease.ts";
import { Ledger, type LedgerState } from "./ledger.ts";
import { isUnlimited, type Limits, nextBorder } from "./limits.ts";

/** A denial ends up to this share earlier than a token can exist, so that isolates do not all ask at one moment. */
const DENIAL_JITTER = 0.1;

export interface Lending<L extends TokenLease = Lease> {
  readonly lease: L;
  /** To be stored before the lease is answered; `undefined` where nothing is counted. */
  readonly state: LedgerState | undefined;
}

export interface Circumstances {
  /** The longest life of a lease. */
  readonly ttlMs: number;
  readonly now: number;
  readonly newId: () => string;
  /** More is asked than can be answered: denials last a whole ttl, to space the askers out. */
  readonly flooded: boolean;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** For a key that lives: its tokens, or a denial with the time until there can be one. */
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
  const ttlMs = Math.min(longest, endsInMs, untilBorder(limits, now));
  const id = newId();
  if (isUnlimited(limits) && !stored) return { lease: unlimited(id, ttlMs), state: undefined };
  const ledger = new Ledger(limits, stored, now);
  for (const report of question.reports) ledger.report(report, now);
  // Others may name limits still.
  if (isUnlimited(limits)) return { lease: unlimited(id, ttlMs), state: ledger.state };
  const tokens = leaseSize(ledger.available(now), question);
  if (tokens > 0) ledger.grant(id, tokens, ttlMs, now);
  const policies = ledger.policies(now);
  const isShort = tokens < Math.max(1, question.waiting);
  const reportSoon = ledger.isScarce(now);
  const denial = isShort ? spaced(denialBeyond(id, limits, ledger.state, now), flooded ? longest : 0) : null;
  const denialMs = denial && tokens === 0 ? Math.ceil(denial.retryAfterMs * (1 - DENIAL_JITTER * random())) : ttlMs;
  return {
    lease: { id, tokens, ttlMs: Math.min(ttlMs, denialMs), denial, policies, reportSoon },
    state: ledger.state,
  };
}

/** For those whom the lease's tokens do not reach: by then these are spent. */
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

/** For a key that may do nothing, or anything. */
export function uncounted(record: KeyRecord, id: string, ttlMs: number): Lease {
  return { ...unlimited(id, ttlMs), record };
}

function unlimited(id: string, ttlMs: number): TokenLease {
  return { id, tokens: null, ttlMs, denial: null, policies: [] };
}
