/** What a simulated key caused, or many of them. */

/** Upper bounds in milliseconds; the last one has no bound. */
const BOUNDS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;

export class Tally {
  requests = 0;
  admitted = 0;
  /** What one counter that sees every request at once would have admitted. */
  admittedIdeally = 0;
  /** Requests that did not wait for anything are in the first. */
  readonly waits: number[] = Array<number>(BOUNDS.length + 1).fill(0);
  /** Questions to an authority, with and without requests that wait. */
  questions = 0;
  /** Requests to objects: questions and alarms. */
  objectRequests = 0;
  objectRows = 0;
  alarmSets = 0;
  d1Reads = 0;
  kvReads = 0;
  kvWrites = 0;

  waited(ms: number): void {
    const at = BOUNDS.findIndex((bound) => ms <= bound);
    const bucket = at < 0 ? BOUNDS.length : at;
    this.waits[bucket] = (this.waits[bucket] ?? 0) + 1;
  }

  /** Adds `times` as much as `other` has. */
  add(other: Tally, times: number): void {
    for (const [name, value] of Object.entries(other)) {
      const sums = this as unknown as Record<string, number>;
      if (typeof value === "number") sums[name] = (sums[name] ?? 0) + value * times;
    }
    for (const [at, count] of other.waits.entries()) this.waits[at] = (this.waits[at] ?? 0) + count * times;
  }

  /** Of all requests, those that the ideal counter would have admitted, and these limits did not. */
  get falseRefusals(): number {
    return Math.max(0, this.admittedIdeally - this.admitted) / this.requests;
  }

  /** Of all requests, those that waited. */
  get shareThatWaited(): number {
    return this.requests === 0 ? 0 : 1 - (this.waits[0] ?? 0) / this.#measured;
  }

  /** Milliseconds that `share` of the requests waited at most, as the upper bound of a class. */
  percentile(share: number): number {
    let left = share * this.#measured;
    const at = this.waits.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return BOUNDS[at] ?? Number.POSITIVE_INFINITY;
  }

  get #measured(): number {
    return this.waits.reduce((sum, count) => sum + count, 0);
  }
}
