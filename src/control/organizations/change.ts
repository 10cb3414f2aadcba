import { isRefusal, type Refusal } from "../../errors.ts";
import type { Organization, OrganizationChange } from "../../records/organization.ts";
import { auditInsertIf } from "../../store/audit.ts";
import { organizationUpdate } from "../../store/organizations.ts";
import { findOrganization, requireRoot } from "../access.ts";
import { commit, commitEnd, commitNothing, type Effect, earlierEffect } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkPlan } from "../keys/rules.ts";
import { allOf, checkVersion, differences, lostRace, withoutUndefined } from "../validation.ts";
import { checkEnvironments } from "./rules.ts";

export interface ChangedOrganization {
  readonly organization: Organization;
  readonly effect: Effect;
}

export async function changeOrganization(
  control: Control,
  caller: Caller,
  id: string,
  change: OrganizationChange,
): Promise<ChangedOrganization | Refusal> {
  const { db, gateway } = control;
  const organization = await findOrganization(control, caller, id, "organizations:write");
  if (isRefusal(organization)) return organization;
  const details = differences(organization, change);
  const { name: _, ...terms } = details;
  const refusal =
    (Object.keys(terms).length > 0 ? requireRoot(caller, "change an organization's terms") : undefined) ??
    checkVersion(caller, organization.version) ??
    allOf([checkEnvironments(change.environments, gateway), checkPlan(change.plan ?? null, gateway)]);
  if (refusal) return refusal;
  const changed: Organization = { ...organization, ...withoutUndefined(change), version: control.newId("ver") };
  const named = { organizationId: id, action: "organization.changed", target: id };
  if (Object.keys(details).length === 0) {
    const lost = await commitNothing(control, caller, "organizations", organization.version, named);
    return lost ?? { organization, effect: await earlierEffect(control, { organization: id }) };
  }
  const event = auditEvent(control, caller, { ...named, details });
  const touchesRights = "plan" in details || "status" in details;
  const write = "status" in details ? commitEnd : commit;
  const { changes, effect } = await write(control, touchesRights ? { organization: id } : undefined, [
    organizationUpdate(db, changed, organization.version),
    auditInsertIf(db, event, "organizations", changed.version),
  ]);
  return changes[0] === 0 ? lostRace(caller, "organization") : { organization: changed, effect };
}
