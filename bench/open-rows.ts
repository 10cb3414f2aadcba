/** Open load: the waiting that a closed loop hides. And the same with the ways to KV, D1 and objects that there are in production. */

import type Table from "cli-table3";
import type { Case } from "./cases.ts";
import type { OpenClient, OpenMeasured } from "./client.ts";
import { ratio, type Spread, spreadOf, tableWith } from "./report.ts";
import type { Runtime, Waits, WorkerName } from "./runtime.ts";

export interface OpenRow {
  readonly name: string;
  /** Requests a second that were due, and the share of them that was answered. */
  readonly perSecond: number;
  readonly answered: Spread;
  /** Milliseconds from when a request was due. */
  readonly p50: Spread;
  readonly p99: Spread;
  readonly p999: Spread;
  /** The p99, beside that of `equal` in the same round. */
  readonly ofEqual: Spread;
  /** `null` for what is not Keygate. */
  readonly waits: Readonly<Record<keyof Waits, Spread>> | null;
}

/** A case, or one that several Workers share. */
export interface OpenCase extends Pick<Case, "name" | "path" | "secrets" | "order" | "status"> {
  readonly workers: readonly WorkerName[];
  readonly isOfGateway: boolean;
}

interface Setting {
  readonly rounds: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** All rounds of a case one after the other, so that its load never pauses: an isolate without requests gives back what it has. */
  readonly isSteady: boolean;
}

/** The first is `equal`. */
export async function measureOpen(
  cases: readonly OpenCase[],
  runtime: Runtime,
  client: OpenClient,
  setting: Setting,
): Promise<OpenRow[]> {
  const measured = new Map<string, OpenMeasured[]>(cases.map(({ name }) => [name, []]));
  const waits = new Map<string, Waits[]>(cases.map(({ name }) => [name, []]));
  const { perSecond, seconds } = setting;
  for (const each of turnsOf(cases, setting)) {
    runtime.takeWaits();
    const urls = each.workers.map((worker) => runtime.urls[worker] + each.path);
    const order = each.order === "zipf" ? "zipf" : "in turn";
    const answers = await client.run({ urls, secrets: each.secrets, order, perSecond, seconds });
    const stray = answers.answered - (answers.statuses[each.status] ?? 0);
    if (stray > 0 || Object.keys(answers.statuses).length > 1)
      process.stderr.write(`${each.name}: ${JSON.stringify(answers.statuses)}\n`);
    measured.get(each.name)?.push(answers);
    const waited = runtime.takeWaits();
    if (each.isOfGateway && waited) waits.get(each.name)?.push(waited);
  }
  const equal = measured.get(cases[0]?.name as string) as OpenMeasured[];
  return cases.map(({ name }) => {
    const rows = measured.get(name) as OpenMeasured[];
    const spread = (value: (row: OpenMeasured, round: number) => number) => spreadOf(rows.map(value));
    return {
      name,
      perSecond,
      answered: spread(({ answered, due }) => answered / due),
      p50: spread(({ p50 }) => p50),
      p99: spread(({ p99 }) => p99),
      p999: spread(({ p999 }) => p999),
      ofEqual: spread(({ p99 }, round) => p99 / (equal[round] as OpenMeasured).p99),
      waits: waitsOf(waits.get(name) as Waits[]),
    };
  });
}

/** First the last one: it has just been under load, where that matters. */
function turnsOf(cases: readonly OpenCase[], { rounds, isSteady }: Setting): OpenCase[] {
  const lastFirst = cases.toReversed();
  if (isSteady) return lastFirst.flatMap((each) => Array<OpenCase>(rounds).fill(each));
  return Array.from({ length: rounds }, (_, round) => (round % 2 ? cases : lastFirst)).flat();
}

function waitsOf(rounds: readonly Waits[]): OpenRow["waits"] {
  if (rounds.length === 0) return null;
  const spread = (name: keyof Waits) => spreadOf(rounds.map((round) => round[name]));
  return { hits: spread("hits"), unknown: spread("unknown"), p50: spread("p50"), p95: spread("p95") };
}

export function openTableOf(title: string, rows: readonly OpenRow[]): string {
  const table: Table.Table = tableWith([
    ...[title, "requests/s", "answered", "hits", "new keys", "waits p50", "p95"],
    ...["p50 ms", "p99 ms", "p99.9 ms", "p99 of equal"],
  ]);
  for (const { name, perSecond, answered, waits, p50, p99, p999, ofEqual } of rows) {
    const times = [p50, p99, p999].map(({ median }) =>
      median === Number.POSITIVE_INFINITY ? "never" : median.toFixed(1),
    );
    const waited = waits
      ? [
          ...[waits.hits, waits.unknown].map(({ median }) => percent(median)),
          ...[waits.p50, waits.p95].map(({ median }) => median.toFixed(0)),
        ]
      : ["", "", "", ""];
    table.push([name, perSecond, percent(answered.median), ...waited, ...times, ratio(ofEqual)]);
  }
  return table.toString();
}

export const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
