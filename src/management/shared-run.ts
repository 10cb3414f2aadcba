/** One run of some work serves all who ask for it while it runs, and for a moment after, so that asking costs next to nothing. */

export type WaitUntil = (promise: Promise<unknown>) => void;

interface Run<T> {
  readonly result: Promise<T>;
  readonly begunAt: number;
  endedAt?: number;
}

interface Timing {
  /** After this long a run has died with the request that began it. */
  readonly deadlineMs: number;
  /** How long the result serves after the run. */
  readonly freshMs: number;
  readonly now: () => number;
}

export function sharedRun<T>(work: () => Promise<T>, timing: Timing): (waitUntil: WaitUntil) => Promise<T> {
  const { now } = timing;
  let latest: Run<T> | undefined;
  return (waitUntil) => {
    if (latest && isCurrent(latest, timing)) return latest.result;
    const begun: Run<T> = { result: work(), begunAt: now() };
    latest = begun;
    const end = () => Object.assign(begun, { endedAt: now() });
    // Continues for the others if the first client disconnects.
    waitUntil(begun.result.then(end, end));
    return begun.result;
  };
}

function isCurrent({ begunAt, endedAt }: Run<unknown>, { deadlineMs, freshMs, now }: Timing): boolean {
  const at = now();
  if (endedAt === undefined) return Math.abs(at - begunAt) < deadlineMs;
  return at >= endedAt && at - endedAt < freshMs;
}
