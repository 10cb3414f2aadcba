/** Who a caller is, and why a request is decided in this way. */

import * as z from "zod";
import { CHECKS, type Explanation, OUTCOMES, STEPS } from "../../control/explain/explanation.ts";
import type { Whoami } from "../../control/whoami.ts";
import { NARROWINGS } from "../../domain/rights.ts";
import { givenId, id, time } from "../../records/forms.ts";

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

export function renderWhoami({ expiresAt, ...who }: Whoami) {
  return { ...who, expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString() };
}

export const explainBody = z.strictObject({
  key_id: givenId.optional(),
  key: z.string().max(512).optional(),
  method: z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/, "is not a method"),
  url: z.string().min(1).max(32_768),
  client_address: z.string().max(64).optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

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

export function renderExplanation({ decision, steps, requiredScope, lackingIn, key }: Explanation) {
  const { id, organizationId, environment, baseUrl, scopes, workspaces } = key ?? {};
  const shown = { id, organization_id: organizationId, environment, base_url: baseUrl, scopes, workspaces };
  return { decision, steps, required_scope: requiredScope, lacking_in: lackingIn, key: key && shown };
}
