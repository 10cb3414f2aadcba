/**
 * The feed of changes, for those who answer: what came after the row of D1 that an isolate knows. Pure.
 */

import type { Mark, RecordChange, Told } from "./record-changes.ts";

export interface FeedQuestion {
  /** The newest row that the isolate has heard of; `undefined` if it begins. */
  readonly after: Mark | undefined;
}

export interface FeedAnswer {
  /** The newest row. */
  readonly position: Mark;
  /** The number after which these changes come. Absent at the beginning: then they are all that some authority may not know. */
  readonly after?: number;
  readonly changes: readonly FeedChange[];
  /** The number of the latest restore of D1. */
  readonly generation: number;
  /** So long before the question arrived, D1 was asked: 0, but in answers of older feeds. Older isolates need it. */
  readonly ageMs: number;
}

/** The newest change of a key, a member or an organization. */
export interface FeedChange {
  readonly subject: string;
  readonly number: number;
}

export type ChangeRow = Mark & RecordChange;

export interface FeedStart {
  /** In order, from `feedStartsAt` on. New secrets can be left out, but for the first row, the one that was seen and the newest. */
  readonly rows: readonly ChangeRow[];
  /** Keys whose authorities could not be told of a change. */
  readonly pending: readonly { readonly environment: string; readonly keyId: string }[];
  /** As it was before the rows were read. */
  readonly told: Told;
}

/** Environments have no colon in their names. */
export const keySubject = (environment: string, id: string): string => `${environment}/${id}`;
const holderSubject = (kind: "member" | "organization", id: string): string => `${kind}:${id}`;

/** What of a record says whose changes change it. */
export interface Subjects {
  readonly environment: string;
  readonly id: string;
  readonly organization: { readonly id: string };
  readonly member: { readonly id: string } | null;
}

/** Without what else the record has. */
export function subjectsIn({ environment, id, organization, member }: Subjects): Subjects {
  return { environment, id, organization: { id: organization.id }, member: member && { id: member.id } };
}

/** Whose changes change the record. */
export function subjectsOf({ environment, id, member, organization }: Subjects): readonly string[] {
  const subjects = [keySubject(environment, id), holderSubject("organization", organization.id)];
  return member ? [...subjects, holderSubject("member", member.id)] : subjects;
}

/** Rows of D1 as they were read, each after the other. */
export class FeedLog {
  readonly #told: number;
  readonly #pending: readonly FeedChange[];
  readonly #rows: ChangeRow[];
  #generation: number;

  /** `undefined` if rows are missing of which an authority may not know, or if D1 was restored and the reconciler has not noticed. */
  static from({ rows, pending, told }: FeedStart): FeedLog | undefined {
    const [first, last] = [rows[0], rows.at(-1)];
    if (!first || !last || first.number > told.number + 1) return undefined;
    const unheard = pending.map(({ environment, keyId }) => ({
      subject: keySubject(environment, keyId),
      number: last.number,
    }));
    const log = new FeedLog(rows, unheard, told);
    return told.seen && log.#indexOf(told.seen) === undefined ? undefined : log;
  }

  private constructor(rows: readonly ChangeRow[], pending: readonly FeedChange[], told: Told) {
    this.#told = told.number;
    this.#pending = pending;
    this.#rows = [];
    this.#generation = told.generation;
    this.#push(rows);
  }

  get size(): number {
    return this.#rows.length;
  }

  get last(): Mark {
    return this.#rows.at(-1) as Mark;
  }

  /** The rows from the last one on. False if that is no longer there: it was deleted, or D1 was restored. */
  append(rows: readonly ChangeRow[]): boolean {
    const [first] = rows;
    if (!first || this.#indexOf(first) === undefined) return false;
    const { number } = this.last;
    this.#push(rows.filter((row) => row.number > number));
    return true;
  }

  answer({ after }: FeedQuestion): FeedAnswer {
    const { number, mark } = this.last;
    const known = { position: { number, mark }, generation: this.#generation, ageMs: 0 };
    const index = after && this.#indexOf(after);
    if (after && index !== undefined) {
      return { ...known, after: after.number, changes: newestOf(this.#rows.slice(index + 1)) };
    }
    const untold = this.#rows.filter((row) => row.number > this.#told);
    return { ...known, changes: [...this.#pending, ...newestOf(untold)] };
  }

  #push(rows: readonly ChangeRow[]): void {
    this.#rows.push(...rows);
    for (const { kind, number } of rows) {
      if (kind === "restored") this.#generation = Math.max(this.#generation, number);
    }
  }

  #indexOf({ number, mark }: Mark): number | undefined {
    const index = this.#rows.findLastIndex((row) => row.number <= number);
    const row = this.#rows[index];
    return row?.number === number && row.mark === mark ? index : undefined;
  }
}

/** Each subject once. Nobody's record changes with a new secret, or with the row of a restore. */
function newestOf(rows: readonly ChangeRow[]): FeedChange[] {
  const newest = new Map<string, number>();
  for (const { kind, environment, subject, number } of rows) {
    if (kind === "api_key") newest.set(keySubject(environment ?? "", subject), number);
    if (kind === "member" || kind === "organization") newest.set(holderSubject(kind, subject), number);
  }
  return [...newest].map(([subject, number]) => ({ subject, number }));
}
