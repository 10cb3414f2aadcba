/** What is known of a request when its answer begins: its line in the log. Never a secret, a path, a query or a body. */

import type { Gateway } from "../config/compile.ts";
import type { Route } from "../config/route-table.ts";
import { type Entry, LOG_VERSION } from "../domain/log-line.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { reasonMembers } from "../reason-members.ts";
import type { Admission } from "./admit/scheme.ts";
import { traceIdOf } from "./forward/trace.ts";
import { bytesOf } from "./length.ts";
import type { Visit } from "./visit.ts";

/** How a request ended, beside what its steps noted. */
export interface Finished {
  readonly outcome: Response | Refusal;
  readonly response: Response;
  readonly environment: string | undefined;
  readonly route: Pick<Route, "path" | "origin"> | undefined;
  readonly admission: Admission | undefined;
  readonly begunAt: number;
  readonly endedAt: number;
}

export function entryOf(
  { request, requestId, client, notes }: Visit,
  { outcome, response, environment, route, admission, begunAt, endedAt }: Finished,
  { loggedAddress }: Pick<Gateway, "loggedAddress">,
): Entry {
  const refusal = isRefusal(outcome) ? outcome : undefined;
  const caller = admission?.caller;
  const isSent = notes.originMs !== undefined;
  const originMs = Math.max(0, notes.originMs ?? 0);
  // A refusal is our own text, which nobody has measured.
  const responseBytes = refusal ? undefined : isSent ? notes.responseBytes : bytesOf(response);
  return {
    version: LOG_VERSION,
    kind: "request",
    level: refusal && response.status >= 500 ? "error" : "info",
    time: begunAt,
    request_id: requestId,
    trace_id: notes.traceId ?? traceIdOf(request.headers, requestId),
    decision: refusal ? "refused" : isSent ? "forwarded" : "answered",
    reason: refusal?.code,
    reason_members: refusal && reasonMembers(refusal, admission?.policies),
    status: response.status,
    environment,
    method: request.method,
    route: route?.path,
    key_id: caller?.subject ?? admission?.account?.keyId,
    organization_id: caller?.organization,
    member_id: caller?.member?.id,
    client_address: loggedAddress(client),
    found_in: admission?.foundIn,
    lease: notes.lease,
    lease_kind: notes.leaseKind,
    origin: isSent ? route?.origin : undefined,
    origin_status: notes.originStatus,
    retried: notes.retried,
    origin_ms: isSent ? originMs : undefined,
    // At least 0, should the clock step back.
    gateway_ms: Math.max(0, endedAt - begunAt - originMs),
    identify_ms: notes.identifyMs > 0 ? notes.identifyMs : undefined,
    lease_ms: notes.leaseMs > 0 ? notes.leaseMs : undefined,
    request_bytes: bytesOf(request) ?? null,
    response_bytes: responseBytes ?? null,
  };
}
