/** Answers about the gateway itself: its audit trail, changes, peppers, state and problems. */

import * as z from "zod";
import { NARROWINGS } from "../../domain/rights.ts";
import { id, time } from "../../records/forms.ts";
import { KINDS } from "../../store/retention.ts";

export const auditEventAnswer = z
  .strictObject({
    id,
    at: time,
    organization_id: id,
    actor: z.string(),
    via: z.string(),
    action: z.string(),
    target: z.string(),
    details: z.record(z.string(), z.unknown()),
    request_id: z.string(),
  })
  .meta({ id: "AuditEvent" });

export const changeAnswer = z.strictObject({ id, pending_keys: z.int() }).meta({ id: "Change" });

export const peppersAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        id,
        status: z.enum(["current", "retiring", "inactive"]),
        secrets: z.int(),
        secrets_under_it_alone: z.int(),
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
    has_more: z.boolean(),
    lost_keys: z.int(),
  })
  .meta({ id: "RetiredPepper" });

const removed = z.strictObject(Object.fromEntries(KINDS.map((kind) => [kind, z.int()])));

export const statusAnswer = z
  .strictObject({
    database: z.strictObject({
      bytes: z.int(),
      limit_bytes: z.int(),
      full: z.number(),
      oldest_audit_event_at: time.nullable(),
    }),
    retention: z.strictObject({ usage_days: z.int(), audit_days: z.int(), dead_key_days: z.int() }),
    last_cleanup: z
      .strictObject({
        started_at: time,
        ended_at: time.nullable(),
        removed: removed,
      })
      .nullable(),
    record_changes: z
      .strictObject({
        looked_at: time.nullable(),
        restored_at: time.nullable(),
      })
      .nullable(),
  })
  .meta({ id: "Status" });

/** The members that a code adds. https://www.rfc-editor.org/rfc/rfc9457#section-3.2 */
const EXTENSIONS = {
  errors: z.array(z.object({ field: z.string(), problem: z.string() })),
  required_scopes: z.array(z.string()),
  effective_scopes: z.array(z.string()),
  lacking_in: z.array(z.enum(NARROWINGS)),
  violated_policies: z.array(z.string()),
  limit: z.int(),
  environment: z.string(),
  plans: z.array(z.string()),
  client_address: z.string(),
  key_environment: z.string(),
  base_url: z.string(),
  workspace: z.string(),
};

export const problemAnswer = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    fix: z.string(),
    request_id: z.string(),
    ...z.object(EXTENSIONS).partial().shape,
  })
  .meta({ id: "Problem", description: "https://www.rfc-editor.org/rfc/rfc9457" });
