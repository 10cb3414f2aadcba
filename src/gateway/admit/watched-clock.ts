/** A clock that notices when it steps back: what was to end by it can then last too long. */
export class WatchedClock {
  readonly #now: () => number;
  #latest = 0;
  /** How often it was seen to step back. */
  stepsBack = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  read(): number {
    const now = this.#now();
    if (now < this.#latest) this.stepsBack += 1;
    this.#latest = now;
    return now;
  }
}
