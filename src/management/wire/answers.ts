/** What the management API answers. The OpenAPI document is made from these; tests hold the answers to them. */

import * as z from "zod";
import { CHECKS, OUTCOMES, STEPS } from "../../control/explain/explanation.ts";
import { NARROWINGS } from "../../domain/rights.ts";
import { id, time } from "../../records/forms.ts";

export const auditEventAnswer = z
  .strictObject({
    id,
    at: time,
    organization_id: id,
    actor: z.string().describe("`root`, or the id of a member or key."),
    via: z.string().describe("The credential of the actor: `root`, `session`, or the id of a key."),
    action: z.string().describe("For example `api_key.created`."),
    target: z.string().describe("The id of the changed record."),
    details: z
      .record(z.string(), z.unknown())
      .describe("At most 2 KB: long texts and lists are cut, with a note of how much is missing."),
    request_id: z.string(),
  })
  .meta({ id: "AuditEvent" });

export const changeAnswer = z
  .strictObject({ id, pending_keys: z.int().describe("Keys whose authorities do not know of the change yet.") })
  .meta({ id: "Change" });

export function pageAnswer(item: z.ZodType) {
  return z.strictObject({ data: z.array(item), next_cursor: z.string().nullable() });
}

export const problemAnswer = z
  .object({
    type: z.string().describe("A page about the code."),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    fix: z.string().describe("What the caller can do."),
    request_id: z.string(),
    errors: z
      .array(z.object({ field: z.string(), problem: z.string() }))
      .optional()
      .describe("With `validation_failed`: the wrong fields."),
  })
  .meta({ id: "Problem", description: "https://www.rfc-editor.org/rfc/rfc9457" });

export const signInLinkAnswer = z
  .strictObject({
    url: z.string().describe("Never shown again. Anyone who opens it is signed in."),
    expires_at: time,
  })
  .meta({ id: "SignInLink" });

export const sessionAnswer = z
  .strictObject({
    id,
    organization_id: id,
    member_id: id,
    current: z.boolean().describe("Whether this session made the call."),
    created_at: time,
    last_seen_at: time.describe("Up to five minutes behind."),
    expires_at: time,
  })
  .meta({ id: "Session" });

export const revokedSessionsAnswer = z.strictObject({ revoked: z.int() }).meta({ id: "RevokedSessions" });

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

export const explanationAnswer = z
  .strictObject({
    decision: z.strictObject({
      allowed: z.boolean(),
      status: z.int().nullable().describe("The status of the gateway's own answer; `null` if the origin answers."),
      code: z.string().nullable(),
      detail: z.string(),
      fix: z.string().nullable(),
    }),
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

export const peppersAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        id,
        status: z.enum(["current", "retiring", "inactive"]),
        secrets: z.int(),
        secrets_under_it_alone: z.int().describe("Secrets that would stop working without it."),
      })
      .meta({ id: "Pepper" }),
  ),
});

export const keyUnderPepperAnswer = z
  .strictObject({ id, organization_id: id, name: z.string(), last_used_at: time.nullable() })
  .meta({ id: "KeyUnderPepper" });

export const retiredAnswer = z
  .strictObject({
    removed: z.int(),
    has_more: z.boolean().describe("Repeat the call to continue."),
    lost_keys: z.int().describe("Keys that stop working when the pepper is removed."),
  })
  .meta({ id: "RetiredPepper" });
