/** What a key may be given at all: by the configuration, and by what its organization has. */

import type { Gateway } from "../config/compile.ts";
import type { KeySettings } from "../config/schema.ts";
import { parseRange } from "../domain/address.ts";
import type { Reach } from "../domain/key.ts";
import { isScope, scopesOf } from "../domain/scope.ts";
import type { Refusal } from "../errors.ts";
import { unknownWorkspaces } from "../store/workspaces.ts";
import type { Control } from "./control.ts";
import { invalid } from "./validation.ts";

export function checkEnvironment(name: string, { environments }: Gateway): Refusal | undefined {
  if (Object.hasOwn(environments, name)) return undefined;
  return invalid("environment", `there is no "${name}"; choose of ${Object.keys(environments).join(", ")}`);
}

export function checkScopes(names: readonly string[], { policy }: Gateway): Refusal | undefined {
  const unknown = names.filter((name) => !isScope(name, policy.resources) && !Object.hasOwn(policy.bundles, name));
  if (unknown.length === 0) return undefined;
  const known = [...Object.keys(policy.bundles), ...scopesOf(policy.resources)];
  return invalid("scopes", `there is no ${unknown.join(", ")}; choose of ${known.join(", ")}`);
}

export function checkPlan(plan: string | null, { plans }: Gateway): Refusal | undefined {
  if (plan === null || Object.hasOwn(plans, plan)) return undefined;
  const known = Object.keys(plans);
  return invalid(
    "plan",
    `there is no plan "${plan}"; ${known.length > 0 ? `choose of ${known.join(", ")}` : "none is configured"}`,
  );
}

export function checkReach(reach: Reach, workspaceIds: readonly string[], keys: KeySettings): Refusal | undefined {
  if (!keys.reaches.includes(reach)) return invalid("reach", `keys here reach ${keys.reaches.join(" or ")}`);
  if (reach === "organization") {
    const problem = "must be left out: the key reaches every workspace";
    return workspaceIds.length > 0 ? invalid("workspace_ids", problem) : undefined;
  }
  if (workspaceIds.length === 0) return invalid("workspace_ids", "must name at least one workspace");
  const most = keys.maxWorkspaces;
  return workspaceIds.length > most ? invalid("workspace_ids", `names more than ${most} workspaces`) : undefined;
}

export function checkLife(expiresAt: number | null, { lifetimeDays }: KeySettings, now: number): Refusal | undefined {
  if (expiresAt === null) return undefined;
  if (expiresAt <= now) return invalid("expires_at", "must be in the future");
  const latest = now + lifetimeDays * 86_400_000;
  return expiresAt > latest ? invalid("expires_at", `may be ${lifetimeDays} days ahead at the most`) : undefined;
}

export function checkAddresses(ranges: readonly string[]): Refusal | undefined {
  const wrong = ranges.filter((text) => !parseRange(text));
  if (wrong.length === 0) return undefined;
  const problem = `${wrong.join(", ")}: write an IPv4 or IPv6 address or range, such as 203.0.113.0/24`;
  return invalid("allowed_addresses", problem);
}

export async function checkWorkspaces(
  { db }: Control,
  organizationId: string,
  workspaceIds: readonly string[],
): Promise<Refusal | undefined> {
  const unknown = await unknownWorkspaces(db, organizationId, workspaceIds);
  return unknown.length > 0
    ? invalid("workspace_ids", `the organization has no workspace ${unknown.join(", ")}`)
    : undefined;
}
