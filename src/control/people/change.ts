import { isRefusal, type Refusal } from "../../errors.ts";
import type { MemberChange, MemberRecord } from "../../records/member.ts";
import { auditInsertIf } from "../../store/audit.ts";
import { memberRemoval, memberUpdates } from "../../store/members.ts";
import { findMember, forbidden } from "../access.ts";
import { commit, commitEnd, commitNothing, type Effect, earlierEffect } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkHiddenKeys } from "../keys/hidden.ts";
import { checkWorkspaces } from "../keys/rules.ts";
import { allOf, checkVersion, differences, lostRace, withoutUndefined } from "../validation.ts";
import { checkLastOwner, checkRole, checkStanding, ownerRoles } from "./rules.ts";

export interface ChangedMember {
  readonly member: MemberRecord;
  readonly effect: Effect;
}

/** The keys that act as the member change with them. */
export async function changeMember(
  control: Control,
  caller: Caller,
  id: string,
  change: MemberChange,
): Promise<ChangedMember | Refusal> {
  const { db, gateway } = control;
  const member = await findMember(control, caller, id, "members:write");
  if (isRefusal(member)) return member;
  const changed: MemberRecord = { ...member, ...withoutUndefined(change), version: control.newId("ver") };
  const details = differences(member, change);
  const refusal =
    checkVersion(caller, member.version) ?? (await checkChange(control, caller, member, changed, details));
  if (refusal) return refusal;
  if (Object.keys(details).length === 0) {
    const named = { organizationId: member.organizationId, action: "member.changed", target: id };
    const lost = await commitNothing(control, caller, "members", member.version, named);
    return lost ?? { member, effect: await earlierEffect(control, { member: id }) };
  }
  const owners = ownerRoles(gateway);
  const kept =
    owners.includes(member.role) && !owners.includes(changed.role)
      ? await checkLastOwner(control, caller, member)
      : { stayingRoles: [] };
  if (isRefusal(kept)) return kept;
  const { organizationId } = member;
  const event = auditEvent(control, caller, { organizationId, action: "member.changed", target: id, details });
  const { changes, effect } = await commit(control, touchesRights(details) ? { member: id } : undefined, [
    ...memberUpdates(db, changed, member.version, kept.stayingRoles),
    auditInsertIf(db, event, "members", changed.version),
  ]);
  return changes[0] === 0 ? lostRace(caller, "member") : { member: changed, effect };
}

const touchesRights = (details: object) => "role" in details || "workspaceIds" in details;

async function checkChange(
  control: Control,
  caller: Caller,
  member: MemberRecord,
  changed: MemberRecord,
  details: object,
): Promise<Refusal | undefined> {
  const { gateway } = control;
  const { standing } = caller;
  return (
    allOf(await refusalsOfMemberChange(control, member, changed)) ??
    (touchesRights(details) && standing.kind === "member" && standing.memberId === member.id
      ? forbidden("You cannot change your own role or workspaces; ask another owner.", "role")
      : undefined) ??
    checkStanding(caller, { role: member.role, workspaceIds: [] }, gateway) ??
    checkStanding(caller, { role: changed.role, workspaceIds: givenOrTaken(member, changed) }, gateway) ??
    ("role" in details ? await checkWhole(control, caller, member) : undefined)
  );
}

/** Of all fields of the change that cannot be as they are. What is `undefined` is not checked. */
export async function refusalsOfMemberChange(
  control: Control,
  { organizationId }: MemberRecord,
  { role, workspaceIds }: MemberChange,
): Promise<(Refusal | undefined)[]> {
  return [
    role === undefined ? undefined : checkRole(role, control.gateway),
    workspaceIds && (await checkWorkspaces(control, organizationId, workspaceIds)),
  ];
}

function givenOrTaken(member: MemberRecord, changed: MemberRecord): string[] {
  return [...new Set(member.workspaceIds).symmetricDifference(new Set(changed.workspaceIds))];
}

/** A role is for all workspaces of a member, and so is their removal. */
async function checkWhole(control: Control, caller: Caller, member: MemberRecord): Promise<Refusal | undefined> {
  const { policy } = control.gateway;
  const foreign = checkStanding(caller, member, control.gateway);
  if (foreign || policy.actAs === "organization") return foreign;
  const { id, organizationId } = member;
  return checkHiddenKeys(control, caller, organizationId, { memberId: id }, HAS_HIDDEN_KEYS);
}

const HAS_HIDDEN_KEYS = "Keys that you do not manage act as this member.";

/** Keys that act as the member are dead from then on. */
export async function removeMember(control: Control, caller: Caller, id: string): Promise<ChangedMember | Refusal> {
  const { db } = control;
  const member = await findMember(control, caller, id, "members:delete");
  if (isRefusal(member)) return member;
  const refusal = checkVersion(caller, member.version) ?? (await checkWhole(control, caller, member));
  if (refusal) return refusal;
  const kept = await checkLastOwner(control, caller, member);
  if (isRefusal(kept)) return kept;
  const version = control.newId("ver");
  const { organizationId, email } = member;
  const event = auditEvent(control, caller, {
    organizationId,
    action: "member.removed",
    target: id,
    details: { email },
  });
  const { changes, effect } = await commitEnd(control, { member: id }, [
    memberRemoval(db, { id, at: control.now(), version, from: member.version, stayingRoles: kept.stayingRoles }),
    auditInsertIf(db, event, "members", version),
  ]);
  return changes[0] === 0 ? lostRace(caller, "member") : { member, effect };
}
