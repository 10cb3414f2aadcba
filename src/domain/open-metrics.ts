/** Metrics as text: OpenMetrics 1.0. https://prometheus.io/docs/specs/om/open_metrics_spec/ */

import { BOUNDS_MS, type Histogram } from "./histogram.ts";

export const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** Empty ones are left out: the two mean the same. */
export type Labels = Readonly<Record<string, string>>;

interface Named {
  /** Without `_total`. Ends with the unit, if there is one. */
  readonly name: string;
  readonly help: string;
}

export interface Counter extends Named {
  readonly unit?: "bytes";
  readonly samples: readonly (readonly [Labels, number])[];
}

/** Of times, which OpenMetrics has in seconds. */
export interface Times extends Named {
  readonly samples: readonly (readonly [Labels, Histogram])[];
}

/** Every second bound, so each is about twice the one before: half as many series. */
const BUCKETS = BOUNDS_MS.flatMap((ms, place) => ((ms & (ms - 1)) === 0 ? [{ place, le: float(ms / 1_000) }] : []));
/** Of one histogram. */
export const TIMES_LINES = BUCKETS.length + 3;

export function openMetrics(counters: readonly Counter[], times: readonly Times[]): string {
  return [...counters.flatMap(linesOfCounter), ...times.flatMap(linesOfTimes), "# EOF\n"].join("\n");
}

function linesOfCounter({ name, unit, help, samples }: Counter): string[] {
  return [
    ...linesOfName({ name, help }, "counter", unit),
    ...samples.map(([labels, value]) => `${name}_total${textOf(labels)} ${value}`),
  ];
}

function linesOfTimes({ name, help, samples }: Times): string[] {
  return [
    ...linesOfName({ name, help }, "histogram", "seconds"),
    ...samples.flatMap((sample) => buckets(name, sample)),
  ];
}

function buckets(name: string, [labels, { counts, sum }]: readonly [Labels, Histogram]): string[] {
  const pairs = pairsOf(labels);
  const begin = `${name}_bucket{${pairs}${pairs && ","}le="`;
  let [count, at] = [0, 0];
  const countUpTo = (place: number) => {
    for (; at <= place; at++) count += counts[at] ?? 0;
    return count;
  };
  const lines = BUCKETS.map(({ place, le }) => `${begin}${le}"} ${countUpTo(place)}`);
  const all = countUpTo(counts.length - 1);
  const text = pairs && `{${pairs}}`;
  return [...lines, `${begin}+Inf"} ${all}`, `${name}_count${text} ${all}`, `${name}_sum${text} ${float(sum / 1_000)}`];
}

function linesOfName({ name, help }: Named, type: string, unit?: string): string[] {
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
  ];
}

function textOf(labels: Labels): string {
  const pairs = pairsOf(labels);
  return pairs && `{${pairs}}`;
}

function pairsOf(labels: Labels): string {
  let text = "";
  for (const [name, value] of Object.entries(labels)) {
    if (value !== "") text += `${text && ","}${name}="${escaped(value)}"`;
  }
  return text;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}

/** As the specification writes the bounds of buckets. */
function float(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
