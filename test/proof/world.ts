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
  readonly changes: readonly { readonly at: number; readonly change: Change }[];
  /** When the authority is restarted elsewhere, and its old instance becomes a zombie. */
  readonly replacements: readonly number[];
  /** From 0 to 1: what chance says, one after the other, over and over. */
  readonly chances: readonly number[];
}

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
