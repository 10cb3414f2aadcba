/** Shows the progress of long work on stderr, if that is a terminal. */

import { SingleBar } from "cli-progress";
import { HOUR_SECONDS } from "../../domain/durations.ts";
import { dim, grouped } from "./render.ts";

export interface Progress {
  set(done: number): void;
  label(text: string): void;
  stop(): void;
}

interface Options {
  /** How much was done before this run. */
  readonly done?: number;
  readonly unit?: "bytes";
}

/** The text beside the bar. */
const TEXT_WIDTH = 54;
const WIDEST_BAR = 40;

export function progress(label: string, total: number, { done = 0, unit }: Options = {}): Progress {
  if (!process.stderr.isTTY || total === 0) return { set: () => {}, label: () => {}, stop: () => {} };
  const amount = unit === "bytes" ? megabytes : grouped;
  const started = performance.now();
  const bar = new SingleBar({
    stream: process.stderr,
    format: (_, { progress, value }, { label }) => {
      const part = Math.min(progress, 1);
      const seconds = (performance.now() - started) / 1000;
      const left = value > done ? ((total - value) * seconds) / (value - done) : undefined;
      return [
        label.padEnd(9),
        barOf(part),
        `${String(Math.floor(part * 100)).padStart(3)}%`,
        `${amount(value)} of ${amount(total)}`,
        dim(value < total ? remaining(left) : `in ${clock(seconds)}`),
      ].join("  ");
    },
    // The command itself reports an interrupt.
    gracefulExit: false,
  });
  bar.start(total, done, { label });
  return {
    set: (value) => bar.update(value),
    label: (text) => bar.update({ label: text }),
    stop: () => bar.stop(),
  };
}

function barOf(part: number): string {
  const width = Math.max(10, Math.min(WIDEST_BAR, (process.stderr.columns ?? 80) - TEXT_WIDTH));
  const filled = Math.round(part * width);
  return "█".repeat(filled) + dim("░".repeat(width - filled));
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function remaining(seconds: number | undefined): string {
  return seconds === undefined ? "" : `${clock(seconds)} left`;
}

/** `42 s`, `3 min 05 s`, `2 h 07 min`. */
export function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (number: number) => String(number).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < HOUR_SECONDS) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / HOUR_SECONDS)} h ${two(Math.floor((whole % HOUR_SECONDS) / 60))} min`;
}
