/** One call at a time for each key: requests that arrive meanwhile get the same result. */

import { isRecent } from "../../domain/age.ts";

export type WaitUntil = (promise: Promise<unknown>) => void;

/** Longer than anybody waits for one. The runtime ends a request 30 s after its answer, and a call that waits in it then never ends. */
const MAX_FLIGHT_MS = 15_000;

interface Flight<T> {
  readonly result: Promise<T>;
  readonly secret: string | undefined;
  readonly begunAt: number;
}

export class Flights<T> {
  readonly #now: () => number;
  readonly #underWay = new Map<string, Flight<T>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * The call outlives the request that began it by up to 30 s (`waitUntil`): if that client leaves, the others still get the result.
   * Even so nobody should wait for it without a deadline. `secret`: that it asks with.
   */
  join(key: string, begin: () => Promise<T>, waitUntil: WaitUntil, secret?: string): Promise<T> {
    const begunAt = this.#now();
    const joined = this.#underWay.get(key);
    if (joined && isRecent(joined.begunAt, MAX_FLIGHT_MS, begunAt)) return joined.result;
    const result = begin().finally(() => {
      // Not the one that took its place.
      if (this.#underWay.get(key) === flight) this.#underWay.delete(key);
    });
    const flight = { result, begunAt, secret };
    this.#underWay.set(key, flight);
    waitUntil(result.catch(() => undefined));
    return result;
  }

  /** Who comes from now on does not get the result of a call that asks with another secret. */
  forget(key: string, secret: string | undefined): void {
    if (this.#underWay.get(key)?.secret !== secret) this.#underWay.delete(key);
  }
}
