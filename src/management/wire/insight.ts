/** Who a caller is, and why a request is decided in this way. */

import * as z from "zod";
import type { Explanation } from "../../control/explain/explanation.ts";
import type { Whoami } from "../../control/whoami.ts";
import { givenId } from "../../records/forms.ts";

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

export function renderExplanation({ decision, steps, requiredScope, lackingIn, key }: Explanation) {
  const { id, organizationId, environment, baseUrl, scopes, workspaces } = key ?? {};
  const shown = { id, organization_id: organizationId, environment, base_url: baseUrl, scopes, workspaces };
  return { decision, steps, required_scope: requiredScope, lacking_in: lackingIn, key: key && shown };
}
