/**
 * In a running Durable Object the clock never goes back. If that of the machine does, `Date.now()`, timers and alarms stand still
 * until it has caught up; only a new instance has the new time. SQLite reads the machine's clock itself, so it shows the step.
 */

import { readMachineTime } from "../store/machine-time.ts";

/** So little is not worth a restart. */
const TOLERANCE_MS = 1_000;

export class StuckClock {
  readonly #state: DurableObjectState;
  #latest: number;

  constructor(state: DurableObjectState) {
    this.#state = state;
    this.#latest = readMachineTime(state.storage.sql);
  }

  /** First in each call and each alarm. Callers repeat a call that a restart cut off, and the runtime repeats an alarm. */
  restartIfStuck(): void {
    const now = readMachineTime(this.#state.storage.sql);
    if (now < this.#latest - TOLERANCE_MS) this.#state.abort("the clock has stepped back");
    this.#latest = now;
  }
}
