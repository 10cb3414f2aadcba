/**
 * Tokens that an authority lends to itself. What it has stored counts them as lent, so it can lend them to isolates without another
 * write. If it restarts, nobody reports them, and they count as spent at their end. Pure.
 *
 * This is safe, whatever becomes of the object: by the widest limits in use, the stored account never has more tokens than the true
 * one. Only the object that stored an advance uses it, even if another one has replaced it by then.
 */

import { MINUTE_MS } from "./durations.ts";
import { MIN_KEPT_BURST, PLENTIFUL_SHARE } from "./held.ts";
import type { LedgerState } from "./ledger-state.ts";
import { byEnd, type OpenLease } from "./open-lease.ts";

export interface Advance {
  readonly tokens: number;
  /** No lease from it ends later. */
  readonly endsAt: number;
}

/** The share of the spare tokens in an advance, for how many grants at most, and for how long. */
const ADVANCED_SHARE = 1 / 4;
const ADVANCED_GRANTS = 32;
const ADVANCED_MS = 5 * MINUTE_MS;
/** Of the smallest burst of which anything is kept, all that can be spare. */
const MIN_SPARE = MIN_KEPT_BURST * (1 - PLENTIFUL_SHARE);

/**
 * The advance for more grants like this one; `undefined` if it is not worth it. It has no more than was lent since the authority started
 * (what a renewal takes over counts again): so a key that is seldom used loses little when its authority is stopped meanwhile.
 */
export function advanceFor(
  grant: { readonly id: string; readonly tokens: number; readonly endsAt: number },
  spare: number,
  { lent = 0, now }: { readonly lent?: number | undefined; readonly now: number },
): OpenLease | undefined {
  const tokens = Math.min(grant.tokens * ADVANCED_GRANTS, Math.floor(spare * ADVANCED_SHARE), lent + grant.tokens);
  if (tokens < 2 * grant.tokens || spare < MIN_SPARE) return undefined;
  const endsAt = grant.endsAt + ADVANCED_MS;
  // If a quota is added later, every period until then counts it: nobody knows in which one it is spent.
  return { id: `${grant.id}:advance`, tokens, grantedAt: now, endsAt, readAt: endsAt, isKept: true };
}

/** A change of an account. */
export interface Booking {
  /** `undefined` if nothing has changed. */
  readonly state: LedgerState | undefined;
  /** If the present advance has so much, the change need not be stored. Absent if it must be. */
  readonly needs?: Advance | undefined;
  /** The next advance, if the change is stored. */
  readonly advance?: OpenLease | undefined;
}

/** `stored`: what must be stored before the change is answered; `undefined` if what is stored already allows for it. */
export function settle(
  { state, needs, advance: next }: Booking,
  advance: Advance | undefined,
): { readonly stored: LedgerState | undefined; readonly advance: Advance | undefined } {
  if (!state) return { stored: undefined, advance };
  if (needs && advance && needs.tokens <= advance.tokens && needs.endsAt <= advance.endsAt) {
    return { stored: undefined, advance: { ...advance, tokens: advance.tokens - needs.tokens } };
  }
  if (!next) return { stored: state, advance: undefined };
  return { stored: { ...state, open: [...state.open, next].sort(byEnd) }, advance: next };
}
