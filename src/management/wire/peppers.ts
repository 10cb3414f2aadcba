/** Peppers, and the keys under them. */

import * as z from "zod";
import type { PepperStatus } from "../../control/operate/peppers.ts";
import { id, time } from "../../records/forms.ts";
import type { KeyUnderPepper } from "../../store/secrets.ts";

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

export function renderPepper({ id, status, secrets, alone }: PepperStatus) {
  return { id, status, secrets, secrets_under_it_alone: alone };
}

export const keyUnderPepperAnswer = z
  .strictObject({ id, organization_id: id, name: z.string(), last_used_at: time.nullable() })
  .meta({ id: "KeyUnderPepper" });

export function renderKeyUnderPepper({ id, organizationId, name, lastUsedAt }: KeyUnderPepper) {
  const last_used_at = lastUsedAt === null ? null : new Date(lastUsedAt).toISOString();
  return { id, organization_id: organizationId, name, last_used_at };
}

export const retirementBody = z.strictObject({
  force: z.boolean().default(false),
});

export const retiredAnswer = z
  .strictObject({
    removed: z.int(),
    has_more: z.boolean(),
    lost_keys: z.int(),
  })
  .meta({ id: "RetiredPepper" });
