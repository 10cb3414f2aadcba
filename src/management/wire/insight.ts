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
    via: z.string().describe("`root`, or the id of the session or key."),
    organization: z.strictObject({ id, name: z.string() }).nullable(),
    member: z.strictObject({ id, name: z.string(), role: z.string() }).nullable(),
    scopes: z.array(z.string()).nullable().describe("Effective scopes; `null` for all."),
    workspaces: z.array(id).nullable().describe("`null` for all."),
    environment: z.string().nullable().describe("The environment whose keys the caller manages; `null` for all."),
    expires_at: time.nullable(),
    manages: z.strictObject({ organization: manages, workspace: manages }),
  })
  .meta({ id: "Whoami" });

export function renderWhoami({ expiresAt, ...who }: Whoami) {
  return { ...who, expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString() };
}

export const explainBody = z.strictObject({
  key_id: givenId.optional().describe("A key; the newest secret is assumed."),
  key: z.string().max(512).optional().describe("A secret, instead of `key_id`. It is neither stored nor shown."),
  method: z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/, "is not a method"),
  url: z.string().min(1).max(32_768).describe("The whole URL, as the client would call it."),
  client_address: z
    .string()
    .max(64)
    .optional()
    .describe("The address of the client; by default, an address that the key allows."),
  headers: z.record(z.string(), z.string()).optional(),
});

export const decisionAnswer = z.strictObject({
  allowed: z.boolean(),
  status: z.int().nullable().describe("The status of the gateway's own answer; `null` if the origin answers."),
  code: z.string().nullable(),
  detail: z.string(),
  fix: z.string().nullable(),
});

export const explanationAnswer = z
  .strictObject({
    decision: decisionAnswer,
    steps: z
      .array(
        z.strictObject({
          step: z.enum(STEPS),
          check: z.enum(CHECKS),
          outcome: z.enum(OUTCOMES),
          code: z.string().nullable(),
          detail: z.string(),
        }),
      )
      .describe("All checks, so that you see every problem at once."),
    required_scope: z.string().nullable(),
    lacking_in: z.array(z.enum(NARROWINGS)).describe("Which of the key's sets do not have the scope."),
    key: z
      .strictObject({
        id,
        organization_id: id,
        environment: z.string(),
        base_url: z.string().describe("The base URL of the key's environment."),
        scopes: z.array(z.string()).describe("Effective scopes."),
        workspaces: z.array(id).nullable().describe("`null` for all."),
      })
      .nullable(),
  })
  .meta({ id: "Explanation" });

export function renderExplanation({ decision, steps, requiredScope, lackingIn, key }: Explanation) {
  const { id, organizationId, environment, baseUrl, scopes, workspaces } = key ?? {};
  const shown = { id, organization_id: organizationId, environment, base_url: baseUrl, scopes, workspaces };
  return { decision, steps, required_scope: requiredScope, lacking_in: lackingIn, key: key && shown };
}
