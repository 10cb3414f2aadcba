/**
 * Changes of what authorities keep of their keys, each with a number that D1 gives it. Numbers grow; a record has the number of the
 * newest change at the time at which it was read. Pure.
 */

/** A row of D1, and how it can be told from another one that got the same number after a restore. */
export interface Mark {
  readonly number: number;
  readonly mark: string;
}

export interface RecordChange {
  readonly number: number;
  /** Whose keys must be read again; nobody's after a new `secret` or a restore that was noticed. */
  readonly kind: "api_key" | "member" | "organization" | "secret" | "restored";
  /** Of a key. */
  readonly environment: string | null;
  readonly subject: string;
}

export interface ChangedKey {
  readonly environment: string;
  readonly id: string;
  readonly number: number;
}

/** Who has several keys. */
export interface ChangedHolder {
  readonly kind: "member" | "organization";
  readonly id: string;
  readonly number: number;
}

/** D1 only grows: if it no longer has a row that it had, it is at an earlier time. */
export function wasRestored(seen: Mark | undefined, found: Mark | undefined): boolean {
  return seen !== undefined && found?.mark !== seen.mark;
}

export function later(one: Mark | undefined, other: Mark | undefined): Mark | undefined {
  return one && other ? (other.number > one.number ? other : one) : (one ?? other);
}

/** What was told, as far as the reconciler knows. */
export interface Told {
  /** Each authority was told of all changes up to this one that concern it, or is in the outbox. */
  readonly number: number;
  /** The number of the latest restore that was found; 0 if there was none. */
  readonly generation: number;
  /** The newest row that is known to exist. If D1 no longer has it, D1 was restored. */
  readonly seen?: Mark | undefined;
}

/** How many of the newest rows stay, so that a feed and its isolates find the one that they saw last. */
export const KEPT_CHANGES = 1_000;

/** `done`: up to there, keys were told. `holders`: the numbers of those whose keys are being told. */
export function toldUpTo(done: number, holders: readonly number[]): number {
  return holders.reduce((least, number) => Math.min(least, number - 1), done);
}

/** Up to here, rows can be deleted: each of which some authority does not know must stay, for the feeds. */
export function removableUpTo(told: number, newest: number): number {
  return Math.min(told, newest - KEPT_CHANGES);
}

/** A feed that begins needs the rows from here on: all that some authority may not know, and those that an isolate can have seen last. */
export function feedStartsAt({ number }: Told): number {
  return number + 1 - KEPT_CHANGES;
}

/** Who must hear of these changes, each once, with the newest of their numbers. */
export function concernedBy(changes: readonly RecordChange[]): { keys: ChangedKey[]; holders: ChangedHolder[] } {
  const keys = new Map<string, ChangedKey>();
  const holders = new Map<string, ChangedHolder>();
  for (const { number, kind, environment, subject: id } of changes) {
    if (kind === "api_key") keys.set(`${environment}/${id}`, { environment: environment ?? "", id, number });
    if (kind === "member" || kind === "organization") holders.set(`${kind}/${id}`, { kind, id, number });
  }
  return { keys: [...keys.values()], holders: [...holders.values()] };
}

export interface Reconciled {
  /** When D1 was last asked for changes, and answered. */
  readonly lookedAt: number | null;
  /** When the latest restore of D1 was found. */
  readonly restoredAt: number | null;
}
