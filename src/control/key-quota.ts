import { isRefusal, type Refusal } from "../errors.ts";
import { countActiveKeys } from "../store/key-count.ts";
import { findOrganization } from "./access.ts";
import type { Caller, Control } from "./control.ts";

export interface KeyQuota {
  readonly active: number;
  readonly limit: number;
}

/** How many active keys the organization has, and may have. */
export async function readKeyQuota(
  control: Control,
  caller: Caller,
  organizationId: string,
): Promise<KeyQuota | Refusal> {
  const organization = await findOrganization(control, caller, organizationId, "api_keys:read");
  if (isRefusal(organization)) return organization;
  const active = await countActiveKeys(control.db, organizationId, control.now());
  return { active, limit: organization.keyQuota ?? control.gateway.keys.quotaPerOrganization };
}
