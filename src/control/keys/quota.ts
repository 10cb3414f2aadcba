import type { Gateway } from "../../config/compile.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Organization } from "../../records/organization.ts";
import { countPlaces } from "../../store/key-count.ts";
import { findOrganization } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { isOfMainEnvironment } from "../standing.ts";

export interface KeyQuota {
  readonly used: number;
  readonly limit: number;
}

/** How many places of the organization's quota its keys hold, and how many there are. */
export async function readKeyQuota(
  control: Control,
  caller: Caller,
  organizationId: string,
): Promise<KeyQuota | Refusal> {
  const organization = await findOrganization(control, caller, organizationId, "api_keys:read");
  if (isRefusal(organization)) return organization;
  const { db, gateway, now } = control;
  const used = await countPlaces(db, organizationId, gateway.policy.actAs === "member", now());
  return { used, limit: quotaOf(organization, gateway) };
}

export function quotaOf({ keyQuota }: Organization, { keys }: Gateway): number {
  return keyQuota ?? keys.quotaPerOrganization;
}

/**
 * How many active keys there can be, including the one that the caller creates. A key of another environment than the main one leaves
 * half of the quota free, so that a sandbox key cannot prevent the organization from creating keys for production.
 */
export function quotaFor({ standing }: Caller, organization: Organization, gateway: Gateway): number {
  const quota = quotaOf(organization, gateway);
  const key = standing.kind === "member" ? standing.key : undefined;
  return !key || isOfMainEnvironment(key, gateway) ? quota : Math.floor(quota / 2);
}

export function quotaRefusal(caller: Caller, organization: Organization, gateway: Gateway): Refusal {
  const limit = quotaFor(caller, organization, gateway);
  const quota = quotaOf(organization, gateway);
  const kept = limit < quota ? { places: quota - limit, environment: gateway.mainEnvironment } : undefined;
  return { code: "key_quota_reached", limit, kept };
}
