/** A lease that is not reported yet: its tokens are held until its end, and count as spent from then on. */

import { MINUTE_MS } from "./durations.ts";
import type { Charge } from "./journal.ts";
import { LEASE_MARGIN_MS } from "./lease.ts";

export interface OpenLease {
  readonly id: string;
  readonly tokens: number;
  readonly grantedAt: number;
  /** When no isolate can spend its tokens any more. */
  readonly endsAt: number;
  /** The clock's time at the grant, if it has stepped back since. */
  readonly readAt?: number;
  /** Kept for long: spending counts when it is reported, so that nobody has to remember everything since the grant. */
  readonly isKept?: boolean;
}

/** By the clock at that time; a lease ends no later than its quota period. */
export const readAt = ({ readAt, grantedAt }: OpenLease): number => readAt ?? grantedAt;

/**
 * After the clock has stepped back by this much: no time has passed, so a report cannot say that tokens were spent earlier than now.
 */
export function movedBack(lease: OpenLease, now: number, by: number): OpenLease {
  const endsAt = lease.endsAt - by;
  return { ...lease, readAt: readAt(lease), grantedAt: Math.min(now, endsAt), endsAt };
}

/** As if it had been spent to the last token at the last moment. */
export const presumed = ({ tokens, endsAt }: OpenLease): Charge => ({ tokens, at: endsAt });

export const tokensOf = (leases: readonly OpenLease[]): number =>
  leases.reduce((total, { tokens }) => total + tokens, 0);

/**
 * Whether a lease that is granted now can take over what is left of this one. An isolate can spend that until this one's end, whether it
 * gets the answer or not. So the new one must not end earlier, and must belong to the same periods.
 */
export function isRenewable({ endsAt, readAt }: OpenLease, now: number, ttlMs: number): boolean {
  const spentBy = endsAt - LEASE_MARGIN_MS;
  return readAt === undefined && now < spentBy && spentBy <= now + ttlMs;
}

/**
 * No report about the time before can come any more. The spending of kept leases counts at the arrival of their report, or at their end
 * if that was earlier: until then, the journals must not have them yet.
 */
export const firstGrant = (leases: readonly OpenLease[], clock: number): number =>
  leases.reduce((first, { grantedAt, endsAt, isKept }) => Math.min(first, isKept ? endsAt : grantedAt), clock);

/** For a few requests. One whose end came early, because the record changed, can count here too, on the safe side. */
export const isKeptShortly = ({ isKept, grantedAt, endsAt }: OpenLease): boolean =>
  isKept === true && endsAt - grantedAt < MINUTE_MS;

export const byEnd = (a: OpenLease, b: OpenLease): number => a.endsAt - b.endsAt;

/** In order of their ends. */
export function keptUntil(leases: readonly OpenLease[], last: number): readonly OpenLease[] {
  return leases.map((lease) => (lease.isKept ? { ...lease, endsAt: Math.min(lease.endsAt, last) } : lease)).sort(byEnd);
}
