/**
 * What an isolate counts of the use of keys, until a collector has stored it. Some seconds after the first count, one report to each
 * collector concerned carries the counts of all its keys. If an isolate stops, what it has not reported is lost.
 */

import type { Account } from "../../decide/principal.ts";
import { isRecent } from "../../domain/age.ts";
import { HOUR_MS } from "../../domain/durations.ts";
import type { Entry } from "../../domain/log-line.ts";
import { REPORT_KEYS, reportAfterMs } from "../../domain/pace.ts";
import { collectorOf, type KeyUse, type Report, type ReportAnswer } from "../../domain/report.ts";
import type { Whose } from "../../domain/request-tally.ts";
import type { Code } from "../../errors.ts";
import type { WaitUntil } from "../admit/flights.ts";
import type { Visit } from "../visit.ts";
import type { RequestReport, RequestReports } from "./requests.ts";

export interface Use {
  /** As configured; empty if there is none. */
  readonly route: string;
  readonly outcome: "forwarded" | Code;
  /** Of a forwarded request. */
  readonly scope: string | undefined;
  /** Of the key's record; `undefined` if it is not known. */
  readonly organizationId: string | undefined;
  /** Whether the key works, so that the request is a use of it. */
  readonly isUse: boolean;
}

/** How many keys' counts one isolate holds for each collector while that cannot be reached. */
const COUNTED_KEYS = 16_000;
/** About how many characters are in one report, a quarter of what a collector can store in a row. */
const REPORT_CHARACTERS = 500_000;
/** Beside the names of its routes and scopes. */
const KEY_CHARACTERS = 150;
const COUNT_CHARACTERS = 50;
/** Routes of one key that a report distinguishes. */
const MAX_ROUTES = 500;
/** How long a report is sent again; a collector knows it longer than that. */
const RESEND_MS = HOUR_MS;

interface Tally {
  /** As it was first used. */
  readonly account: Account;
  organizationId: string | undefined;
  /** By route, then outcome. */
  readonly requests: Map<string, Map<string, number>>;
  readonly scopes: Set<string>;
  /** `undefined` if the key was not used while it worked. */
  usedAt: number | undefined;
}

/** What one collector has yet to hear. */
interface Shard {
  readonly tallies: Map<string, Tally>;
  /** Of its reports so far. */
  number: number;
  /** Sent, and perhaps not received. */
  sent: Sent | undefined;
}

