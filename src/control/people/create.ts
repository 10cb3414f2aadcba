import { isRefusal, type Refusal } from "../../errors.ts";
import { auditedOfMember, type MemberRecord, type NewMember } from "../../records/member.ts";
import { auditInsert } from "../../store/audit.ts";
import { StorageFailure } from "../../store/boundary.ts";
import { emailTaken, memberInserts } from "../../store/members.ts";
import { findOrganization } from "../access.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkWorkspaces } from "../keys/rules.ts";
import { allOf } from "../validation.ts";
import { checkRole, checkStanding } from "./rules.ts";

export async function createMember(
  control: Control,
  caller: Caller,
  wanted: NewMember,
): Promise<MemberRecord | Refusal> {
  const { db, gateway } = control;
  const { organizationId, email } = wanted;
  const organization = await findOrganization(control, caller, organizationId, "members:write");
  if (isRefusal(organization)) return organization;
  const refusal = allOf([...(await refusalsOfNewMember(control, wanted)), checkStanding(caller, wanted, gateway)]);
  if (refusal) return refusal;
  const member: MemberRecord = {
    ...wanted,
    id: control.newId("mem"),
    createdAt: control.now(),
    version: control.newId("ver"),
    lastSignedInAt: null,
  };
  const details = auditedOfMember(member);
  const event = auditEvent(control, caller, { organizationId, action: "member.created", target: member.id, details });
  try {
    await commit(control, undefined, [...memberInserts(db, member), auditInsert(db, event)]);
  } catch (error) {
    if (error instanceof StorageFailure || !(await emailTaken(db, organizationId, email))) throw error;
    return EMAIL_TAKEN;
  }
  return member;
}

const EMAIL_TAKEN: Refusal = {
  code: "conflict",
  problem: "The organization already has a member with this email address.",
  field: "email",
};

/** Of all fields that cannot be as they are. What is `undefined` is not checked. */
export async function refusalsOfNewMember(
  control: Control,
  { organizationId, email, role, workspaceIds }: Partial<NewMember> & Pick<NewMember, "organizationId">,
): Promise<(Refusal | undefined)[]> {
  const isTaken = email !== undefined && (await emailTaken(control.db, organizationId, email));
  return [
    isTaken ? EMAIL_TAKEN : undefined,
    role === undefined ? undefined : checkRole(role, control.gateway),
    workspaceIds && (await checkWorkspaces(control, organizationId, workspaceIds)),
  ];
}
