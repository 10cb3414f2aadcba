/**
 * Follows the feed of changes while requests come. An isolate does nothing between them, so there is no loop: a request begins the next
 * question, if the last one began some time ago. After a pause the first requests ask for each key.
 */

import { isRecent } from "../../domain/age.ts";
import type { FeedAnswer, FeedQuestion } from "../../domain/feed.ts";
import { FeedChain } from "../../domain/feed-chain.ts";
import { askFeedEveryMs, REQUESTS_A_QUESTION } from "../../domain/pace.ts";
import type { WaitUntil } from "./flights.ts";
import type { WatchedClock } from "./watched-clock.ts";

/** One of the feeds. */
export interface FeedSource {
  readonly number: number;
  readonly ask: (number: number, question: FeedQuestion) => Promise<FeedAnswer | undefined>;
}

/** How long a feed is left alone that could not answer, once nothing that it said is fresh. */
const AFTER_FAULT_MS = 3_000;

export class Follower {
  readonly #feed: FeedSource;
  readonly #ttlMs: number;
  readonly #clock: WatchedClock;
  readonly #onRestore: (generation: number) => void;
  #chain: FeedChain | undefined;
  /** How often the clock had stepped back when it was last read. */
  #stepsBack = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** How long no other question is asked. */
  #pauseMs = 0;
  #requests = 0;
  /** An answer to another question than the last one is not used. */
  #questions = 0;
  #isAsking = false;

  /** `onRestore`: with the number of the latest restore of D1 that the feed knows. */
  constructor(feed: FeedSource, ttlMs: number, clock: WatchedClock, onRestore: (generation: number) => void) {
    this.#feed = feed;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#onRestore = onRestore;
  }

  /** A request has come. */
  see(now: number, waitUntil: WaitUntil): void {
    this.#requests += 1;
    if (this.#requests < REQUESTS_A_QUESTION || isRecent(this.#askedAt, this.#pauseMs, now)) return;
    this.#requests = 0;
    waitUntil(this.#question());
  }

  /** The present chain, if a record that is asked for now can be followed: after a pause, once the question is answered. */
  get chain(): FeedChain | undefined {
    const isFresh = this.#isFresh(this.#readClock());
    return isFresh || this.#isAsking ? this.#chain : undefined;
  }

  /** Every record that is held must be asked for again. */
  forget(): void {
    this.#chain?.end();
    this.#chain = undefined;
    this.#questions += 1;
    this.#pauseMs = 0;
  }

  async #question(): Promise<void> {
    const askedAt = this.#readClock();
    this.#questions += 1;
    const question = this.#questions;
    this.#askedAt = askedAt;
    // An answer that takes longer has died with the request that asked, or brings what is no longer fresh.
    this.#pauseMs = this.#ttlMs;
    this.#isAsking = true;
    const chain = this.#chain;
    const answer = await this.#feed
      .ask(this.#feed.number, chain?.question ?? { after: undefined })
      .catch(() => undefined);
    const now = this.#readClock();
    if (question !== this.#questions) return;
    this.#isAsking = false;
    this.#pauseMs = answer || this.#isFresh(now) ? askFeedEveryMs(this.#ttlMs) : AFTER_FAULT_MS;
    if (answer) this.#hear(answer, chain, askedAt - answer.ageMs);
  }

  #isFresh(now: number): boolean {
    return this.#chain?.isFresh(now, this.#ttlMs, 0) ?? false;
  }

  /** After a step back, nobody knows how old an answer is. */
  #readClock(): number {
    const now = this.#clock.read();
    if (this.#stepsBack !== this.#clock.stepsBack) this.forget();
    this.#stepsBack = this.#clock.stepsBack;
    return now;
  }

  #hear(answer: FeedAnswer, chain: FeedChain | undefined, freshAt: number): void {
    // May forget the chain.
    this.#onRestore(answer.generation);
    if (chain?.continue(answer, freshAt)) return;
    chain?.end();
    this.#chain = answer.after === undefined ? new FeedChain(answer, freshAt) : undefined;
  }
}
