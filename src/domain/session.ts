/** How long sign-in links and sessions live. Pure: the time is an argument. */

import { MINUTE_MS } from "./durations.ts";

export const LINK_LIFE_MS = 10 * MINUTE_MS;
export const SESSION_LIFE_MS = 12 * 60 * MINUTE_MS;
/** Of the platform team, who can do everything. */
export const ROOT_SESSION_LIFE_MS = 60 * MINUTE_MS;
/** A session that was not seen for so long is over. */
export const SESSION_IDLE_MS = 2 * 60 * MINUTE_MS;
/** How exactly it is known when a session was last seen: not every request is worth a write. */
export const SEEN_PRECISION_MS = 5 * MINUTE_MS;
/** For how long the rows of what has ended are kept. */
export const RETENTION_MS = 24 * 60 * MINUTE_MS;

export interface SessionTimes {
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

export function isLive({ lastSeenAt, expiresAt, revokedAt }: SessionTimes, now: number): boolean {
  return revokedAt === null && now < expiresAt && now < lastSeenAt + SESSION_IDLE_MS;
}

export function isSeenAnew({ lastSeenAt }: SessionTimes, now: number): boolean {
  return now >= lastSeenAt + SEEN_PRECISION_MS;
}
