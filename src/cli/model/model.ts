/** What the gateway costs for a given traffic, and how much it can carry. Deterministic: it drives the code that lends and spends. */

import { DAY_SECONDS } from "../../domain/durations.ts";
import { simulateKey } from "./key.ts";
import { LIMITS, type Operation, PRICES } from "./prices.ts";
import { seeded } from "./random.ts";
import { Tally } from "./tally.ts";
import { forgetsAfterMs, type Group, groupsOf, type Traffic } from "./traffic.ts";

/** As many secrets as an isolate remembers: `gateway/admit/identify.ts` keeps 20,000 to twice as many. */
const REMEMBERED = 30_000;
const KV_MS = 8;
const D1_MS = 30;
/** Of the gateway's own code for a request, as `npm run bench` measures it. */
const CPU_MS = 0.4;
/** One read of a key's record, and one write of its usage, as D1 counts rows. */
const ROWS_READ = 8;
const ROWS_WRITTEN = 5;
/** How long an object runs for a question. */
const OBJECT_SECONDS = 0.002;

/** Requests of a busy key that say enough of it. */
const BUSY = 50_000;

export interface Model {
  readonly traffic: Traffic;
  /** A second, of each operation. */
  readonly perSecond: Readonly<Record<Operation, number>>;
  readonly shareThatWaited: number;
  /** Milliseconds. */
  readonly waits: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly falseRefusals: number;
  readonly questionsPerRequest: number;
  /** By what is paid for. */
  readonly dollarsPerMillion: Readonly<Record<Operation, number>>;
  readonly parts: readonly Part[];
}

export interface Part {
  readonly name: string;
  /** Operations a second. */
  readonly load: number;
  readonly limit: number;
  /** At how many keys in use, each used as now, it reaches half of its limit. */
  readonly halfAtKeys: number;
}

export function modelOf(traffic: Traffic, onProgress: (done: number, total: number) => void = () => {}): Model {
  const groups = groupsOf(traffic);
  const forgets = forgetsAfterMs(groups, traffic.isolates, REMEMBERED);
  const sum = new Tally();
  let busiest = 0;
  for (const [at, group] of groups.entries()) {
    onProgress(at, groups.length);
    const { tally, seconds } = simulateGroup(group, traffic, forgets, at);
    sum.add(tally, group.keys / seconds);
    busiest = Math.max(busiest, tally.objectRequests / seconds);
  }
  onProgress(groups.length, groups.length);
  return resultOf(traffic, sum, busiest);
}

/**
 * For a rare key so long that it has some thousands of requests, or a day; for a busy one shorter than the minutes in which
 * its object reads and writes D1, which do not matter beside its questions.
 */
function simulateGroup(
  group: Group,
  traffic: Traffic,
  forgets: number,
  seed: number,
): { tally: Tally; seconds: number } {
  const { perSecond } = group;
  const seconds = Math.min(Math.max(120, 3_000 / perSecond), Math.max(20, BUSY / perSecond), DAY_SECONDS);
  const warmSeconds = Math.min(130, Math.max(10, BUSY / 2 / perSecond));
  const nth = roundTrips(traffic);
  const world = {
    ...{ perSecond, limits: traffic.limits, ttlMs: traffic.leaseTtlMs },
    ...{ isolates: traffic.isolates, isolateLifeMs: traffic.isolateLifeMs, roundTripMs: nth },
    ...{ forgetsAfterMs: forgets, kvMs: KV_MS, d1Ms: D1_MS, random: seeded(seed + 1), chances: seeded(-1 - seed) },
  };
  return { tally: simulateKey(world, warmSeconds, seconds), seconds };
}

function roundTrips({ regions, isolates }: Traffic): (isolate: number) => number {
  const ends: { readonly until: number; readonly ms: number }[] = [];
  for (const { share, roundTripMs } of regions) {
    ends.push({ until: (ends.at(-1)?.until ?? 0) + share * isolates, ms: roundTripMs });
  }
  return (isolate) => (ends.find(({ until }) => isolate < until) ?? ends.at(-1))?.ms ?? 0;
}

function resultOf(traffic: Traffic, sum: Tally, busiestObject: number): Model {
  const perSecond: Record<Operation, number> = {
    request: sum.requests,
    cpuMs: sum.requests * CPU_MS,
    objectRequest: sum.objectRequests,
    objectSecond: sum.objectRequests * OBJECT_SECONDS,
    objectRow: sum.objectRows,
    alarmSet: sum.alarmSets,
    d1RowRead: sum.d1Reads * ROWS_READ,
    d1RowWritten: sum.d1Batches * ROWS_WRITTEN,
    kvRead: sum.kvReads,
    kvWrite: sum.kvWrites,
  };
  const dollars = (operation: Operation) => (perSecond[operation] * PRICES[operation] * 1e6) / sum.requests;
  const operations = Object.keys(PRICES) as Operation[];
  const part = (name: string, load: number, limit: number, grows: boolean): Part => {
    return { name, load, limit, halfAtKeys: grows ? (traffic.keys * limit) / 2 / load : Number.POSITIVE_INFINITY };
  };
  return {
    traffic,
    perSecond,
    shareThatWaited: sum.shareThatWaited,
    waits: { p50: sum.percentile(0.5), p95: sum.percentile(0.95), p99: sum.percentile(0.99) },
    falseRefusals: sum.falseRefusals,
    questionsPerRequest: sum.questions / sum.requests,
    dollarsPerMillion: Object.fromEntries(operations.map((each) => [each, dollars(each)])) as Record<Operation, number>,
    parts: [
      part("D1 queries", sum.d1Reads + sum.d1Batches, LIMITS.d1, true),
      part("the busiest key's object", busiestObject, LIMITS.object, false),
    ],
  };
}
