/** What every request with a key would get, whatever it asks for: its status, and why. */

import { type KeyRecord, type Lifelessness, lifelessnessOf, PERMISSIONS, REACHES } from "./key.ts";
import { type Plans, planIn } from "./plans.ts";
import { type Policy, rightsOf } from "./rights.ts";

/** `blocked`: for a reason outside the key itself. */
export const KEY_STATUSES = ["active", "blocked", "disabled", "expired", "revoked"] as const;
export type KeyStatus = (typeof KEY_STATUSES)[number];

/** The code of the refusal. */
export type StatusReason = Lifelessness | "plan_unknown" | "environment_mismatch" | "scope_missing";

const STATUS_OF: Readonly<Record<StatusReason, KeyStatus>> = {
  key_revoked: "revoked",
  key_expired: "expired",
  organization_suspended: "blocked",
  member_inactive: "blocked",
  key_disabled: "disabled",
  plan_unknown: "blocked",
  environment_mismatch: "blocked",
  scope_missing: "blocked",
};
export const STATUS_REASONS = Object.keys(STATUS_OF) as [StatusReason, ...StatusReason[]];

/** The part of the configuration that decides. */
export interface StatusTerms {
  readonly policy: Policy;
  readonly plans: Plans;
  readonly environments: Readonly<Record<string, unknown>>;
}

/** In the order in which a request would meet them; `null` if there is none. The store says the same in SQL. */
export function statusReasonOf(key: KeyRecord, terms: StatusTerms, now: number): StatusReason | null {
  const lifeless = lifelessnessOf(key, terms.policy.actAs === "member", now);
  if (lifeless) return lifeless;
  if (key.plan !== null && !planIn(terms.plans, key.plan)) return "plan_unknown";
  if (!Object.hasOwn(terms.environments, key.environment)) return "environment_mismatch";
  return rightsOf(key, terms.policy).effective.size === 0 ? "scope_missing" : null;
}

export function statusFor(reason: StatusReason | null): KeyStatus {
  return reason === null ? "active" : STATUS_OF[reason];
}

/**
 * Each name of a scope or bundle that gives a key of this role, permission and reach any right at all. The role is empty
 * where keys act as their organization.
 */
export function usefulNames(policy: Policy): readonly UsefulName[] {
  const names = [
    ...Object.keys(policy.bundles),
    ...Object.entries(policy.resources).flatMap(([resource, { actions }]) =>
      actions.map((action) => `${resource}:${action}`),
    ),
  ];
  const roles = policy.actAs === "member" ? Object.keys(policy.roles) : [""];
  const useful: UsefulName[] = [];
  for (const role of roles) {
    const member = { id: "", role, removed: false, workspaces: [] };
    for (const permission of PERMISSIONS) {
      for (const reach of REACHES) {
        for (const name of names) {
          const key = { ...ANY_KEY, member, permission, reach, scopes: [name] };
          if (rightsOf(key, policy).effective.size > 0) useful.push([role, permission, reach, name]);
        }
      }
    }
  }
  return useful;
}

export type UsefulName = readonly [role: string, permission: string, reach: string, name: string];

const ANY_KEY: Omit<KeyRecord, "member" | "permission" | "reach" | "scopes"> = {
  ...{ id: "", version: "", environment: "", workspaces: [], plan: null, limits: null, allowedAddresses: [] },
  ...{ secrets: [], createdAt: 0, expiresAt: 0, disabledAt: null, revokedAt: null },
  organization: { id: "", status: "active" },
};
