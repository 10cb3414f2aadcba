/** What origins answered, and how many bytes went through: counts in a short list, which is added up place by place. */

import type { Entry } from "./log-line.ts";

/** The class of the status; `broken_off`: the origin was asked, and gave no answer. Counts are stored by the place in this list. */
export const ANSWERS = ["1xx", "2xx", "3xx", "4xx", "5xx", "broken_off"] as const;
const BROKEN_OFF = 5;

/** The bytes of bodies whose length was announced, behind the answers. */
export const REQUEST_BYTES = 6;
export const RESPONSE_BYTES = 7;

/** By the place in `ANSWERS`, then the bytes. */
export type Answered = readonly number[];

export function newAnswered(): number[] {
  return [0, 0, 0, 0, 0, 0, 0, 0];
}

/** The place in `ANSWERS`; `undefined` if no origin was asked. */
export function answerOf({ origin, origin_status }: Pick<Entry, "origin" | "origin_status">): number | undefined {
  if (origin === undefined) return undefined;
  if (origin_status === undefined) return BROKEN_OFF;
  // An invalid status counts as 5xx. https://www.rfc-editor.org/rfc/rfc9110#section-15
  return Math.min(5, Math.max(1, Math.floor(origin_status / 100))) - 1;
}

/** Whether there is something to note of a request. */
export function isAnswered(entry: Entry): boolean {
  return entry.origin !== undefined || (entry.request_bytes ?? 0) + (entry.response_bytes ?? 0) > 0;
}

/** Notes one request in `answered`. */
export function noteAnswer(answered: number[], entry: Entry): void {
  const answer = answerOf(entry);
  if (answer !== undefined) answered[answer] = (answered[answer] as number) + 1;
  answered[REQUEST_BYTES] = (answered[REQUEST_BYTES] as number) + (entry.request_bytes ?? 0);
  answered[RESPONSE_BYTES] = (answered[RESPONSE_BYTES] as number) + (entry.response_bytes ?? 0);
}

/** 4xx and 5xx. */
export function failuresIn(answered: Answered): number {
  return (answered[3] ?? 0) + (answered[4] ?? 0);
}

/** Adds `more` to `answered`. A value that is not a whole number counts as 0: with it, D1 would refuse the whole batch. */
export function addAnswered(answered: number[], more: Answered): void {
  for (const [place, count] of more.entries()) answered[place] = counted(answered[place]) + counted(count);
}

function counted(count: number | undefined): number {
  return Number.isSafeInteger(count) ? (count as number) : 0;
}
