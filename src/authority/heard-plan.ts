/** The limits of the key's plan, as isolates last reported them. They are in a separate row, which is written only when they change. */

import type { KeyRecord } from "../domain/key.ts";
import { type KeyLimits, limitsOfRecord, type Plan, type Plans } from "../domain/plans.ts";

export class HeardPlan {
  readonly #storage: SyncKvStorage;
  readonly #own: () => Plans;
  #heard: Plan | undefined;
  /** The text that was last read, and its meaning: most questions say the same. */
  #read: { readonly text: string; readonly plans: Plans } | undefined;

  /** `own`: of this code's configuration. */
  constructor(storage: SyncKvStorage, own: () => Plans) {
    this.#storage = storage;
    this.#own = own;
    this.#heard = storage.get<Plan>("plan");
  }

  /** `undefined` if nobody knows the key's plan. */
  limitsOf(record: KeyRecord, told: Plans | undefined): KeyLimits | undefined {
    return limitsOfRecord(record, { told, heard: this.#heard, own: this.#own() });
  }

  /** What a question says about plans. */
  parse(text: string | undefined): Plans | undefined {
    if (text === undefined) return undefined;
    if (this.#read?.text !== text) this.#read = { text, plans: JSON.parse(text) };
    return this.#read.plans;
  }

  /** `undefined`: nothing was told, and what was heard before stays. */
  keep(heard: Plan | undefined): void {
    if (!heard || heard.limits === this.#heard?.limits || isSame(heard, this.#heard)) return;
    this.#storage.put("plan", heard);
    this.#heard = heard;
  }

  /** Once the storage was deleted. */
  forget(): void {
    this.#heard = undefined;
  }
}

const isSame = (one: Plan, other: Plan | undefined) => JSON.stringify(one) === JSON.stringify(other);
