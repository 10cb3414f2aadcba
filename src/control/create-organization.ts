import type { Refusal } from "../errors.ts";
import { auditInsert } from "../store/audit.ts";
import { type Organization, organizationInsert } from "../store/organizations.ts";
import { auditEvent, type Caller, type Control } from "./control.ts";
import { invalid, unknownNames } from "./validation.ts";

export interface NewOrganization {
  readonly name: string;
  readonly plan: string | null;
  /** `undefined`: all of them. */
  readonly environments: readonly string[] | undefined;
  readonly keyQuota: number | null;
}

export async function createOrganization(
  control: Control,
  caller: Caller,
  wanted: NewOrganization,
): Promise<Organization | Refusal> {
  const { gateway, db } = control;
  const known = Object.keys(gateway.environments);
  const unknown = unknownNames(wanted.environments ?? [], known);
  if (unknown.length > 0)
    return invalid("environments", `there is no ${unknown.join(", ")}; choose of ${known.join(", ")}`);
  if (wanted.plan !== null && !Object.hasOwn(gateway.plans, wanted.plan)) {
    return invalid("plan", `there is no plan "${wanted.plan}"; choose of ${Object.keys(gateway.plans).join(", ")}`);
  }
  const organization: Organization = {
    id: control.newId("org"),
    name: wanted.name,
    plan: wanted.plan,
    environments: wanted.environments ?? known,
    keyQuota: wanted.keyQuota,
    status: "active",
    trialStartedAt: null,
    createdAt: control.now(),
  };
  const { id, name, plan, environments, keyQuota } = organization;
  const details = { name, plan, environments, key_quota: keyQuota };
  const event = auditEvent(control, caller, {
    organizationId: id,
    action: "organization.created",
    target: id,
    details,
  });
  await db.batch([organizationInsert(db, organization), auditInsert(db, event)]);
  return organization;
}
