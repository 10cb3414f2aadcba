/** The client of one request, which can leave before it has all of its answer. */

/**
 * A listener from `addEventListener` and its signal keep each other in memory, with all that the listener refers to, until a full collection
 * of garbage or two. `onabort` does not. So what it calls refers to nothing but this object, and this object, once the request has its answer,
 * to nothing but the exchange with the origin.
 */
export class Departure {
  #hasLeft = false;
  #complete: (() => void) | undefined;
  #exchange: AbortController | undefined;
  readonly #leave = () => {
    this.#hasLeft = true;
    this.#complete?.();
    this.#exchange?.abort();
  };

  constructor(signal: AbortSignal) {
    this.#listen(signal);
  }

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Calls `complete` if the client leaves before the request has its answer. */
  keepAlive(complete: () => void): void {
    this.#complete = complete;
    if (this.#hasLeft) complete();
  }

  /** Aborts the exchange with the origin when the client leaves, also in the middle of its answer. `signal`: of the client. */
  abort(exchange: AbortController, signal: AbortSignal): void {
    this.#exchange = exchange;
    // In the meantime, a hook or the code around the gateway can have set `onabort`.
    this.#listen(signal);
    if (this.#hasLeft) exchange.abort();
  }

  /** The request has its answer. */
  settle(): void {
    this.#complete = undefined;
  }

  #listen(signal: AbortSignal): void {
    if (signal.aborted) this.#hasLeft = true;
    else if (!signal.onabort) signal.onabort = this.#leave;
    else if (signal.onabort !== this.#leave) signal.addEventListener("abort", this.#leave);
  }
}
