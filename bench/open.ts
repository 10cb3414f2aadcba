/** The rows of open load: at half of what `equal` can do, or as many requests as are wanted. */

import type { Case } from "./cases.ts";
import { startOpenClient } from "./client.ts";
import { measureOpen, type OpenCase, type OpenRow, openTableOf } from "./open-rows.ts";
import { isOfGateway, type Runtime } from "./runtime.ts";
import type { Shower } from "./shower.ts";

export interface Opens {
  /** Requests a second, of all isolates of a row together. */
  readonly perSecond: number;
  readonly atHalf: readonly OpenRow[];
  readonly withDelays: readonly OpenRow[];
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
  const perSecond = rate ?? Math.round((await shower.show(equal)).perSecond / 2);
  const openClient = startOpenClient();
  const measure = (each: readonly Case[]) =>
    measureOpen(each.map(asOpen), runtime, openClient, { rounds, seconds, perSecond });
  try {
    say(`Open load, ${perSecond} requests/s`);
    const atHalf = await measure(near);
    const far = others.filter(({ open }) => open === "far");
    for (const each of far) {
      say(`Warming up: ${each.name}`);
      const { workers, path, secrets } = asOpen(each);
      const urls = workers.map((worker) => runtime.urls[worker] + path);
      await openClient.run({ urls, secrets, order: "zipf", perSecond, seconds: delayed });
    }
    say("Open load, with delays");
    return { perSecond, atHalf, withDelays: await measure([equal, ...far]) };
  } finally {
    openClient.stop();
  }
}

export function tablesOf({ perSecond, atHalf, withDelays }: Opens): string {
  return [openTableOf(`open load, ${perSecond}/s`, atHalf), openTableOf("the same, with delays", withDelays)].join(
    "\n",
  );
}

function asOpen(each: Case): OpenCase {
  const workers = each.open === "far" ? (["delayed", "delayed-2", "delayed-3"] as const) : [each.worker];
  return { ...each, workers, isOfGateway: isOfGateway(each.worker) };
}
