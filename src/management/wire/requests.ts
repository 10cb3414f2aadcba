/** Finished requests, and what was and would be decided about them. */

import * as z from "zod";
import type { ExplainedPast } from "../../control/requests/explain.ts";
import type { FoundRequest } from "../../domain/kept-request.ts";
import { givenId, givenTime, id, time } from "../../records/forms.ts";
import { decisionAnswer, explanationAnswer, renderExplanation } from "./insight.ts";
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

export const requestAnswer = z
  .strictObject({
    id,
    at: time,
    environment: z.string().nullable(),
    method: z.string(),
    route: z.string(),
    path: z.string().nullable(),
    status: z.int(),
    reason: z.string().nullable(),
    reason_members: z.record(z.string(), z.unknown()),
    organization_id: id.nullable(),
    key_id: id.nullable(),
    client_address: z.string().nullable(),
    trace_id: z.string(),
    origin: z.string().nullable(),
    origin_status: z.int().nullable(),
    gateway_ms: z.int(),
    origin_ms: z.int().nullable(),
    alike: z.int(),
  })
  .meta({ id: "Request" });

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

export const pastAnswer = z
  .strictObject({
    request: requestAnswer,
    decided: decisionAnswer,
    now: explanationAnswer.nullable(),
    assumed: z.string(),
    change: z.array(z.string()),
  })
  .meta({ id: "RequestExplanation" });

export function renderPast({ request, decided, now, assumed, change }: ExplainedPast) {
  return { request: renderRequest(request), decided, now: now && renderExplanation(now), assumed, change };
}
