/** What an object saw of the clock. One that is wrong must not delete anything for good. */

import { isRecent } from "./age.ts";
import { DAY_MS, HOUR_MS } from "./durations.ts";

export interface ClockHistory {
  /** When the clock was read last. */
  readonly seenAt: number;
  /** Since when it has not jumped. */
  readonly steadySince: number;
}

/** If the clock is further ahead of its last reading than this, it may be wrong. If it is behind, one of the two is. */
const JUMP_MS = 3 * HOUR_MS;

/** `known`: `undefined` at the first reading. */
export function readClock(known: ClockHistory | undefined, now: number): ClockHistory {
  const isSteady = known !== undefined && isRecent(known.seenAt, JUMP_MS, now);
  return { seenAt: now, steadySince: isSteady ? known.steadySince : now };
}

/** Whether the clock has not jumped for a day, so that what is old by it can be deleted. */
export function isTrusted({ seenAt, steadySince }: ClockHistory): boolean {
  return seenAt - steadySince >= DAY_MS;
}
