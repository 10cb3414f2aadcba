/** What a key can do, in words, by the gateway's own functions. */

import type { Gateway } from "../../config/compile.ts";
import { limitsApplying } from "../../control/keys/limits.ts";
import type { AppliedLimit } from "../../domain/applied-limits.ts";
import type { KeyRecord } from "../../domain/key.ts";
import { type StatusReason, statusReasonOf } from "../../domain/key-status.ts";
import { type Narrowing, rightsOf } from "../../domain/rights.ts";
import { actionOf, expand, resourceOf, type Scope, scopesOf } from "../../domain/scope.ts";
import type { NameOf } from "../frame/directory.ts";
import { dayOf, limitWords, listOf, plural } from "../frame/words.ts";

export function summaryOf(key: KeyRecord, gateway: Gateway, workspaceName: NameOf, now: number): string[] {
  return [...abilitiesOf(key, gateway, workspaceName, now), ...termsOf(key, gateway, now)];
}

/** Until when and how often, if it works. */
function termsOf(key: KeyRecord, gateway: Gateway, now: number): string[] {
  const reason = statusReasonOf(key, gateway, now);
  const isSilent = reason !== null && (reason !== "scope_missing" || key.scopes.length > 0);
  return isSilent ? [] : [...limitsOf(key, gateway), `It expires on ${dayOf(key.expiresAt)}.`];
}

/** Without its limits and its expiry. */
export function abilitiesOf(key: KeyRecord, gateway: Gateway, workspaceName: NameOf, now: number): string[] {
  const { policy, environments, mainEnvironment } = gateway;
  const reason = statusReasonOf(key, gateway, now);
  const { effective, workspaces, lacking } = rightsOf(key, policy);
  const scopes = scopesOf(policy.resources).filter((scope) => effective.has(scope));
  const place = `in ${key.environment}, in ${placeOf(workspaces && [...workspaces].map(workspaceName))}`;
  const lost = [...expand(key.scopes, policy.resources, policy.bundles)].filter((scope) => !effective.has(scope));
  const losing = lost.length > 0 ? [`Chosen, but without effect: ${losses(lost, lacking)}.`] : [];
  if (reason === "scope_missing" && key.scopes.length > 0)
    return [`It does nothing now: ${WHY_NOT[reason]}.`, ...losing];
  if (reason !== null && reason !== "scope_missing") {
    return [`It does nothing now: ${WHY_NOT[reason]}.`, `${RIGHTS[reason]}: ${abilities(scopes)}, ${place}.`];
  }
  const isReal = key.environment === mainEnvironment && Object.keys(environments).length > 1;
  return [
    scopes.length > 0 ? `It can ${abilities(scopes)}.` : "It can do nothing yet: choose scopes.",
    `I${place.slice(1)}.`,
    ...(isReal ? ["This is the main environment, not a sandbox."] : []),
    ...losing,
    ...(policy.actAs === "member" ? ["It can never do more than its member, and stops working when they leave."] : []),
  ];
}

/** Why a key does not work. */
export const WHY_NOT: Record<StatusReason, string> = {
  key_revoked: "it was revoked, which is final",
  key_expired: "it has expired, which is final",
  member_inactive: "its member was removed",
  organization_suspended: "its organization is suspended",
  key_disabled: "it is disabled",
  plan_unknown: "its plan is not configured here",
  environment_mismatch: "its environment is not configured here",
  scope_missing: "none of its scopes has an effect",
};

const PAST = "Its rights were";
const RIGHTS: Record<Exclude<StatusReason, "scope_missing">, string> = {
  key_revoked: PAST,
  key_expired: PAST,
  member_inactive: PAST,
  organization_suspended: "Its rights once the organization is active again",
  key_disabled: "Its rights once it is enabled again",
  plan_unknown: "Its rights once the plan is configured",
  environment_mismatch: "Its rights once the environment is configured",
};

function placeOf(names: readonly string[] | undefined): string {
  if (names === undefined) return "every workspace of the organization";
  if (names.length === 0) return "no workspace yet: choose at least one";
  return names.length === 1 ? `the workspace ${names[0]} only` : `the workspaces ${listOf(names)} only`;
}

function limitsOf(key: KeyRecord, gateway: Gateway): string[] {
  const { applied, plan, unknownPlan } = limitsApplying(key, gateway);
  if (unknownPlan !== undefined)
    return [`Its plan ${unknownPlan} is not configured here, so every request is refused.`];
  if (applied.length === 0) return ["It has no limits."];
  const words = (limits: readonly AppliedLimit[]) =>
    listOf(
      limits.map(({ source, limit }) => `${limitWords(limit)} (${source === "plan" ? `plan ${plan}` : "its own"})`),
    );
  const [binding, others] = [applied.filter(({ boundBy }) => !boundBy), applied.filter(({ boundBy }) => boundBy)];
  const unreached = `Without effect, because another limit is always reached first: ${words(others)}.`;
  return [`Limits: ${words(binding)}.`, ...(others.length > 0 ? [unreached] : [])];
}

/** "read, write and delete signatures and folders, and read integrations" */
function abilities(scopes: readonly Scope[]): string {
  if (scopes.length === 0) return "none";
  const byResource = Map.groupBy(scopes, resourceOf);
  const byActions = Map.groupBy(byResource.keys(), (name) => listOf((byResource.get(name) ?? []).map(actionOf)));
  const parts = [...byActions].map(([actions, names]) => `${actions} ${listOf(names)}`);
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join("; ")}; and ${parts.at(-1)}`;
}

const WHY: Record<Narrowing, string> = {
  scopes: "",
  role: "the member's role does not have it",
  permission: "the key is read only",
  reach: "keys limited to workspaces cannot",
};
const MAX_NAMED = 6;

function losses(lost: readonly Scope[], lacking: (scope: Scope) => Narrowing[]): string {
  const byReason = Map.groupBy(lost, (scope) => WHY[lacking(scope)[0] ?? "scopes"]);
  return [...byReason]
    .map(([why, scopes]) => {
      const named = scopes.length > MAX_NAMED ? plural(scopes.length, "scope") : listOf(scopes);
      return `${named} (${why})`;
    })
    .join("; ");
}
