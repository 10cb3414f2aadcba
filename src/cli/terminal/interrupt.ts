/** Ctrl-C that lets the current work finish. */

/** A terminal signals every process, and bin/keygate.mjs forwards its own signal: two at once count as one. */
const SAME_MS = 500;

/** The first signal aborts `stop`; a later one ends the process at once. */
export function onInterrupt(): { stop: AbortSignal; release: () => void } {
  const controller = new AbortController();
  let first = 0;
  const interrupt = () => {
    if (controller.signal.aborted && performance.now() - first > SAME_MS) process.exit(130);
    if (!controller.signal.aborted) first = performance.now();
    controller.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, interrupt);
  return {
    stop: controller.signal,
    release: () => {
      for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, interrupt);
    },
  };
}
