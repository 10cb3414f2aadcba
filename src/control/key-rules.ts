/** What a key may be given at all, by the configuration. */

import type { Gateway } from "../config/compile.ts";
import type { KeySettings } from "../config/schema.ts";
import { parseRange } from "../domain/address.ts";
import { isScope, scopesOf } from "../domain/scope.ts";
import type { Refusal } from "../errors.ts";
import type { NewKey } from "./create-key.ts";
import { invalid } from "./validation.ts";

export function checkGrant(wanted: NewKey, { environments, keys, plans, policy }: Gateway): Refusal | undefined {
  if (!Object.hasOwn(environments, wanted.environment)) {
    return invalid(
      "environment",
      `there is no "${wanted.environment}"; choose of ${Object.keys(environments).join(", ")}`,
    );
  }
  if (!keys.reaches.includes(wanted.reach)) return invalid("reach", `keys here reach ${keys.reaches.join(" or ")}`);
  const unknown = wanted.scopes.filter(
    (name) => !isScope(name, policy.resources) && !Object.hasOwn(policy.bundles, name),
  );
  if (unknown.length > 0) {
    const known = [...Object.keys(policy.bundles), ...scopesOf(policy.resources)];
    return invalid("scopes", `there is no ${unknown.join(", ")}; choose of ${known.join(", ")}`);
  }
  if (wanted.plan !== null && !Object.hasOwn(plans, wanted.plan)) {
    return invalid("plan", `there is no plan "${wanted.plan}"; choose of ${Object.keys(plans).join(", ")}`);
  }
  return checkReach(wanted, keys);
}

function checkReach({ reach, workspaceIds }: NewKey, { maxWorkspaces }: KeySettings): Refusal | undefined {
  if (reach === "organization") {
    return workspaceIds.length > 0
      ? invalid("workspace_ids", "must be left out: the key reaches every workspace")
      : undefined;
  }
  if (workspaceIds.length === 0) return invalid("workspace_ids", "must name at least one workspace");
  return workspaceIds.length > maxWorkspaces
    ? invalid("workspace_ids", `names more than ${maxWorkspaces} workspaces`)
    : undefined;
}

export function checkLife(expiresAt: number | null, { lifetimeDays }: KeySettings, now: number): Refusal | undefined {
  if (expiresAt === null) return undefined;
  if (expiresAt <= now) return invalid("expires_at", "must be in the future");
  return expiresAt > now + lifetimeDays * 86_400_000
    ? invalid("expires_at", `may be ${lifetimeDays} days ahead at the most`)
    : undefined;
}

export function checkAddresses(ranges: readonly string[]): Refusal | undefined {
  const wrong = ranges.filter((text) => !parseRange(text));
  return wrong.length > 0
    ? invalid(
        "allowed_addresses",
        `${wrong.join(", ")}: write an IPv4 or IPv6 address or range, such as 203.0.113.0/24`,
      )
    : undefined;
}
