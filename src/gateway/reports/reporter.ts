/**
 * What an isolate counts of the use of keys, until a collector has stored it. Some seconds after the first count, one report to each
 * collector concerned carries the counts of all its keys. If an isolate stops, what it has not reported is lost.
 */

import { wait } from "../../deadline.ts";
import type { Account } from "../../decide/principal.ts";
import { isRecent } from "../../domain/age.ts";
import { HOUR_MS } from "../../domain/durations.ts";
import type { Entry } from "../../domain/log-line.ts";
import { REPORT_KEYS, REPORT_ROUTES, reportAfterMs } from "../../domain/pace.ts";
import { collectorOf, type OrganizationLatency, type Report, type ReportAnswer } from "../../domain/report.ts";
import type { Whose } from "../../domain/request-tally.ts";
import { type RouteTraffic, TrafficTally } from "../../domain/traffic.ts";
import type { WaitUntil } from "../admit/flights.ts";
import type { Visit } from "../visit.ts";
import { KeyTally, type Use } from "./key-tally.ts";
import { LatencyTally } from "./latency-tally.ts";
import type { RequestReport, RequestReports } from "./requests.ts";

/** How many keys' counts one isolate holds while collectors cannot be reached, beside one report to each. */
const COUNTED_KEYS = 30_000;
/** About how many characters of keys and latencies are in one report, a quarter of what a collector can store in a row. */
const REPORT_CHARACTERS = 500_000;
/** How long a report is sent again; a collector knows it longer than that. */
const RESEND_MS = HOUR_MS;

/** What one collector has yet to hear. */
interface Shard {
  readonly tallies: Map<string, KeyTally>;
  readonly latencies: LatencyTally;
  /** Of its reports so far. */
  number: number;
  /** Sent, and perhaps not received. */
  sent: Sent | undefined;
}

interface Sent {
  readonly number: number;
  readonly tallies: ReadonlyMap<string, KeyTally>;
  readonly latencies: readonly OrganizationLatency[];
  readonly requests: RequestReport | undefined;
  readonly traffic: readonly RouteTraffic[] | undefined;
  readonly firstAt: number;
}

