/** What collectors pass on to isolates: the number of the latest restore of D1. Asking for it keeps the reconciler looking. */

import { within } from "../deadline.ts";
import { isRecent } from "../domain/age.ts";

const ASK_EVERY_MS = 5_000;
const DEADLINE_MS = 1_000;

export class Restores {
  readonly #ask: () => Promise<number>;
  #latest: number | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(ask: () => Promise<number>) {
    this.#ask = ask;
  }

  /** `undefined` if it is not known. */
  async latest(now: number): Promise<number | undefined> {
    if (isRecent(this.#askedAt, ASK_EVERY_MS, now)) return this.#latest;
    this.#askedAt = now;
    this.#latest = await within(DEADLINE_MS, this.#ask()).catch(() => this.#latest);
    return this.#latest;
  }
}
