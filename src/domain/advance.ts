/**
 * Tokens that an authority lends to itself. What it has stored counts them as lent, so it can lend them to isolates without another
 * write. If it restarts, nobody reports them, and they count as spent at their end. Pure.
 *
 * This is safe, whatever becomes of the object: the stored account never has more tokens than the true one. Only the object that
 * stored an advance uses it, also if another one has replaced it by then.
 */

import { MINUTE_MS } from "./durations.ts";
import { MIN_KEPT_BURST } from "./held.ts";
import type { LedgerState } from "./ledger-state.ts";
import { byEnd, type OpenLease } from "./open-lease.ts";

export interface Advance {
  readonly tokens: number;
  /** No lease from it ends later. */
  readonly endsAt: number;
}

/** The share of the spare tokens that is advanced, for how many grants at most, and for how long. */
const ADVANCED_SHARE = 1 / 4;
const ADVANCED_GRANTS = 32;
const ADVANCED_MS = 5 * MINUTE_MS;
/** The quarter of the smallest burst of which anything is kept. */
const MIN_SPARE = MIN_KEPT_BURST / 4;

/**
 * What to advance after a grant of so many tokens until `endsAt`, for more of the kind; `undefined` if it is not worth it. No more than
 * was lent since the authority started: so a restart makes no more tokens count as spent than there were.
 */
export function advanceFor(
  grant: { readonly id: string; readonly tokens: number; readonly endsAt: number },
  spare: number,
  { lent = 0, now }: { readonly lent?: number | undefined; readonly now: number },
): OpenLease | undefined {
  const tokens = Math.min(grant.tokens * ADVANCED_GRANTS, Math.floor(spare * ADVANCED_SHARE), lent + grant.tokens);
  if (tokens < 2 * grant.tokens || spare < MIN_SPARE) return undefined;
  const endsAt = grant.endsAt + ADVANCED_MS;
  // A quota's periods count what is spent in later ones, too.
  return { id: `${grant.id}:advance`, tokens, grantedAt: now, endsAt, readAt: endsAt, isKept: true };
}

/** A change of an account. */
export interface Booking {
  /** `undefined` if nothing has changed. */
  readonly state: LedgerState | undefined;
  /** With so much in advance, the change need not be stored. Absent if it must be. */
  readonly needs?: Advance | undefined;
  /** What can be advanced when the change is stored. */
  readonly aside?: OpenLease | undefined;
}

/** `stored`: what must be stored before the change is answered; `undefined` if what is stored already allows for it. */
export function settle(
  { state, needs, aside }: Booking,
  advance: Advance | undefined,
): { readonly stored: LedgerState | undefined; readonly advance: Advance | undefined } {
  if (!state) return { stored: undefined, advance };
  if (needs && advance && needs.tokens <= advance.tokens && needs.endsAt <= advance.endsAt) {
    return { stored: undefined, advance: { ...advance, tokens: advance.tokens - needs.tokens } };
  }
  if (!aside) return { stored: state, advance: undefined };
  return { stored: { ...state, open: [...state.open, aside].sort(byEnd) }, advance: aside };
}
