/** A lease that nobody has reported yet: its tokens are held until its end, and presumed spent from then on. */

import type { Charge } from "./journal.ts";

export interface OpenLease {
  readonly id: string;
  readonly tokens: number;
  readonly grantedAt: number;
  /** When no isolate can spend its tokens any more. */
  readonly endsAt: number;
  /** What the clock read at the grant, where it has stepped back since. */
  readonly readAt?: number;
}

/** By the clock as it was then; a lease ends at the border of its period at the latest. */
export const readAt = ({ readAt, grantedAt }: OpenLease): number => readAt ?? grantedAt;

/**
 * Where the clock has stepped back by so much: no time has passed, by which a report could tell that tokens were spent earlier
 * than now.
 */
export function movedBack(lease: OpenLease, now: number, by: number): OpenLease {
  const endsAt = lease.endsAt - by;
  return { ...lease, readAt: readAt(lease), grantedAt: Math.min(now, endsAt), endsAt };
}

/** As if it had been spent to the last token at the last moment. */
export const presumed = ({ tokens, endsAt }: OpenLease): Charge => ({ tokens, at: endsAt });

export const tokensOf = (leases: readonly OpenLease[]): number =>
  leases.reduce((total, { tokens }) => total + tokens, 0);
