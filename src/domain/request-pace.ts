/** How many requests each report to a collector can have: the more reports there are, the fewer. */

import { MINUTE_MS } from "./durations.ts";
import { KEPT } from "./pace.ts";

export class RequestPace {
  /** Reports since the minute began, and in the minute before. */
  #reports = 0;
  #before = 0;
  #begunAt = Number.NEGATIVE_INFINITY;

  /** A report came. Returns how many requests the next one of its isolate can have. */
  hear(now: number): number {
    const passed = Math.abs(now - this.#begunAt);
    if (passed >= MINUTE_MS) {
      this.#before = passed < 2 * MINUTE_MS ? this.#reports : 0;
      [this.#reports, this.#begunAt] = [0, now];
    }
    this.#reports += 1;
    return Math.ceil(KEPT.aMinute / Math.max(this.#reports, this.#before));
  }
}
