/** What the gateway costs for a given traffic, and how much it can carry. Deterministic: it drives the code that lends and spends. */

import { DAY_SECONDS } from "../../domain/durations.ts";
import { RECONCILE_EVERY_MS, REMEMBERED_SECRETS, reportAfterMs } from "../../domain/pace.ts";
import { type Collecting, collectingOf } from "./collectors.ts";
import { followingOf, followsFeed } from "./feeds.ts";
import { simulateKey } from "./key.ts";
import { type Part, partsOf } from "./parts.ts";
import { type Operation, PRICES } from "./prices.ts";
import { seeded } from "./random.ts";
import { Tally } from "./tally.ts";
import { forgetsAfterMs, type Group, groupsOf, isolatesOfKey, type Traffic } from "./traffic.ts";

const KV_MS = 8;
const D1_MS = 30;
/** Of the gateway's own code for a request, as `npm run bench` measures it. */
const CPU_MS = 0.4;
/** Of one read of a key's record. */
const ROWS_READ = 8;
/** Of a scrape, for each collector: measured with 100 routes. */
const SCRAPE_CPU_MS = 5;
/** How long an object runs for a question. */
const OBJECT_SECONDS = 0.002;

/** An isolate remembers up to twice as many secrets, and forgets half of them at once. */
const FULLNESS = 3 / 2;

/** A key that is used less than this needs a lease's longest life to come to its usual state. */
const MODEST = 200;
const KEEP_WARM_SECONDS = 700;
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

export function modelOf(traffic: Traffic, onProgress: (done: number, total: number) => void = () => {}): Model {
  const groups = groupsOf(traffic);
  const forgets = forgetsAfterMs(groups, traffic, REMEMBERED_SECRETS * FULLNESS);
  const sum = new Tally();
  let busiest = 0;
  for (const [at, group] of groups.entries()) {
    onProgress(at, groups.length);
    const { tally, seconds } = simulateGroup(group, traffic, forgets, at);
    sum.add(tally, group.keys / seconds);
    busiest = Math.max(busiest, tally.objectRequests / seconds);
  }
  onProgress(groups.length, groups.length);
  return resultOf(traffic, groups, sum, busiest);
}

/**
 * For a rare key so long that it has some thousands of requests, or a day; for a busy one long enough for its usual state.
 */
function simulateGroup(
  group: Group,
  traffic: Traffic,
  forgets: number,
  seed: number,
): { tally: Tally; seconds: number } {
  const { perSecond } = group;
  const seconds = Math.min(Math.max(120, 3_000 / perSecond), Math.max(20, BUSY / perSecond), DAY_SECONDS);
  const warmSeconds = Math.min(perSecond < MODEST ? KEEP_WARM_SECONDS : 130, Math.max(10, BUSY / 2 / perSecond));
  const nth = roundTrips(traffic);
  const world = {
    ...{ perSecond, limits: traffic.limits, ttlMs: traffic.leaseTtlMs },
    ...{ isolates: isolatesOfKey(traffic), isolateLifeMs: traffic.isolateLifeMs, roundTripMs: nth },
    ...{
      forgetsAfterMs: forgets,
      reportAfterMs: reportAfterMs(traffic.collectors),
      follows: followsFeed(traffic),
      keeping: traffic.keeping,
      kvMs: KV_MS,
      d1Ms: D1_MS,
      random: seeded(seed + 1),
      chances: seeded(-1 - seed),
    },
  };
  return { tally: simulateKey(world, warmSeconds, seconds), seconds };
}

function roundTrips({ regions, ...traffic }: Traffic): (isolate: number) => number {
  const isolates = isolatesOfKey(traffic);
  const ends: { readonly until: number; readonly ms: number }[] = [];
  for (const { share, roundTripMs } of regions) {
    ends.push({ until: (ends.at(-1)?.until ?? 0) + share * isolates, ms: roundTripMs });
  }
  return (isolate) => (ends.find(({ until }) => isolate < until) ?? ends.at(-1))?.ms ?? 0;
}

function resultOf(traffic: Traffic, groups: readonly Group[], sum: Tally, busiestObject: number): Model {
  const collecting = collectingOf(groups, traffic);
  const perSecond = operationsOf(sum, collecting, traffic);
  const dollars = (operation: Operation) => (perSecond[operation] * PRICES[operation] * 1e6) / sum.requests;
  const operations = Object.keys(PRICES) as Operation[];
  return {
    traffic,
    perSecond,
    shareThatWaited: sum.shareThatWaited,
    waits: { p50: sum.percentile(0.5), p95: sum.percentile(0.95), p99: sum.percentile(0.99) },
    falseRefusals: sum.falseRefusals,
    questionsPerRequest: sum.questions / sum.requests,
    dollarsPerMillion: Object.fromEntries(operations.map((each) => [each, dollars(each)])) as Record<Operation, number>,
    parts: partsOf(traffic, groups, { d1Reads: sum.d1Reads, busiestObject, collecting }),
  };
}

function operationsOf(sum: Tally, collecting: Collecting, traffic: Traffic): Record<Operation, number> {
  // It asks D1, sets its next alarm, and stores when it has asked.
  const looks = 1_000 / RECONCILE_EVERY_MS;
  // A scrape asks each collector, and D1 how many there are.
  const scrapes = 1 / traffic.scrapeSeconds;
  const scraped = scrapes * traffic.collectors;
  const following = followingOf(traffic);
  return {
    request: sum.requests + scrapes,
    cpuMs: sum.requests * CPU_MS + scraped * SCRAPE_CPU_MS,
    objectRequest: sum.objectRequests + collecting.reports + collecting.alarms + looks + scraped + following.questions,
    objectSecond: (sum.objectRequests + scraped + following.questions) * OBJECT_SECONDS + collecting.seconds,
    objectRow: sum.objectRows + collecting.rows + looks,
    alarmSet: sum.alarmSets + collecting.alarmSets + looks,
    d1RowRead: sum.d1Reads * ROWS_READ + collecting.d1RowsWritten + scrapes + following.looks,
    d1RowWritten: collecting.d1RowsWritten,
    kvRead: sum.kvReads,
    kvWrite: sum.kvWrites,
    dataPoint: traffic.dataPoints ? sum.requests : 0,
  };
}
