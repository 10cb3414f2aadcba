/** What an isolate reports of single requests, so that they can be found by their ids. */

import type { HourOfRequests, KeptRequest } from "../../domain/kept-request.ts";
import type { Entry } from "../../domain/log-line.ts";
import { type Homes, homesOf, shardOf } from "../../domain/request-homes.ts";
import { MAX_REPORTED, RequestTally, type Whose, withinBounds } from "../../domain/request-tally.ts";
import { withoutSecrets } from "../../domain/secret.ts";
import type { Visit } from "../visit.ts";

/** Rounds of reports that wait while collectors cannot be reached, for all of them together; at least one for each. */
const MAX_WAITING = 6;
const MAX_PATH = 1_000;
/** Of one report: a collector stores it in one row of 2 MB, with the uses of keys. */
const MAX_CHARACTERS = 700_000;
/** If so few are too long, it is because of how many kinds there are. */
const FEW = 100;

export type RequestReport = readonly HourOfRequests[];

export class RequestReports {
  readonly #tally: RequestTally<Entry, Pick<Visit, "url">>;
  readonly #homes: Homes;
  /** By collector and round. */
  readonly #waiting: readonly RequestReport[][][];
  /** How many requests each collector can hear of in one report. */
  readonly #limits: number[];
  readonly #maxWaiting: number;

  constructor(homes: Homes, paths: boolean) {
    const collectors = homesOf(homes).length * homes.collectors;
    this.#homes = homes;
    this.#maxWaiting = Math.max(2, Math.floor(MAX_WAITING / collectors));
    this.#tally = new RequestTally((entry, { url }) => keptOf(entry, paths ? url.pathname : undefined));
    this.#waiting = Array.from({ length: collectors }, () => []);
    this.#limits = Array<number>(collectors).fill(MAX_REPORTED);
  }

  note(whose: Whose | undefined, entry: Entry, visit: Pick<Visit, "url">): void {
    this.#tally.note(whose, entry, visit);
  }

  /** `undefined`: what a collector of an older version says. */
  limit(collector: number, requests = MAX_REPORTED): void {
    this.#limits[collector] = Math.min(requests, MAX_REPORTED);
  }

  /** How many collectors hear of requests, in all jurisdictions together. */
  get collectors(): number {
    return this.#waiting.length;
  }

  hasNext(collector: number): boolean {
    return (this.#waiting[collector]?.length ?? 0) > 0;
  }

  /** What a collector has to hear next. */
  next(collector: number): RequestReport | undefined {
    const [parts] = this.#waiting[collector] as RequestReport[][];
    const next = parts?.shift();
    if (parts?.length === 0) this.#waiting[collector]?.shift();
    return next;
  }

  /** Begins a round: what was noted since the last one waits for its collectors now. The oldest rounds are given up. */
  share(): void {
    if (this.#tally.isEmpty) return;
    const shares = Map.groupBy(this.#tally.take(), ({ place }) => shardOf(place, this.#homes));
    for (const [collector, report] of shares) {
      const waiting = this.#waiting[collector] as RequestReport[][];
      waiting.push([...fitting(report, this.#limits[collector] as number)]);
      if (waiting.length > this.#maxWaiting) waiting.shift();
    }
  }
}

/** With fewer requests if that is too long, and then in several: how many there were of each kind is never left out. */
function fitting(report: RequestReport, limit: number): readonly RequestReport[] {
  const within = withinBounds(report, limit);
  if (JSON.stringify(within).length <= MAX_CHARACTERS) return [within];
  return limit > FEW ? fitting(report, limit / 2) : halvesOf(within).flatMap((half) => fitting(half, limit));
}

function halvesOf(report: RequestReport): readonly [RequestReport, RequestReport] {
  const single = report.flatMap(({ groups, ...of }) => groups.map((group) => ({ ...of, groups: [group] })));
  const middle = Math.ceil(single.length / 2);
  return [single.slice(0, middle), single.slice(middle)];
}

/** A part of a text keeps all of it in memory, such as a long header. */
const copied = (part: string): string => JSON.parse(JSON.stringify(part));

function keptOf(entry: Entry, path: string | undefined): KeptRequest {
  const { request_id: id, time: at, key_id: keyId = null, client_address: clientAddress = null, method } = entry;
  const { status, environment = null, route = "", reason = null, trace_id: traceId, origin = null } = entry;
  return {
    ...{ id, at, by: keyId ?? clientAddress ?? "", method, environment, route, status, reason, keyId, clientAddress },
    ...{
      traceId: copied(traceId),
      origin,
      path: path === undefined ? null : copied(withoutSecrets(path).slice(0, MAX_PATH)),
    },
    members: { ...entry.reason_members } as KeptRequest["members"],
    organizationId: entry.organization_id ?? null,
    originStatus: entry.origin_status ?? null,
    gatewayMs: entry.gateway_ms,
    originMs: entry.origin_ms ?? null,
  };
}
