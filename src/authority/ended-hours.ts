/** Ended hours of usage that are not in D1 yet, each in a row of the authority's storage. */

import { DAY_MS } from "../domain/durations.ts";
import type { UsageHour } from "../domain/usage.ts";

/** How long usage is kept while D1 cannot be written. */
const KEPT_MS = 7 * DAY_MS;

const PREFIX = "usage/";

export class EndedHours {
  readonly #storage: SyncKvStorage;

  constructor(storage: SyncKvStorage) {
    this.#storage = storage;
  }

  all(): UsageHour[] {
    return [...this.#storage.list<UsageHour>({ prefix: PREFIX })].map(([, hour]) => hour);
  }

  add(ended: UsageHour): void {
    this.forget(this.all().filter(({ hour }) => hour <= ended.hour - KEPT_MS));
    this.#storage.put(nameOf(ended), ended);
  }

  forget(hours: readonly UsageHour[]): void {
    for (const hour of hours) this.#storage.delete(nameOf(hour));
  }
}

const nameOf = ({ hour }: UsageHour) => `${PREFIX}${hour}`;
