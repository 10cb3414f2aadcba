/** What the API tells about keys, beside the records themselves. */

import type { Explanation } from "../../control/explain/explanation.ts";
import type { PepperStatus } from "../../control/operate/peppers.ts";
import type { Whoami } from "../../control/whoami.ts";
import type { KeyUnderPepper } from "../../store/secrets.ts";

export function renderWhoami({ expiresAt, ...who }: Whoami) {
  return { ...who, expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString() };
}

export function renderExplanation({ decision, steps, requiredScope, lackingIn, key }: Explanation) {
  const { id, organizationId, environment, baseUrl, scopes, workspaces } = key ?? {};
  const shown = { id, organization_id: organizationId, environment, base_url: baseUrl, scopes, workspaces };
  return { decision, steps, required_scope: requiredScope, lacking_in: lackingIn, key: key && shown };
}

export function renderPepper({ id, status, secrets, alone }: PepperStatus) {
  return { id, status, secrets, secrets_under_it_alone: alone };
}

export function renderKeyUnderPepper({ id, organizationId, name, lastUsedAt }: KeyUnderPepper) {
  const last_used_at = lastUsedAt === null ? null : new Date(lastUsedAt).toISOString();
  return { id, organization_id: organizationId, name, last_used_at };
}
