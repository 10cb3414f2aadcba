/**
 * Isolates that are refused come back one after the other: each when the next token comes that is not yet promised to another one.
 * Otherwise all of them would ask for the same token, again and again. Pure.
 */

import { type Rate, unitsPerToken } from "./bucket.ts";
import type { Denial } from "./lease.ts";
import type { Limits } from "./limits.ts";

/** Some of those to whom a token is promised do not come for it. So turns follow each other faster than tokens. */
const HASTE = 7 / 8;

/** When the asker's turn comes. `last`: when that of the last one comes. */
export function nextTurn(last: number, { policy }: Denial, { rates }: Limits, now: number): number {
  const rate = rates.find(({ name }) => name === policy) as Rate;
  const tokenMs = unitsPerToken(rate) / rate.limit;
  return Math.max(last, now) + HASTE * tokenMs;
}
