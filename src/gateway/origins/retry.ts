/** Sends a request that got no answer once more, if that is safe, and if the origin's budget of retries is not used up. */

/** For each environment's origin in each isolate, so that an origin that is down does not get twice as many requests. */
const RETRIES_AT_ONCE = 10;
const MS_PER_RETRY = 1_000;

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND", "SEARCH", "QUERY", "REPORT"]);

export function isRepeatable({ method, body, headers }: Pick<Request, "method" | "body" | "headers">): boolean {
  return IDEMPOTENT.has(method) && body === null && !headers.has("upgrade");
}

export interface Retries {
  /** Whether there is one left, which is used up then. */
  take(): boolean;
}

/** A function of the gateway's own Worker fails by itself, not by its connection. */
export const NO_RETRIES: Retries = { take: () => false };

export class RetryBudget implements Retries {
  readonly #now: () => number;
  /** The moment at which all of the origin's retries are back. */
  #fullAt = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  take(): boolean {
    const now = this.#now();
    const emptyUntil = now + RETRIES_AT_ONCE * MS_PER_RETRY;
    // Later than that only if the clock has stepped back since.
    const before = Math.min(this.#fullAt, emptyUntil);
    const after = Math.max(before, now) + MS_PER_RETRY;
    this.#fullAt = after > emptyUntil ? before : after;
    return after <= emptyUntil;
  }
}
