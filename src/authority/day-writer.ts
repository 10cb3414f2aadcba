/** Writes to D1 what a collector has added up by days: a key's first use at once, then once an hour, and once more when the day ended. */

import { within } from "../deadline.ts";
import { newAnswered } from "../domain/answers.ts";
import { DAY_MS } from "../domain/durations.ts";
import { messageLine } from "../domain/log-line.ts";
import { DAY_ROWS_AT_ONCE, DAYS_EVERY_MS } from "../domain/pace.ts";
import { countOfName, keyOfName, type Tally } from "../domain/tallies.ts";
import { toConsole } from "../log.ts";
import { type DayCount, type DayUsage, writeDays } from "../store/usage.ts";
import type { Part, UsageBlocks } from "./usage-blocks.ts";

/** Characters in one batch. Each statement can have two megabytes of them. */
const CHARACTERS = 800_000;
const DEADLINE_MS = 20_000;
const NOT_ANSWERED = newAnswered();

interface Chosen {
  readonly day: number;
  readonly part: Part;
  readonly names: ReadonlySet<string>;
}

export class DayWriter {
  readonly #storage: DurableObjectStorage;
  readonly #days: UsageBlocks;
  readonly #db: D1Database;

  constructor(storage: DurableObjectStorage, days: UsageBlocks, db: D1Database) {
    this.#storage = storage;
    this.#days = days;
    this.#db = db;
  }

  /** One batch at most. `some`: the rest has to follow. The latest day comes first. */
  async write(collector: number, days: readonly number[], now: number): Promise<"all" | "some" | "failed"> {
    const batch = new Batch();
    const chosen: Chosen[] = [];
    for (const day of days.toReversed()) {
      for (const part of this.#days.partsOf(day)) {
        if (batch.isFull) break;
        if (!isDue(part.dueAt, day, now)) continue;
        const names = new Set<string>();
        for (const [name, tally] of this.#days.read(day, part)) {
          if (!isTallyDue(tally, day, now) || !batch.add(name, tally, day)) continue;
          names.add(name);
        }
        chosen.push({ day, part, names });
      }
    }
    if (chosen.length === 0) return "all";
    try {
      if (!batch.isEmpty) await within(DEADLINE_MS, writeDays(this.#db, collector, batch.usage));
    } catch (error) {
      toConsole(messageLine("error", `usage was not written: ${error}`));
      return "failed";
    }
    this.#storage.transactionSync(() => {
      for (const { day, part, names } of chosen) {
        const known = this.#days.partsOf(day).find(({ id }) => id === part.id);
        // D1 was restored meanwhile.
        if (!known || known.isForgotten !== part.isForgotten) continue;
        const tallies = this.#days.read(day, part);
        for (const name of names) Object.assign(tallies.get(name) as Tally, { writtenAt: now, isChanged: false });
        this.#days.replace(day, part, tallies);
      }
    });
    return batch.isFull ? "some" : "all";
  }

  /** When the next key is due. */
  nextAt(days: readonly number[], now: number): number | undefined {
    const due = days.flatMap((day) =>
      this.#days.partsOf(day).flatMap(({ dueAt }) => (dueAt === null ? [] : [endsWithin(day, dueAt, now)])),
    );
    return due.length === 0 ? undefined : Math.min(...due);
  }
}

class Batch {
  readonly #requests: DayCount[] = [];
  readonly #scopes: [keyId: string, scope: string, day: number][] = [];
  /** The last of each key, which can be in several days. */
  readonly #uses = new Map<string, number>();
  #characters = 0;
  isFull = false;

  /** Whether there was room for the key. */
  add(name: string, { environment, requests, answered, scopes, usedAt }: Tally, day: number): boolean {
    const { organizationId, keyId } = keyOfName(name);
    const counts = [...requests].map(([count, number]): DayCount => {
      const { route, outcome } = countOfName(count);
      const more = answered.get(count) ?? NOT_ANSWERED;
      return [organizationId, keyId, environment, day, route, outcome, number, ...more.slice(0, NOT_ANSWERED.length)];
    });
    const size = JSON.stringify([counts, keyId, [...scopes]]).length;
    const rows = this.#requests.length + this.#scopes.length + this.#uses.size;
    const isTooMuch = rows + counts.length + scopes.size + 1 > DAY_ROWS_AT_ONCE || this.#characters + size > CHARACTERS;
    if (this.isFull || (isTooMuch && !this.isEmpty)) {
      this.isFull = true;
      return false;
    }
    this.#characters += size;
    this.#requests.push(...counts);
    for (const scope of scopes) this.#scopes.push([keyId, scope, day]);
    if (usedAt > (this.#uses.get(keyId) ?? 0)) this.#uses.set(keyId, usedAt);
    return true;
  }

  get isEmpty(): boolean {
    return this.#requests.length + this.#scopes.length + this.#uses.size === 0;
  }

  get usage(): DayUsage {
    return { requests: this.#requests, scopes: this.#scopes, uses: [...this.#uses] };
  }
}

function isDue(dueAt: number | null, day: number, now: number): boolean {
  return dueAt !== null && (dueAt <= now || day + DAY_MS <= now);
}

function isTallyDue({ isChanged, writtenAt }: Tally, day: number, now: number): boolean {
  // After the clock stepped back it is unknown when it was written.
  return isChanged && (writtenAt === 0 || writtenAt > now || isDue(writtenAt + DAYS_EVERY_MS, day, now));
}

/** The end of the day ends the waiting too. */
function endsWithin(day: number, dueAt: number, now: number): number {
  return day + DAY_MS > now ? Math.min(dueAt, day + DAY_MS) : now;
}