export interface ReporterOptions {
  /** Rejects if the collector did not say that the report is stored. */
  readonly send: (collector: number, report: Report) => Promise<ReportAnswer>;
  readonly collectors: number;
  readonly newId: () => string;
  readonly now: () => number;
  /** `undefined` if no requests are kept. */
  readonly requests?: RequestReports | undefined;
  readonly hear?: (answer: ReportAnswer) => void;
  /** Called after each round with those whose use was counted, whether or not it could be reported. */
  readonly afterRound?: (accounts: readonly Account[]) => Promise<void>;
  readonly reportAfterMs?: number | undefined;
}

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #sender: string;
  readonly #shards: readonly Shard[];
  /** Goes to one of the collectors, another one for another isolate. */
  readonly #traffic = new TrafficTally();
  readonly #trafficTo: number;
  #roundBegunAt: number | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#sender = options.newId();
    this.#trafficTo = collectorOf(this.#sender, options.collectors);
    // Those that hear of usage come first.
    const collectors = options.requests?.collectors ?? options.collectors;
    this.#shards = Array.from({ length: collectors }, () => ({
      tallies: new Map(),
      latencies: new LatencyTally(),
      number: 0,
      sent: undefined,
    }));
  }

  /** A request of a key that was answered. */
  count(key: Account, use: Use, now: number, waitUntil: WaitUntil): void {
    this.#tallyOf(key).count(use, now);
    const { organizationId, entry } = use;
    if (organizationId !== undefined)
      this.#shardOf(organizationId).latencies.note(organizationId, key.environment, entry);
    this.#beginRound(now, waitUntil);
  }

  /** A use of a key that is not counted: a call of the management API. */
  use(key: Account, organizationId: string, now: number, waitUntil: WaitUntil): void {
    this.#tallyOf(key).use(organizationId, now);
    this.#beginRound(now, waitUntil);
  }

  /** A finished request. `whose`: `undefined` if that is not known. */
  note(whose: Whose | undefined, entry: Entry, now: number, visit: Pick<Visit, "url" | "waitUntil">): void {
    this.#traffic.note(entry);
    this.#options.requests?.note(whose, entry, visit);
    this.#beginRound(now, visit.waitUntil);
  }

  #tallyOf(account: Account): KeyTally {
    const { tallies } = this.#shardOf(account.keyId);
    const known = tallies.get(account.keyId);
    if (known) return known;
    makeRoom(this.#shards);
    const added = new KeyTally(account);
    tallies.set(account.keyId, added);
    return added;
  }

  /** `id`: of a key, or of an organization. */
  #shardOf(id: string): Shard {
    const { collectors } = this.#options;
    return this.#shards[collectors === 1 ? 0 : collectorOf(id, collectors)] as Shard;
  }

  #beginRound(now: number, waitUntil: WaitUntil): void {
    const begunAt = this.#roundBegunAt;
    // One that takes longer has died with the request that began it.
    if (begunAt !== undefined && isRecent(begunAt, 2 * reportAfterMs(this.#options.collectors), now)) return;
    this.#roundBegunAt = now;
    waitUntil(this.#run(now));
  }

  async #run(begunAt: number): Promise<void> {
    const { afterRound, collectors, reportAfterMs: afterMs = reportAfterMs(collectors) } = this.#options;
    await wait(afterMs);
    if (this.#roundBegunAt === begunAt) this.#roundBegunAt = undefined;
    // Also while no report can be sent, so that the oldest requests are given up.
    this.#options.requests?.share();
    // Also what cannot be sent now.
    const counted = new Map(this.#shards.flatMap(({ tallies }) => [...tallies]));
    // What could not be sent is sent in a later round.
    await Promise.allSettled(this.#shards.map((shard, collector) => this.#tell(shard, collector, counted)));
    await afterRound?.([...counted.values()].map(({ account }) => account));
  }

  /** `counted`: gets what is sent for the first time. */
  async #tell(shard: Shard, collector: number, counted: Map<string, KeyTally>): Promise<void> {
    const { send, now, hear } = this.#options;
    for (;;) {
      const again = shard.sent;
      const sent = nextOf(shard, now(), () => this.#nextOfAll(collector));
      if (!sent) return;
      if (sent !== again) for (const [keyId, tally] of sent.tallies) counted.set(keyId, tally);
      // What is counted while it is under way waits for the next round.
      const isLast = sent !== again && !this.#hasMore(shard, collector);
      const { number, latencies, requests, traffic } = sent;
      const keys = [...sent.tallies.values()].map((tally) => tally.report(now()));
      const answer = await send(collector, { sender: this.#sender, number, keys, latencies, requests, traffic });
      if (shard.sent === sent) shard.sent = undefined;
      this.#options.requests?.limit(collector, answer.requests);
      hear?.(answer);
      if (isLast) return;
    }
  }

  #hasMore({ tallies, latencies }: Shard, collector: number): boolean {
    if (tallies.size > 0 || !latencies.isEmpty || this.#options.requests?.hasNext(collector)) return true;
    return collector === this.#trafficTo && !this.#traffic.isEmpty;
  }

  #nextOfAll(collector: number): Pick<Sent, "requests" | "traffic"> {
    const hears = collector === this.#trafficTo && !this.#traffic.isEmpty;
    const traffic = hears ? this.#traffic.take(REPORT_ROUTES) : undefined;
    return { requests: this.#options.requests?.next(collector), traffic };
  }
}

/** Drops the oldest key of the collector that has most to hear, so that those that can be reached hear of all of theirs. */
function makeRoom(shards: readonly Shard[]): void {
  if (shards.reduce((sum, { tallies }) => sum + tallies.size, 0) < COUNTED_KEYS) return;
  const { tallies } = shards.reduce((most, shard) => (shard.tallies.size > most.tallies.size ? shard : most));
  tallies.delete(tallies.keys().next().value as string);
}

/** A report that perhaps did not arrive comes first, as it was. */
function nextOf(shard: Shard, now: number, more: () => Pick<Sent, "requests" | "traffic">): Sent | undefined {
  if (shard.sent && isRecent(shard.sent.firstAt, RESEND_MS, now)) return shard.sent;
  shard.sent = undefined;
  const { tallies, left } = take(shard.tallies);
  const latencies = left > 0 ? shard.latencies.take(left) : [];
  const { requests, traffic } = more();
  if (tallies.size === 0 && latencies.length === 0 && !requests && !traffic) return undefined;
  shard.number += 1;
  shard.sent = { number: shard.number, tallies, latencies, requests, traffic, firstAt: now };
  return shard.sent;
}

/** `left`: characters that the report has room for. */
function take(all: Map<string, KeyTally>): { tallies: Map<string, KeyTally>; left: number } {
  const tallies = new Map<string, KeyTally>();
  let left = REPORT_CHARACTERS;
  for (const [keyId, tally] of all) {
    const { characters } = tally;
    if (tallies.size > 0 && (tallies.size >= REPORT_KEYS || characters > left)) break;
    left -= characters;
    tallies.set(keyId, tally);
    all.delete(keyId);
  }
  return { tallies, left };
}
