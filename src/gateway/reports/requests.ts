/** What an isolate reports of single requests, so that they can be found by their ids. */

import type { HourOfRequests, KeptRequest } from "../../domain/kept-request.ts";
import type { Entry } from "../../domain/log-line.ts";
import { collectorOf } from "../../domain/report.ts";
import { RequestTally, type Whose } from "../../domain/request-tally.ts";
import { withoutSecrets } from "../../domain/secret.ts";
import type { Visit } from "../visit.ts";

/** Reports for one collector that wait while it cannot be reached. */
const MAX_WAITING = 6;
const MAX_PATH = 1_000;

export type RequestReport = readonly HourOfRequests[];

export class RequestReports {
  readonly #tally: RequestTally<Entry, Visit>;
  readonly #waiting: readonly RequestReport[][];

  constructor(collectors: number, paths: boolean) {
    this.#tally = new RequestTally((entry, { url }) => keptOf(entry, paths ? url.pathname : undefined));
    this.#waiting = Array.from({ length: collectors }, () => []);
  }

  note(whose: Whose | undefined, entry: Entry, visit: Visit): void {
    this.#tally.note(whose, entry, visit);
  }

  /** What a collector has to hear next. All requests of an organization go to the same one. */
  next(collector: number): RequestReport | undefined {
    this.#share();
    return this.#waiting[collector]?.shift();
  }

  #share(): void {
    if (this.#tally.isEmpty) return;
    const collectors = this.#waiting.length;
    const shares = Map.groupBy(this.#tally.take(), ({ place }) => collectorOf(place?.organizationId ?? "", collectors));
    for (const [collector, report] of shares) {
      const waiting = this.#waiting[collector] as RequestReport[];
      waiting.push(report);
      if (waiting.length > MAX_WAITING) waiting.shift();
    }
  }
}

function keptOf(entry: Entry, path: string | undefined): KeptRequest {
  const { request_id: id, time: at, key_id: keyId = null, client_address: clientAddress = null, method } = entry;
  const { status, environment = null, route = "", reason = null, trace_id: traceId, origin = null } = entry;
  return {
    ...{ id, at, by: keyId ?? clientAddress ?? "", method, environment, route, status, reason, keyId, clientAddress },
    ...{ traceId, origin, path: path === undefined ? null : withoutSecrets(path).slice(0, MAX_PATH) },
    members: { ...entry.reason_members } as KeptRequest["members"],
    organizationId: entry.organization_id ?? null,
    originStatus: entry.origin_status ?? null,
    gatewayMs: entry.gateway_ms,
    originMs: entry.origin_ms ?? null,
  };
}
