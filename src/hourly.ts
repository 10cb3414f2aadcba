import { HOUR_MS } from "./domain/durations.ts";

/** Runs `work` on the first call, and then at most once an hour. Failures are ignored. */
export function hourly(work: () => Promise<unknown>, now: () => number): () => Promise<void> {
  let latest = Number.NEGATIVE_INFINITY;
  return async () => {
    if (Math.abs(now() - latest) < HOUR_MS) return;
    latest = now();
    await work().catch(() => undefined);
  };
}
