/** One call at a time for each key: requests that arrive meanwhile get the same result. */

export type WaitUntil = (promise: Promise<unknown>) => void;

export class Flights<T> {
  readonly #underWay = new Map<string, Promise<T>>();

  /**
   * The call outlives the request that began it (`waitUntil`): if that client leaves, the others still get the result.
   * Even so nobody should wait for it without a deadline.
   */
  join(key: string, begin: () => Promise<T>, waitUntil: WaitUntil): Promise<T> {
    const joined = this.#underWay.get(key);
    if (joined) return joined;
    const flight = begin().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, flight);
    waitUntil(flight.catch(() => undefined));
    return flight;
  }
}
