/**
 * The feed of changes, for an isolate: answers of which each continues the last one. While the last one is fresh, so is each record
 * that is as new as the newest change of its key, its member and its organization. Pure: time is an argument.
 */

import { type FeedAnswer, type FeedQuestion, type Subjects, subjectsOf } from "./feed.ts";
import type { Cover } from "./holding.ts";
import type { Mark } from "./record-changes.ts";

/** Whose changes an isolate remembers. From here on it begins again; about 100 bytes each. */
const MAX_SUBJECTS = 10_000;
/** By up to this share of their life, records that are no longer followed end sooner, so that an isolate does not ask for all at once. */
const SPREAD_SHARE = 1 / 4;

export class FeedChain {
  #position: Mark;
  #freshAt: number;
  #isOver = false;
  readonly #generation: number;
  readonly #newest = new Map<string, number>();
  /** Grows with each answer that brings a change. */
  #heard = 0;

  /** `freshAt`: D1 was asked then, or later. */
  constructor({ position, changes, generation }: FeedAnswer, freshAt: number) {
    this.#position = position;
    this.#freshAt = freshAt;
    this.#generation = generation;
    this.#hear(changes);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get freshAt(): number {
    return this.#freshAt;
  }

  get heard(): number {
    return this.#heard;
  }

  get question(): FeedQuestion {
    return { after: this.#position };
  }

  /** Whether the answer, to the question that this chain asked, continues it. */
  continue({ position, after, changes, generation }: FeedAnswer, freshAt: number): boolean {
    if (after !== this.#position.number || generation > this.#generation) return false;
    this.#hear(changes);
    this.#position = position;
    this.#freshAt = Math.max(this.#freshAt, freshAt);
    return this.#newest.size <= MAX_SUBJECTS;
  }

  /** Nothing will be heard any more. */
  end(): void {
    this.#isOver = true;
  }

  /** The newest change that is known of any of them; 0 if there is none. */
  newestOf(subjects: readonly string[]): number {
    return subjects.reduce((newest, subject) => Math.max(newest, this.#newest.get(subject) ?? 0), 0);
  }

  /**
   * Says whether the record is still right. `number` is that of the newest change that it includes. It must have been asked for after the
   * chain had begun. A number beyond the position can be one that a restore of D1 has taken back, and that another change gets.
   */
  cover(record: Subjects, number: number): Cover | undefined {
    if (this.#isOver || number > this.#position.number || number < this.#generation) return undefined;
    return number < this.newestOf(subjectsOf(record)) ? undefined : new FollowedRecord(this, record, number);
  }

  isFresh(now: number, ttlMs: number, chance: number): boolean {
    const age = now - this.#freshAt;
    return age >= 0 && age < (this.#isOver ? ttlMs * (1 - SPREAD_SHARE * chance) : ttlMs);
  }

  #hear(changes: FeedAnswer["changes"]): void {
    if (changes.length > 0) this.#heard += 1;
    for (const { subject, number } of changes) {
      this.#newest.set(subject, Math.max(number, this.#newest.get(subject) ?? 0));
    }
  }
}

class FollowedRecord implements Cover {
  readonly #chain: FeedChain;
  readonly #record: Subjects;
  readonly #number: number;
  #isRight = true;
  /** What the chain had heard when it was last asked. */
  #heard: number;

  constructor(chain: FeedChain, record: Subjects, number: number) {
    this.#chain = chain;
    this.#record = record;
    this.#number = number;
    this.#heard = chain.heard;
  }

  get rightAt(): number | undefined {
    return this.#isStillRight() ? this.#chain.freshAt : undefined;
  }

  get isOver(): boolean {
    return this.#chain.isOver || !this.#isStillRight();
  }

  isFresh(now: number, ttlMs: number, chance: number): boolean {
    return this.#chain.isFresh(now, ttlMs, chance) && this.#isStillRight();
  }

  #isStillRight(): boolean {
    const { heard } = this.#chain;
    if (heard !== this.#heard) {
      this.#heard = heard;
      this.#isRight &&= this.#chain.newestOf(subjectsOf(this.#record)) <= this.#number;
    }
    return this.#isRight;
  }
}
