/** Peppers, and the keys under them. */

import * as z from "zod";
import type { PepperStatus } from "../../control/operate/peppers.ts";
import type { KeyUnderPepper } from "../../store/secrets.ts";

export function renderPepper({ id, status, secrets, alone }: PepperStatus) {
  return { id, status, secrets, secrets_under_it_alone: alone };
}

export function renderKeyUnderPepper({ id, organizationId, name, lastUsedAt }: KeyUnderPepper) {
  const last_used_at = lastUsedAt === null ? null : new Date(lastUsedAt).toISOString();
  return { id, organization_id: organizationId, name, last_used_at };
}

export const retirementBody = z.strictObject({
  force: z.boolean().default(false),
});
