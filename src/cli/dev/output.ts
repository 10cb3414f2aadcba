/** Filters the output of `wrangler dev`: shows errors and the Workers' own lines. */

import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { conceal } from "../terminal/failure.ts";

const REMEMBERED_LINES = 20;

const WORKER_LINE = /^\[(?!wrangler:)[\w-]+\] (.*)$/;
const ERROR_LINE = /^\[wrangler:error\] /;
const OTHER_LINE = /^(\[wrangler:\w+\]|⎔)/;
const NOISE = /^(🪵|If you think this is a bug|Note that there is a newer version)/;
const CRASH_LINE = /^\[wrangler:warn\] The Workers runtime crashed unexpectedly/;
/** How a Worker's console.error and console.warn arrive. */
const MARK = /^(✘ \[ERROR\]|▲ \[WARNING\]) (?=\{)/;

export class DevOutput {
  readonly #stop: AbortSignal;
  readonly #onCrash: () => void;
  readonly #unshown: string[] = [];
  #insideError = false;
  #complained = false;
  #showsWorkers = false;

  /** `stop`: how it is stopped. `onCrash` is called when the runtime has crashed, and wrangler starts another one. */
  constructor(stop: AbortSignal, onCrash: () => void = () => {}) {
    this.#stop = stop;
    this.#onCrash = onCrash;
  }

  /** Shows errors from now until the process ends. */
  follow({ stdout, stderr }: ChildProcess): void {
    if (!stdout || !stderr) throw new Error("the process has no pipes");
    createInterface(stdout).on("line", (line) => this.#takeOutput(stripVTControlCharacters(line)));
    createInterface(stderr).on("line", (line) => this.#takeError(stripVTControlCharacters(line)));
  }

  /** Also shows the Workers' own lines from now on. */
  showWorkers(): void {
    this.#showsWorkers = true;
  }

  /** The likely reason why the process ended. */
  get lastWords(): string {
    return this.#complained ? "See the reason above." : ["Its output:", ...this.#unshown].join("\n");
  }

  #takeOutput(line: string): void {
    const ofWorker = WORKER_LINE.exec(line)?.[1];
    const isOther = ofWorker !== undefined || OTHER_LINE.test(line);
    this.#insideError = ERROR_LINE.test(line) || (this.#insideError && !isOther);
    if (CRASH_LINE.test(line)) this.#onCrash();
    if (ofWorker !== undefined && this.#showsWorkers) process.stdout.write(`${ofWorker}\n`);
    else if (this.#insideError) this.#complain(line.replace(ERROR_LINE, ""));
    else this.#remember(line);
  }

  #takeError(line: string): void {
    if (!NOISE.test(line)) this.#complain(line.replace(MARK, ""));
  }

  #complain(line: string): void {
    // Wrangler's esbuild can print a trace when it is stopped.
    if (line.trim() === "" || this.#stop.aborted) return;
    this.#complained = true;
    process.stderr.write(`${conceal(line)}\n`);
  }

  #remember(line: string): void {
    if (line.trim() === "" || NOISE.test(line)) return;
    this.#unshown.push(line);
    if (this.#unshown.length > REMEMBERED_LINES) this.#unshown.shift();
  }
}
