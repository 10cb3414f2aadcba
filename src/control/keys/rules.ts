/** Which values a key can have, by the configuration and by what its organization has. */

import type { Gateway } from "../../config/compile.ts";
import type { KeySettings } from "../../config/schema.ts";
import { parseRange } from "../../domain/address.ts";
import { DAY_MS } from "../../domain/durations.ts";
import type { Reach } from "../../domain/key.ts";
import { isScope, scopesOf } from "../../domain/scope.ts";
import type { Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { unknownWorkspaces } from "../../store/workspaces.ts";
import type { Control } from "../control.ts";
import { allOf, invalid } from "../validation.ts";

export function checkEnvironment(name: string, { environments }: Gateway): Refusal | undefined {
  if (Object.hasOwn(environments, name)) return undefined;
  return invalid("environment", `does not exist: "${name}"; choose from ${Object.keys(environments).join(", ")}`);
}

type Terms = Pick<ManagedKey, "environment" | "reach" | "workspaceIds" | "scopes" | "plan" | "allowedAddresses"> & {
  readonly expiresAt: number | null;
};

/** What does not need the database. What is `undefined` is not checked. */
export function checkTerms(
  { environment, reach, workspaceIds, scopes, plan, allowedAddresses, expiresAt }: Partial<Terms>,
  gateway: Gateway,
  now: number,
): Refusal | undefined {
  return allOf([
    environment === undefined ? undefined : checkEnvironment(environment, gateway),
    reach && checkReach(reach, workspaceIds ?? [], gateway.keys),
    scopes && checkScopes(scopes, gateway),
    checkPlan(plan ?? null, gateway),
    allowedAddresses && checkAddresses(allowedAddresses),
    checkLife(expiresAt ?? null, gateway.keys, now),
  ]);
}

export function checkScopes(names: readonly string[], { policy }: Gateway): Refusal | undefined {
  const unknown = names.filter((name) => !isScope(name, policy.resources) && !Object.hasOwn(policy.bundles, name));
  if (unknown.length === 0) return undefined;
  const known = [...Object.keys(policy.bundles), ...scopesOf(policy.resources)];
  return invalid("scopes", `does not exist: ${unknown.join(", ")}; choose from ${known.join(", ")}`);
}

export function checkPlan(plan: string | null, { plans }: Gateway): Refusal | undefined {
  if (plan === null || Object.hasOwn(plans, plan)) return undefined;
  const known = Object.keys(plans);
  return invalid(
    "plan",
    `there is no plan "${plan}"; ${known.length > 0 ? `choose from ${known.join(", ")}` : "none is configured"}`,
  );
}

export function checkReach(reach: Reach, workspaceIds: readonly string[], keys: KeySettings): Refusal | undefined {
  if (!keys.reaches.includes(reach)) return invalid("reach", `must be ${keys.reaches.join(" or ")}`);
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
  const latest = now + lifetimeDays * DAY_MS;
  return expiresAt > latest ? invalid("expires_at", `must be within ${lifetimeDays} days from now`) : undefined;
}

/** The fields that the configuration requires, beside those that the API does. What is `undefined` does not change. */
export function checkRequired(
  { description, expiresAt, allowedAddresses }: RequiredTerms,
  { required }: KeySettings,
): Refusal | undefined {
  const isMissing = {
    description: description !== undefined && (description ?? "").trim() === "",
    expires_at: expiresAt === null,
    allowed_addresses: allowedAddresses?.length === 0,
  };
  const missing = required.filter((field) => isMissing[field]);
  if (missing.length === 0) return undefined;
  return { code: "validation_failed", errors: missing.map((field) => ({ field, problem: "is required" })) };
}

interface RequiredTerms {
  readonly description?: string | null | undefined;
  readonly expiresAt?: number | null | undefined;
  readonly allowedAddresses?: readonly string[] | undefined;
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
  return refuseWorkspaces(await unknownWorkspaces(db, organizationId, workspaceIds));
}

export function refuseWorkspaces(unknown: readonly string[]): Refusal | undefined {
  return unknown.length > 0
    ? invalid("workspace_ids", `the organization has no workspace ${unknown.join(", ")}`)
    : undefined;
}

/** `isMember`: whether the organization has this member now. */
export function checkMembership(memberId: string | null, isMember: boolean, { policy }: Gateway): Refusal | undefined {
  if (memberId !== null) return isMember ? undefined : invalid("member_id", "is not a member of the organization");
  return policy.actAs === "member" ? invalid("member_id", "is required, because keys act as a member") : undefined;
}
