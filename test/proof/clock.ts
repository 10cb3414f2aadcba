/** A clock as an isolate or an authority has it: wrong from the start, running at a speed of its own, stepping back, or ahead. */

export interface ClockSettings {
  /** Milliseconds. */
  readonly offset: number;
  /** Parts per thousand by which it is fast; below 0, slow. */
  readonly drift: number;
  /** In true milliseconds since the world's start; a step ahead is below 0. */
  readonly steps: readonly { readonly at: number; readonly by: number }[];
}

export const TRUE_CLOCK: ClockSettings = { offset: 0, drift: 0, steps: [] };
/** The slowest that a clock may be. */
export const SLOW_CLOCK: ClockSettings = { offset: 0, drift: -5, steps: [] };

/** True time, and by how much the clock has jumped ahead: by that it is the authority's to give back tokens. */
export function timeWithJumps({ steps }: ClockSettings, start: number, now: number): number {
  return steps.reduce((total, { at, by }) => (now - start >= at ? total + Math.max(0, -by) : total), now);
}

/** Whole milliseconds, like `Date.now()`. */
export function readClock({ offset, drift, steps }: ClockSettings, start: number, now: number): number {
  const passed = now - start;
  const stepped = steps.reduce((total, { at, by }) => (passed >= at ? total + by : total), 0);
  return Math.floor(start + offset + passed * (1 + drift / 1000) - stepped);
}

/** In a running Durable Object it never goes back: after a step it stands still until it has caught up. */
export function readStuckClock(clock: ClockSettings, start: number, now: number): number {
  const stepped = clock.steps.filter(({ at }) => start + at <= now);
  return Math.max(...[now, ...stepped.map(({ at }) => start + at - 1)].map((time) => readClock(clock, start, time)));
}
