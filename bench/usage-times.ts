/**
 * Compares the gateway's histograms with a clock of the client. For that, some requests are sent few at once, to a route that only they
 * use, whose origin takes its time: so what they wait for is what the gateway measures, and not a socket of a busy machine.
 */

import { bucketOf } from "../src/domain/histogram.ts";
import type { Kind } from "./usage-kinds.ts";
import type { Sent } from "./usage-load.ts";
import type { Judge, Verdict } from "./usage-verdict.ts";

export const TIMED_ROUTE = "/assets/*";
/** The origin waits so long, from 5 ms to 400 ms. */
const SHORTEST_MS = 5;
const LONGEST_MS = 400;
const QUANTILES = [0.5, 0.95, 0.99] as const;

export function timedKind(random: () => number): Kind {
  const ms = Math.round(SHORTEST_MS * (LONGEST_MS / SHORTEST_MS) ** random());
  return { target: `/assets/after-${ms}` };
}

/** How long the origin is to wait before it answers. */
export function waitOf(path: string): number {
  return Number(/\/after-(\d+)$/.exec(path)?.[1] ?? 0);
}

/**
 * A client waits for the gateway and the origin. So what it measures is at least what either of them takes, and at most both together: within
 * one bucket.
 */
export async function judgeTimes(judge: Judge, timed: readonly Sent[]): Promise<Verdict> {
  const { data } = await judge.read(`/v1/traffic?group_by=route&route=${encodeURIComponent(TIMED_ROUTE)}`);
  const [sum] = data;
  if (sum?.requests !== timed.length)
    return { faults: [`times: ${sum?.requests} of ${timed.length} are there`], rows: [] };
  const all = timed.map(({ ms }) => ms).sort((one, other) => one - other);
  const faults: string[] = [];
  const rows = QUANTILES.map((q) => {
    const name = `p${q * 100}`;
    const client = all[Math.ceil(q * all.length) - 1] as number;
    const [gateway, origin] = [sum.gateway_ms[name], sum.origin_ms[name]] as [number, number];
    const [low, high] = [bucketOf(Math.max(gateway, origin)) - 1, bucketOf(gateway + origin) + 1];
    if (bucketOf(client) < low || bucketOf(client) > high) {
      faults.push(
        `times: ${name} is ${client} ms for the client, ${gateway} in the gateway and ${origin} of the origin`,
      );
    }
    return [name, Math.round(client), `${gateway} + ${origin}`] as const;
  });
  return { faults, rows };
}
