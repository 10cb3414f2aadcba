/** The status of keys in SQL, for lists that filter by it, as domain/key-status.ts decides it. A test holds the two equal. */

import { type KeyStatus, type StatusReason, statusFor, type UsefulName } from "../domain/key-status.ts";

/** What decides beside a row of `api_keys` and its member. All keys are of one organization. */
export interface StatusFacts {
  readonly actsAsMember: boolean;
  readonly suspended: boolean;
  /** The organization's. */
  readonly plan: string | null;
  readonly plans: readonly string[];
  readonly environments: readonly string[];
  readonly useful: readonly UsefulName[];
}

type Bind = (value: string | number) => string;

/** Of `api_keys`. What it reads of a key is in the indexes of lists, except for its plan, which has a separate index. */
export function hasStatus(
  status: KeyStatus,
  facts: StatusFacts,
  organization: string,
  now: string,
  bind: Bind,
): string {
  const reasons = conditionsOf(facts, organization, now, bind);
  const cases = reasons.map(([reason, condition]) => `WHEN ${condition} THEN '${statusFor(reason)}'`);
  // Most keys are not disabled, which the index of a list says by itself, without a look at their members.
  const cheap = status === "disabled" ? "disabled_at IS NOT NULL AND " : "";
  return `${cheap}CASE ${cases.join("\n          ")} ELSE '${statusFor(null)}' END = '${status}'`;
}

/** The first that holds is the reason. */
function conditionsOf(
  { actsAsMember, suspended, plan, plans, environments, useful }: StatusFacts,
  organization: string,
  now: string,
  bind: Bind,
): [StatusReason, string][] {
  const list = (values: readonly string[]) => `(SELECT value FROM json_each(${bind(JSON.stringify(values))}))`;
  const withPlan = (condition: string) =>
    `(SELECT id FROM api_keys WHERE organization_id = ${organization} AND plan IS NOT NULL AND plan ${condition})`;
  const role = actsAsMember ? "(SELECT role FROM members WHERE id = member_id)" : "''";
  const names = useful.map((parts) => parts.join("\n"));
  return [
    ["key_revoked", "revoked_at IS NOT NULL"],
    ["key_expired", `expires_at <= ${now}`],
    ["organization_suspended", suspended ? "TRUE" : "FALSE"],
    ["member_inactive", actsAsMember ? `NOT ${HAS_MEMBER}` : "FALSE"],
    ["key_disabled", "disabled_at IS NOT NULL"],
    [
      "plan_unknown",
      plan === null || plans.includes(plan)
        ? `id IN ${withPlan(`NOT IN ${list(plans)}`)}`
        : `id NOT IN ${withPlan(`IN ${list(plans)}`)}`,
    ],
    ["environment_mismatch", `environment NOT IN ${list(environments)}`],
    [
      "scope_missing",
      `NOT EXISTS (SELECT 1 FROM json_each(scope_list)
            WHERE ${role} || char(10) || permission || char(10) || reach || char(10) || json_each.value IN ${list(names)})`,
    ],
  ];
}

const HAS_MEMBER = "EXISTS (SELECT 1 FROM members WHERE id = member_id AND removed_at IS NULL)";
const LOST_MEMBER = "EXISTS (SELECT 1 FROM members WHERE id = member_id AND removed_at IS NOT NULL)";

/** Of `api_keys`: keys that hold a place of their organization's quota, because they work or can work again. */
export function holdsPlace(actsAsMember: boolean, now: string): string {
  const lives = `revoked_at IS NULL AND expires_at > ${now}`;
  return actsAsMember ? `${lives} AND NOT ${LOST_MEMBER}` : lives;
}

/** How many keys of the organization hold a place. Of all living keys an index is read, and of those that lost their member the rest. */
export function placesHeld(actsAsMember: boolean, organization: string, now: string): string {
  const lives = `revoked_at IS NULL AND expires_at > ${now}`;
  const all = `SELECT count(*) FROM api_keys WHERE organization_id = ${organization} AND ${lives}`;
  if (!actsAsMember) return `(${all})`;
  const lost = `SELECT count(*) FROM members m CROSS JOIN api_keys ON member_id = m.id AND api_keys.organization_id = ${organization}
    WHERE m.organization_id = ${organization} AND m.removed_at IS NOT NULL AND ${lives}`;
  return `((${all}) - (${lost}))`;
}
