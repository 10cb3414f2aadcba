/** A finished request as a collector keeps it. Never a secret, a query or a body, and no path unless the configuration says so. */

import { type Candidate, type Group, isFailure } from "./request-log.ts";

export interface KeptRequest extends Candidate {
  /** Until the headers of the answer, in milliseconds, with and without the wait for the origin. */
  readonly gatewayMs: number;
  readonly originMs: number | null;
  readonly method: string;
  /** Whose base URL was called; `null` if it was none. */
  readonly environment: string | null;
  /** As configured; empty if there is none. */
  readonly route: string;
  readonly path: string | null;
  readonly status: number;
  /** The code of the refusal; `null` if it was not refused. Not called `code`: a value with a `code` counts as a refusal. */
  readonly reason: string | null;
  /** What the log says of the refusal beside its code. */
  readonly members: Readonly<Record<string, string | number | readonly string[]>>;
  readonly keyId: string | null;
  readonly organizationId: string | null;
  /** As far as the configuration allows. */
  readonly clientAddress: string | null;
  readonly traceId: string;
  /** As the configuration calls it; `null` if nothing was sent to one. */
  readonly origin: string | null;
  readonly originStatus: number | null;
}

/** Where requests are kept: with an organization and an environment of its keys, or with those of no known organization. */
export interface Place {
  readonly organizationId: string;
  readonly environment: string;
}

/** Requests of one place and one hour. */
export interface HourOfRequests {
  /** `null`: of no known organization. */
  readonly place: Place | null;
  /** Its beginning. */
  readonly hour: number;
  readonly groups: readonly Group<KeptRequest>[];
}

/** `undefined`: any. `from` is included, `to` is not. */
export interface RequestFilter {
  readonly keyIds?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  readonly status?: number | undefined;
  readonly route?: string | undefined;
  /** Refused, or answered by the origin with an error. */
  readonly failed?: true | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface RequestPage {
  readonly limit: number;
  /** The last request of the page before. */
  readonly after?: { readonly at: number; readonly id: string } | undefined;
}

/** A request, and how many there were of its hour, route and outcome. */
export interface FoundRequest extends KeptRequest {
  readonly alike: number;
}

export function matches(filter: RequestFilter, request: KeptRequest): boolean {
  const { keyIds, reason, status, route, failed, from, to } = filter;
  return (
    (keyIds === undefined || (request.keyId !== null && keyIds.includes(request.keyId))) &&
    (reason === undefined || request.reason === reason) &&
    (status === undefined || request.status === status) &&
    (route === undefined || request.route === route) &&
    (failed === undefined || isFailure(request.reason ?? String(request.status))) &&
    (from === undefined || request.at >= from) &&
    (to === undefined || request.at < to)
  );
}
