/** Medians over the rounds, as a table. Ratios are made within a round: the machine may be slower in the next. */

import Table from "cli-table3";
import { type Operation, PRICES } from "../src/cli/model/prices.ts";
import type { Measured } from "./client.ts";
import type { Operations } from "./workers/counting.ts";

export interface Shown extends Measured {
  /** Of workerd, for each request; with what the local KV, D1 and authorities take, which run in the same process. */
  readonly processorMicros: number;
  /** The share of the key's requests that waited for no binding; `null` where no request had a key. */
  readonly hits: number | null;
}

/** By case, one for each round. */
export type Rounds = Readonly<Record<string, readonly Shown[]>>;

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
  readonly hits: number | null;
  /** For each request; `null` where there is nothing to count. */
  readonly operations: Operations | null;
  readonly dollarsPerMillion: number;
}

export function rowsOf(rounds: Rounds, operations: Readonly<Record<string, Operations>>): Row[] {
  const { bare = [], equal = [] } = rounds;
  return Object.entries(rounds).map(([name, measured]) => {
    const beside = (others: readonly Shown[], value: (mine: Measured, other: Measured) => number) =>
      spreadOf(measured.map((mine, round) => value(mine, others[round] as Shown)));
    const micros = spreadOf(measured.map(({ processorMicros }) => processorMicros));
    const caused = operations[name] ?? null;
    const hits = measured.flatMap(({ hits }) => hits ?? []);
    return {
      name,
      perSecond: spreadOf(measured.map(({ perSecond }) => perSecond)),
      processorMicros: micros,
      ofBare: beside(bare, (mine, other) => mine.perSecond / other.perSecond),
      ofEqual: beside(equal, (mine, other) => mine.perSecond / other.perSecond),
      addedP50: beside(bare, (mine, other) => mine.p50 - other.p50),
      addedP99: beside(bare, (mine, other) => mine.p99 - other.p99),
      hits: hits.length > 0 ? spreadOf(hits).median : null,
      operations: caused,
      dollarsPerMillion: dollarsPerMillion(caused ?? {}, micros.median),
    };
  });
}

/** `counts`: what one request causes. Of what the platform charges for, only the time of objects is not counted. */
export function dollarsPerMillion(counts: Partial<Operations>, processorMicros: number): number {
  const amounts: Partial<Record<Operation, number>> = { request: 1, cpuMs: processorMicros / 1000 };
  const sum = Object.entries({ ...amounts, ...counts }).reduce(
    (dollars, [name, amount]) => dollars + amount * (PRICES[name as Operation] ?? 0),
    0,
  );
  return sum * 1e6;
}

export function tableOf(rows: readonly Row[]): string {
  const table = tableWith(["case", "requests/s", "CPU µs", "of bare", "of equal", "hits", "p50 + ms", "p99 + ms"]);
  for (const { name, perSecond, processorMicros, ofBare, ofEqual, hits, addedP50, addedP99 } of rows) {
    const [p50, p99] = [addedP50, addedP99].map(({ median }) => median.toFixed(2));
    const [rate, micros] = [perSecond, processorMicros].map(({ median }) => median.toFixed(0));
    table.push([
      name,
      rate,
      micros,
      ratio(ofBare),
      ratio(ofEqual),
      hits === null ? "" : `${(hits * 100).toFixed(1)} %`,
      p50,
      p99,
    ]);
  }
  return table.toString();
}

const COLUMNS = {
  objectRequest: "object requests",
  objectRow: "their rows",
  alarmSet: "alarms",
  d1Call: "D1 calls",
  d1Batch: "batches",
  d1RowRead: "rows read",
  d1RowWritten: "written",
  kvRead: "KV reads",
  kvWrite: "writes",
} satisfies Record<keyof Operations, string>;

/** What a request of each row causes, and what a million of them cost. */
export function costTableOf(rows: readonly Row[]): string {
  const table = tableWith(["a request of", ...Object.values(COLUMNS), "$ / million"]);
  // What peers call is not counted.
  for (const { name, operations, dollarsPerMillion } of rows.filter(({ name }) => !name.startsWith("peer: "))) {
    const counts = (Object.keys(COLUMNS) as (keyof Operations)[]).map((each) => amount(operations?.[each]));
    table.push([name, ...counts, dollarsPerMillion.toFixed(3)]);
  }
  return table.toString();
}

export function tableWith(head: string[]) {
  const colAligns = head.map((_, at) => (at === 0 ? ("left" as const) : ("right" as const)));
  return new Table({ head, colAligns, style: { head: [], border: [] } });
}

function amount(count: number | undefined): string {
  if (count === undefined) return "";
  return count === 0 ? "0" : count.toPrecision(2);
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
