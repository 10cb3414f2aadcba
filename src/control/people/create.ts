import { isRefusal, type Refusal } from "../../errors.ts";
import { auditedOfMember, type MemberRecord, type NewMember } from "../../records/member.ts";
import { auditInsert } from "../../store/audit.ts";
import { StorageFailure } from "../../store/boundary.ts";
import { emailTaken, memberInserts } from "../../store/members.ts";
import { findOrganization } from "../access.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkWorkspaces } from "../keys/rules.ts";
import { checkRole, checkStanding } from "./rules.ts";

export async function createMember(
  control: Control,
  caller: Caller,
  wanted: NewMember,
): Promise<MemberRecord | Refusal> {
  const { db, gateway } = control;
  const { organizationId, email, role, workspaceIds } = wanted;
  const organization = await findOrganization(control, caller, organizationId, "members:write");
  if (isRefusal(organization)) return organization;
  const refusal =
    checkRole(role, gateway) ??
    (await checkWorkspaces(control, organizationId, workspaceIds)) ??
    checkStanding(caller, wanted, gateway);
  if (refusal) return refusal;
  const member: MemberRecord = {
    ...wanted,
    id: control.newId("mem"),
    createdAt: control.now(),
    version: control.newId("ver"),
  };
  const details = auditedOfMember(member);
  const event = auditEvent(control, caller, { organizationId, action: "member.created", target: member.id, details });
  try {
    await commit(control, undefined, [...memberInserts(db, member), auditInsert(db, event)]);
  } catch (error) {
    if (error instanceof StorageFailure || !(await emailTaken(db, organizationId, email))) throw error;
    return { code: "conflict", problem: "The organization already has a member with this email address." };
  }
  return member;
}
