import type { Refusal } from "../../errors.ts";
import { auditedOfOrganization, type NewOrganization, type Organization } from "../../records/organization.ts";
import { auditInsert } from "../../store/audit.ts";
import { organizationInsert } from "../../store/organizations.ts";
import { requireRoot } from "../access.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkPlan } from "../keys/rules.ts";
import { allOf } from "../validation.ts";
import { checkEnvironments } from "./rules.ts";

export async function createOrganization(
  control: Control,
  caller: Caller,
  wanted: NewOrganization,
): Promise<Organization | Refusal> {
  const { gateway, db } = control;
  const refusal =
    requireRoot(caller, "create organizations") ??
    allOf([checkEnvironments(wanted.environments, gateway), checkPlan(wanted.plan, gateway)]);
  if (refusal) return refusal;
  const organization: Organization = {
    id: control.newId("org"),
    name: wanted.name,
    plan: wanted.plan,
    environments: wanted.environments ?? Object.keys(gateway.environments),
    keyQuota: wanted.keyQuota,
    location: wanted.location,
    status: "active",
    trialStartedAt: null,
    createdAt: control.now(),
    version: control.newId("ver"),
  };
  const { id } = organization;
  const event = auditEvent(control, caller, {
    organizationId: id,
    action: "organization.created",
    target: id,
    details: auditedOfOrganization(organization),
  });
  await commit(control, undefined, [organizationInsert(db, organization), auditInsert(db, event)]);
  return organization;
}
