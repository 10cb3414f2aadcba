/** Medians over the rounds, as a table. Ratios are made within a round: the machine may be slower in the next. */

import Table from "cli-table3";
import type { Measured } from "./client.ts";

export interface Shown extends Measured {
  /** Of workerd, for each request; with what the local KV, D1 and authorities take, which run in the same process. */
  readonly processorMicros: number;
}

/** By case, one for each round. */
export type Rounds = Readonly<Record<string, readonly Shown[]>>;

export interface Calls {
  readonly d1: number;
  readonly kv: number;
  readonly authority: number;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface Row {
  readonly name: string;
  readonly perSecond: Spread;
  readonly processorMicros: Spread;
  readonly ofBare: Spread;
  readonly ofEqual: Spread;
  /** Milliseconds beyond what `bare` took. */
  readonly addedP50: Spread;
  readonly addedP99: Spread;
  /** For each request; `null` where there is nothing to count. */
  readonly calls: Calls | null;
}

export function rowsOf(rounds: Rounds, calls: Readonly<Record<string, Calls>>): Row[] {
  const { bare = [], equal = [] } = rounds;
  return Object.entries(rounds).map(([name, measured]) => {
    const beside = (others: readonly Shown[], value: (mine: Measured, other: Measured) => number) =>
      spreadOf(measured.map((mine, round) => value(mine, others[round] as Shown)));
    return {
      name,
      perSecond: spreadOf(measured.map(({ perSecond }) => perSecond)),
      processorMicros: spreadOf(measured.map(({ processorMicros }) => processorMicros)),
      ofBare: beside(bare, (mine, other) => mine.perSecond / other.perSecond),
      ofEqual: beside(equal, (mine, other) => mine.perSecond / other.perSecond),
      addedP50: beside(bare, (mine, other) => mine.p50 - other.p50),
      addedP99: beside(bare, (mine, other) => mine.p99 - other.p99),
      calls: calls[name] ?? null,
    };
  });
}

export function tableOf(rows: readonly Row[]): string {
  const table = new Table({
    head: ["case", "requests/s", "CPU µs", "of bare", "of equal", "p50 + ms", "p99 + ms", "D1", "KV", "authority"],
    colAligns: ["left", "right", "right", "right", "right", "right", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const { name, perSecond, processorMicros, ofBare, ofEqual, addedP50, addedP99, calls } of rows) {
    const counted = calls ? [calls.d1, calls.kv, calls.authority].map((count) => count.toFixed(4)) : ["", "", ""];
    const [p50, p99] = [addedP50, addedP99].map(({ median }) => median.toFixed(2));
    table.push([
      name,
      perSecond.median.toFixed(0),
      processorMicros.median.toFixed(0),
      ratio(ofBare),
      ratio(ofEqual),
      `${p50}`,
      `${p99}`,
      ...counted,
    ]);
  }
  return table.toString();
}

export function ratio({ median, least, most }: Spread): string {
  return `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, least: at(0), most: at(sorted.length - 1) };
}
