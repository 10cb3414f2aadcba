/** What isolates ask the feeds of changes. Calculated, not simulated: one question is for all keys of an isolate. */

import { askFeedEveryMs, MAX_FEEDS, READ_CHANGES_EVERY_MS, REQUESTS_A_QUESTION } from "../../domain/pace.ts";
import { LIMITS } from "./prices.ts";
import type { Traffic } from "./traffic.ts";

type Asking = Pick<Traffic, "perSecond" | "isolates" | "leaseTtlMs">;

/** Whether its isolates get so many requests that they can follow a feed. */
export function followsFeed({ feeds, perSecond, isolates, leaseTtlMs }: Asking & Pick<Traffic, "feeds">): boolean {
  return feeds > 0 && perSecond / isolates >= (REQUESTS_A_QUESTION * 1_000) / (2 * askFeedEveryMs(leaseTtlMs));
}

/** Questions to all feeds together, and theirs to D1, a second. */
export function followingOf(traffic: Asking & Pick<Traffic, "feeds">): { questions: number; looks: number } {
  if (!followsFeed(traffic)) return { questions: 0, looks: 0 };
  const questions = questionsOf(traffic);
  return { questions, looks: Math.min(questions, (traffic.feeds * 1_000) / READ_CHANGES_EVERY_MS) };
}

/** As few as keep each below half of what it can do. */
export function feedsFor(traffic: Asking): number {
  return Math.min(MAX_FEEDS, Math.max(1, Math.ceil(questionsOf(traffic) / (LIMITS.object / 2))));
}

function questionsOf({ perSecond, isolates, leaseTtlMs }: Asking): number {
  return isolates * Math.min(1_000 / askFeedEveryMs(leaseTtlMs), perSecond / isolates / REQUESTS_A_QUESTION);
}