interface Sent {
  readonly number: number;
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly requests: RequestReport | undefined;
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
  /** Called with those whose use was counted, once it was reported. */
  readonly afterRound?: (accounts: readonly Account[]) => Promise<void>;
  readonly reportAfterMs?: number | undefined;
}

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #sender: string;
  readonly #shards: readonly Shard[];
  #roundBegunAt: number | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#sender = options.newId();
    this.#shards = Array.from({ length: options.collectors }, () => ({
      tallies: new Map(),
      number: 0,
      sent: undefined,
    }));
  }

  /** A request of a key that was answered. */
  count(key: Account, { route, outcome, scope, organizationId, isUse }: Use, now: number, waitUntil: WaitUntil): void {
    const tally = this.#tallyOf(key);
    if (organizationId !== undefined) tally.organizationId = organizationId;
    const outcomes = tally.requests.get(route);
    if (outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    else countFirst(tally.requests, route, outcome);
    if (scope !== undefined) tally.scopes.add(scope);
    if (isUse) tally.usedAt = now;
    this.#beginRound(now, waitUntil);
  }

  /** A use of a key that is not counted: a call of the management API. */
  use(key: Account, organizationId: string, now: number, waitUntil: WaitUntil): void {
    const tally = this.#tallyOf(key);
    tally.organizationId = organizationId;
    tally.usedAt = now;
    this.#beginRound(now, waitUntil);
  }

  /** A finished request. `whose`: `undefined` if that is not known. */
  note(whose: Whose | undefined, entry: Entry, visit: Visit): void {
    const { requests } = this.#options;
    if (!requests) return;
    requests.note(whose, entry, visit);
    this.#beginRound(entry.time, visit.waitUntil);
  }

  #tallyOf(account: Account): Tally {
    const { keyId } = account;
    const shards = this.#shards;
    const { tallies } = (shards.length === 1 ? shards[0] : shards[collectorOf(keyId, shards.length)]) as Shard;
    const known = tallies.get(keyId);
    if (known) return known;
    // The oldest is lost, so that memory is bounded while a collector cannot be reached.
    if (tallies.size >= COUNTED_KEYS) tallies.delete(tallies.keys().next().value as string);
    const tally = { account, organizationId: undefined, requests: new Map(), scopes: new Set<string>() };
    const added: Tally = { ...tally, usedAt: undefined };
    tallies.set(keyId, added);
    return added;
  }

  #beginRound(now: number, waitUntil: WaitUntil): void {
    const begunAt = this.#roundBegunAt;
    // One that takes longer has died with the request that began it.
    if (begunAt !== undefined && isRecent(begunAt, 2 * reportAfterMs(this.#options.collectors), now)) return;
    this.#roundBegunAt = now;
    waitUntil(this.#run());
  }

  async #run(): Promise<void> {
    const { afterRound, collectors, reportAfterMs: afterMs = reportAfterMs(collectors) } = this.#options;
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    this.#roundBegunAt = undefined;
    const accounts = this.#shards.flatMap(({ tallies }) => [...tallies.values()].map(({ account }) => account));
    // What could not be sent is sent in a later round.
    await Promise.allSettled(this.#shards.map((shard, collector) => this.#tell(shard, collector)));
    await afterRound?.(accounts);
  }

  async #tell(shard: Shard, collector: number): Promise<void> {
    const { send, now, hear, requests } = this.#options;
    for (;;) {
      const sent = nextOf(shard, now(), () => requests?.next(collector));
      if (!sent) return;
      const keys = [...sent.tallies].map(([keyId, tally]) => useOf(keyId, tally, now()));
      const answer = await send(collector, {
        sender: this.#sender,
        number: sent.number,
        keys,
        requests: sent.requests,
      });
      if (shard.sent === sent) shard.sent = undefined;
      hear?.(answer);
    }
  }
}

function countFirst(requests: Tally["requests"], route: string, outcome: string): void {
  if (requests.size < MAX_ROUTES) return void requests.set(route, new Map([[outcome, 1]]));
  const others = requests.get("") ?? new Map<string, number>();
  requests.set("", others.set(outcome, (others.get(outcome) ?? 0) + 1));
}

/** A report that perhaps did not arrive comes first, as it was. */
function nextOf(shard: Shard, now: number, nextRequests: () => RequestReport | undefined): Sent | undefined {
  if (shard.sent && isRecent(shard.sent.firstAt, RESEND_MS, now)) return shard.sent;
  shard.sent = undefined;
  const tallies = take(shard.tallies);
  const requests = nextRequests();
  if (tallies.size === 0 && !requests) return undefined;
  shard.number += 1;
  shard.sent = { number: shard.number, tallies, requests, firstAt: now };
  return shard.sent;
}

function take(all: Map<string, Tally>): Map<string, Tally> {
  const taken = new Map<string, Tally>();
  let characters = 0;
  for (const [keyId, tally] of all) {
    characters += KEY_CHARACTERS;
    for (const scope of tally.scopes) characters += scope.length;
    for (const [route, outcomes] of tally.requests) characters += outcomes.size * (COUNT_CHARACTERS + route.length);
    if (taken.size > 0 && (taken.size >= REPORT_KEYS || characters > REPORT_CHARACTERS)) break;
    taken.set(keyId, tally);
    all.delete(keyId);
  }
  return taken;
}

function useOf(keyId: string, tally: Tally, now: number): KeyUse {
  const { organizationId = null, requests, scopes, usedAt } = tally;
  const { environment } = tally.account;
  const counts = [...requests].flatMap(([route, outcomes]) =>
    [...outcomes].map(([outcome, requests]) => ({ route, outcome, requests })),
  );
  const usedMsAgo = usedAt === undefined ? null : Math.max(0, now - usedAt);
  return { keyId, environment, organizationId, counts, scopes: [...scopes], usedMsAgo };
}
