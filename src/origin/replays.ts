import type { Replays } from "./verify.ts";

/** A memory of this process alone: behind several, give `replays` a store that they share. */
export function memoryReplays(): Replays {
  let current = new Set<string>();
  let previous = new Set<string>();
  let turnAt = 0;
  return {
    // Two halves, each of which lives for at least as long as any assertion does.
    seen(jti, until) {
      const now = Date.now();
      if (now >= turnAt) {
        previous = now >= turnAt + GENERATION_MS ? new Set() : current;
        current = new Set();
        turnAt = now + GENERATION_MS;
      }
      // If the clock has stepped back, nothing is forgotten sooner, and nothing is kept for hours.
      turnAt = Math.min(turnAt, now + 2 * GENERATION_MS);
      if (current.has(jti) || previous.has(jti)) return true;
      if (until > now) current.add(jti);
      return false;
    },
  };
}

/** Longer than an assertion lives, with the clocks' difference on both sides. */
const GENERATION_MS = 150_000;
