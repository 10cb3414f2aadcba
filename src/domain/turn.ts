/**
 * Isolates that are refused come back one after the other: each when the next token comes that is not yet promised to another one.
 * Otherwise all of them would ask for the same token, again and again. Pure.
 */

import type { Denial } from "./lease.ts";
import type { Limits } from "./limits.ts";

/** Some of those to whom a token is promised do not come for it. So turns follow each other faster than tokens. */
const HASTE = 3 / 4;

/** When the asker's turn comes. `last`: when that of the last one comes. */
export function nextTurn(last: number, denial: Denial, limits: Limits, now: number): number {
  return Math.max(last, now) + HASTE * intervalOf(denial, limits);
}

/** In what time a token comes back. Those of a quota come all at once. */
function intervalOf({ policy, kind }: Denial, { rates }: Limits): number {
  const rate = kind === "rate" ? rates.find(({ name }) => name === policy) : undefined;
  return rate ? (rate.window * 1_000) / rate.limit : 0;
}
