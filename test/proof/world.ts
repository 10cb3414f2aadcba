/** What can be said of a world before it runs. Moments are true milliseconds since its start. */

import type { KeyRecord } from "../../src/domain/key.ts";
import type { Limits } from "../../src/domain/limits.ts";
import type { Crash } from "./authority.ts";
import type { ClockSettings } from "./clock.ts";

export interface World {
  readonly start: number;
  readonly limits: Limits;
  /** Where the key has its limits from its plan: what each version of the configuration has for it. Isolates run one after the other; the authority runs the first. */
  readonly versions?: readonly [Limits, ...Limits[]];
  readonly authorityClock: ClockSettings;
  readonly isolates: readonly {
    readonly clock: ClockSettings;
    /** When it is ended, and a new one comes with nothing in memory. */
    readonly ends: readonly number[];
  }[];
  readonly requests: readonly Requests[];
  /** Of the questions, one after the other, over and over. */
  readonly fates: readonly Fate[];
  readonly changes: readonly {
    readonly at: number;
    readonly change: Change;
    /** The row of D1 names the member of the key instead of the key. */
    readonly of?: "key" | "member";
    /** Made in D1 itself, so that nobody tells the authority; within so much time all isolates have heard of it, if it says. */
    readonly byHand?: true | { readonly heardWithin: number };
  }[];
  /** When the authority is restarted elsewhere, and its old instance becomes a zombie. */
  readonly replacements: readonly number[];
  /** Absent where isolates do not follow the feed. */
  readonly feed?: FeedWorld;
  /** From 0 to 1: what chance says, one after the other, over and over. */
  readonly chances: readonly number[];
}

/** All moments are true milliseconds since the start. */
export interface FeedWorld {
  /** Of the object that answers. Where it steps back, the object sees it stand still. */
  readonly clock: ClockSettings;
  /** Of the isolates' questions to it, and of the calls that tell the authority of a change. */
  readonly fates: readonly Fate[];
  readonly told: readonly Fate[];
  /** How long D1 takes for a query, one after the other, over and over. */
  readonly d1Ms: readonly number[];
  /** When the reconciler looks at D1, and how long the keys of a member take it. */
  readonly looks: readonly number[];
  readonly pagesMs: number;
  /** When D1 is restored, and to which moment. */
  readonly restores: readonly { readonly at: number; readonly to: number }[];
  /** When it is restarted elsewhere, and its old instance becomes a zombie. */
  readonly replacements: readonly number[];
  /** When isolates do not reach it, nobody tells the authority, isolates do not reach the authority, or nobody reaches D1. */
  readonly cuts: readonly { readonly from: number; readonly to: number; readonly what: Cut }[];
  /** When objects run code from before the feed, as after a rollback. */
  readonly oldCode: readonly { readonly from: number; readonly to: number; readonly what: Old }[];
  /** When requests with other keys come, so that isolates ask the feed. */
  readonly hum: readonly { readonly from: number; readonly to: number; readonly every: number }[];
  /** Changes of other keys, so many at once. */
  readonly others: readonly { readonly at: number; readonly count: number }[];
}

/** Of code from before the feed. */
export type Old = "authority" | "reconciler" | "feed";
export type Cut = "asked" | "told" | "authority" | "D1";

/** So many at one moment. */
export interface Requests {
  readonly at: number;
  readonly isolate: number;
  readonly count: number;
  /** Those that are refused are made again, after just as long as they were told. */
  readonly again?: boolean;
}

/** What becomes of one question. Travel times in milliseconds; not both 0, or whoever asks again and again stops the time. */
export interface Fate {
  readonly up: number;
  readonly down: number;
  readonly fault?: "question lost" | "answer lost" | "zombie" | { readonly crash: Crash };
  /** So long after the first, the same question arrives again; whichever answer comes first counts. */
  readonly repeatedAfter?: number;
}

export type Change = { readonly limits: Limits } | Partial<Pick<KeyRecord, "revokedAt" | "disabledAt" | "scopes">>;

/**
 * A clock that steps back unseen, because the isolate does not look at it until it has caught up, makes a lease live
 * longer by the step; so far the margin covers that. Beyond it, something in
 * the isolate must have looked before and after.
 */
export const UNSEEN_STEP_MS = 400;

/** What a faultless network does. */
export const SWIFT: Fate = { up: 10, down: 10 };

/** How long the platform takes to notice that a question or an answer was lost. */
export const LOST_AFTER_MS = 5_000;
