/** The client of one request, which can leave before it has its answer. */

/**
 * A listener from `addEventListener` and its signal keep each other in memory, with all that the listener refers to, until a full collection
 * of garbage or two. `onabort` does not. What it calls refers to this object alone, which refers to nothing once the request has its answer.
 */
export class Departure {
  #hasLeft: boolean;
  #acts: (() => void)[] = [];

  constructor(signal: AbortSignal) {
    this.#hasLeft = signal.aborted;
    const leave = () => this.#leave();
    // Code around the gateway can have its own.
    if (signal.onabort) signal.addEventListener("abort", leave);
    else signal.onabort = leave;
  }

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Calls `act` when the client leaves, or now if it has left. */
  whenLeft(act: () => void): void {
    if (this.#hasLeft) act();
    else this.#acts.push(act);
  }

  /** The request has its answer. */
  end(): void {
    this.#acts = [];
  }

  #leave(): void {
    this.#hasLeft = true;
    for (const act of this.#acts) act();
  }
}
