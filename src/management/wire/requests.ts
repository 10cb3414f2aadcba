/** Finished requests, and what was and would be decided about them. */

import * as z from "zod";
import type { ExplainedPast } from "../../control/requests/explain.ts";
import type { FoundRequest } from "../../domain/kept-request.ts";
import { givenId, givenTime } from "../../records/forms.ts";
import { renderExplanation } from "./insight.ts";
import { page, wholeNumber } from "./page.ts";

export const requestQuery = z.strictObject({
  ...page,
  organization_id: givenId.optional(),
  key_id: givenId.optional(),
  environment: z.string().max(64).optional(),
  reason: z.string().max(64).optional(),
  status: wholeNumber(100, 999).optional(),
  route: z.string().max(1000).optional(),
  from: givenTime.optional(),
  to: givenTime.optional(),
});

export function renderRequest(request: FoundRequest) {
  const { id, at, environment, method, route, path, status, reason, members, traceId, origin, alike } = request;
  return {
    ...{
      id,
      at: new Date(at).toISOString(),
      environment,
      method,
      route,
      path,
      status,
      reason,
      reason_members: members,
    },
    organization_id: request.organizationId,
    key_id: request.keyId,
    client_address: request.clientAddress,
    trace_id: traceId,
    origin,
    origin_status: request.originStatus,
    gateway_ms: request.gatewayMs,
    origin_ms: request.originMs,
    alike,
  };
}

export function renderPast({ request, decided, now, assumed, change }: ExplainedPast) {
  return { request: renderRequest(request), decided, now: now && renderExplanation(now), assumed, change };
}
