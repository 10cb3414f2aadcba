/**
 * Look-ups in D1 that anyone can cause, by showing a key, a cookie or a link that was made up. Each client has a budget of them,
 * and what was not there is remembered for a moment.
 */

import { networkOf } from "../../domain/address.ts";
import { isRecent } from "../../domain/age.ts";
import { Generations } from "../../domain/generations.ts";
import { isRefusal, type Refusal } from "../../errors.ts";

/** How many look-ups in D1 each client can cause. Workers' rate limiting binding is one; each location counts separately. */
export interface LookupBudget {
  limit(use: { key: string }): Promise<{ success: boolean }>;
}

/** How many names one isolate remembers, at most twice as many; about 150 bytes each. */
const MEMORY_SIZE = 20_000;
/** How long a look-up that found nothing is answered from memory. */
const MISSING_MS = 5_000;

export class Lookups {
  readonly #budget: LookupBudget;
  readonly #now: () => number;
  readonly #missing = new Generations<string, number>(MEMORY_SIZE);
  readonly #found = new Generations<string, true>(MEMORY_SIZE);

  constructor(budget: LookupBudget, now: () => number) {
    this.#budget = budget;
    this.#now = now;
  }

  /** Whether it was looked for just now, and was not there. */
  isMissing(name: string): boolean {
    const missedAt = this.#missing.get(name);
    return missedAt !== undefined && isRecent(missedAt, MISSING_MS, this.#now());
  }

  /** `undefined` if nothing has this name. */
  async find<T>(name: string, client: string, read: () => Promise<T | undefined>): Promise<T | Refusal | undefined> {
    if (this.isMissing(name)) return undefined;
    const { success } = await this.#budget.limit({ key: networkOf(client) });
    if (!success) return { code: "lookup_budget_spent" };
    const found = await read();
    if (found === undefined) this.#missing.set(name, this.#now());
    return found;
  }

  /** For what comes with every request and is read each time. After it was found here once, it does not count against the budget. */
  async findAgain<T>(
    name: string,
    client: string,
    read: () => Promise<T | undefined>,
  ): Promise<T | Refusal | undefined> {
    const found = this.#found.get(name) ? await read() : await this.find(name, client, read);
    if (found === undefined) this.#found.delete(name);
    else if (!isRefusal(found)) this.#found.set(name, true);
    return found;
  }
}
