/** Requests as request logs keep them. */

import type { HourOfRequests, KeptRequest, Place } from "../../src/domain/kept-request.ts";
import { hourOfRequest, requestId } from "../../src/domain/request-id.ts";
import { type Group, mergeGroups } from "../../src/domain/request-log.ts";

export function keptRequest(fields: Partial<KeptRequest> & { at: number }): KeptRequest {
  const { keyId = "key_1", clientAddress = null } = fields;
  return {
    id: requestId(fields.at, crypto.randomUUID()),
    by: keyId ?? clientAddress ?? "",
    gatewayMs: 1,
    originMs: null,
    method: "GET",
    environment: "sandbox",
    route: "/signatures/*",
    path: null,
    status: 403,
    reason: "scope_missing",
    members: { required_scopes: ["signatures:read"], lacking_in: ["scopes"] },
    keyId,
    organizationId: "org_1",
    clientAddress,
    traceId: "0af7651916cd43dd8448eb211c80319c",
    origin: null,
    originStatus: null,
    ...fields,
  };
}

/** As an isolate reports them. */
export function hoursOf(place: Place | null, requests: readonly KeptRequest[]): HourOfRequests[] {
  const hours = [...new Set(requests.map(({ id }) => hourOfRequest(id) as number))];
  return hours.map((hour) => ({
    place,
    hour,
    groups: groupsOf(requests.filter(({ id }) => hourOfRequest(id) === hour)),
  }));
}

function groupsOf(requests: readonly KeptRequest[]): readonly Group<KeptRequest>[] {
  const groups = new Map<string, Group<KeptRequest>>();
  for (const request of requests) {
    const { route, reason, status } = request;
    const group = { route, outcome: reason ?? String(status), requests: 1, kept: [request] };
    const name = `${group.outcome} ${route}`;
    groups.set(name, mergeGroups(groups.get(name), group));
  }
  return [...groups.values()];
}
