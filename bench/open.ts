/** The rows of open load: at half of what `equal` can do, or as many requests as are wanted. */

import type { Case } from "./cases.ts";
import { startOpenClient } from "./client.ts";
import { measureOpen, type OpenCase, type OpenRow, openTableOf } from "./open-rows.ts";
import { isOfGateway, type Runtime } from "./runtime.ts";
import type { Shower } from "./shower.ts";

/** KV, D1 and all objects share one thread here. Far from them, each request that waits costs it several milliseconds. */
const FAR_SHARE = 1 / 3;

export interface Opens {
  readonly atHalf: Rows;
  readonly withDelays: Rows;
}

interface Rows {
  /** Requests a second, of all isolates of a row together. */
  readonly perSecond: number;
  readonly rows: readonly OpenRow[];
}

interface Setting {
  readonly rounds: number;
  /** Seconds of each measurement. */
  readonly open: number;
  /** Seconds of load before anything with delays is measured. */
  readonly delayed: number;
  /** Requests a second, instead of half of what `equal` can do. */
  readonly rate: number | undefined;
}

export async function measureOpens(
  runtime: Runtime,
  shower: Shower,
  cases: readonly Case[],
  { rounds, open: seconds, delayed, rate }: Setting,
  say: (text: string) => void,
): Promise<Opens> {
  const [equal, ...others] = cases.filter(({ open }) => open) as [Case, ...Case[]];
  const near = [equal, ...others.filter(({ open }) => open === "near")];
  for (const each of near) {
    say(`Warming up: ${each.name}`);
    await shower.warm(each);
  }
  const half = rate ?? Math.round((await shower.show(equal)).perSecond / 2);
  const far = rate ?? Math.round(half * FAR_SHARE);
  const openClient = startOpenClient();
  const measure = async (each: readonly Case[], perSecond: number): Promise<Rows> => {
    const rows = await measureOpen(each.map(asOpen), runtime, openClient, { rounds, seconds, perSecond });
    return { perSecond, rows };
  };
  try {
    say(`Open load, ${half} requests/s`);
    const atHalf = await measure(near, half);
    const farCases = others.filter(({ open }) => open === "far");
    for (const each of farCases) {
      say(`Warming up: ${each.name}`);
      const { workers, path, secrets } = asOpen(each);
      const urls = workers.map((worker) => runtime.urls[worker] + path);
      await openClient.run({ urls, secrets, order: "zipf", perSecond: far, seconds: delayed });
    }
    say(`Open load with delays, ${far} requests/s`);
    return { atHalf, withDelays: await measure([equal, ...farCases], far) };
  } finally {
    openClient.stop();
  }
}

export function tablesOf({ atHalf, withDelays }: Opens): string {
  const table = (title: string, { perSecond, rows }: Rows) => openTableOf(`${title}, ${perSecond}/s`, rows);
  return [table("open load", atHalf), table("with delays", withDelays)].join("\n");
}

function asOpen(each: Case): OpenCase {
  const workers = each.open === "far" ? (["delayed", "delayed-2", "delayed-3"] as const) : [each.worker];
  return { ...each, workers, isOfGateway: isOfGateway(each.worker) };
}
