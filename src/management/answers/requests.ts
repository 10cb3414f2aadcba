/** Answers about callers and requests. */

import * as z from "zod";
import { CHECKS, OUTCOMES, STEPS } from "../../control/explain/explanation.ts";
import { NARROWINGS } from "../../domain/rights.ts";
import { id, time } from "../../records/forms.ts";

const manages = z.enum(["all", "own", "none"]);

export const whoamiAnswer = z
  .strictObject({
    kind: z.enum(["root", "member", "key"]),
    actor: z.string(),
    via: z.string(),
    organization: z.strictObject({ id, name: z.string() }).nullable(),
    member: z.strictObject({ id, name: z.string(), role: z.string() }).nullable(),
    scopes: z.array(z.string()).nullable(),
    workspaces: z.array(id).nullable(),
    environment: z.string().nullable(),
    expires_at: time.nullable(),
    manages: z.strictObject({ organization: manages, workspace: manages }),
  })
  .meta({ id: "Whoami" });

export const decisionAnswer = z.strictObject({
  allowed: z.boolean(),
  status: z.int().nullable(),
  code: z.string().nullable(),
  detail: z.string(),
  fix: z.string().nullable(),
});

export const explanationAnswer = z
  .strictObject({
    decision: decisionAnswer,
    steps: z.array(
      z.strictObject({
        step: z.enum(STEPS),
        check: z.enum(CHECKS),
        outcome: z.enum(OUTCOMES),
        code: z.string().nullable(),
        detail: z.string(),
      }),
    ),
    required_scope: z.string().nullable(),
    lacking_in: z.array(z.enum(NARROWINGS)),
    key: z
      .strictObject({
        id,
        organization_id: id,
        environment: z.string(),
        base_url: z.string(),
        scopes: z.array(z.string()),
        workspaces: z.array(id).nullable(),
      })
      .nullable(),
  })
  .meta({ id: "Explanation" });

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

export const pastAnswer = z
  .strictObject({
    request: requestAnswer,
    decided: decisionAnswer,
    now: explanationAnswer.nullable(),
    assumed: z.string(),
    change: z.array(z.string()),
  })
  .meta({ id: "RequestExplanation" });
