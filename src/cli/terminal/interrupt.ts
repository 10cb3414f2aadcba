/** Ctrl-C that lets the work at hand end. */

/** A terminal sends the signal to every process, and bin/keygate.mjs passes its own on: two at once are one. */
const SAME_MS = 500;

/** Aborts `stop` at the first; a second, later one ends the process at once. */
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
