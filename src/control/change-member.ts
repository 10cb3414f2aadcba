import type { Refusal } from "../errors.ts";
import { auditInsertIf } from "../store/audit.ts";
import { type MemberRecord, memberRemoval, memberUpdates, readMember } from "../store/members.ts";
import { commit, type Effect } from "./commit.ts";
import { auditEvent, type Caller, type Control } from "./control.ts";
import { checkWorkspaces } from "./key-rules.ts";
import { checkRole } from "./member-rules.ts";
import { differences, notFound, withoutUndefined } from "./validation.ts";

export interface MemberChange {
  readonly name?: string | undefined;
  readonly role?: string | undefined;
  readonly workspaceIds?: readonly string[] | undefined;
}

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
  const member = await readMember(db, id);
  if (!member) return notFound("member");
  const { organizationId } = member;
  const { role, workspaceIds } = change;
  const refusal =
    (role === undefined ? undefined : checkRole(role, gateway)) ??
    (await checkWorkspaces(control, organizationId, workspaceIds ?? []));
  if (refusal) return refusal;
  const changed: MemberRecord = { ...member, ...withoutUndefined(change), version: control.newId("ver") };
  const details = differences(member, change);
  const event = auditEvent(control, caller, { organizationId, action: "member.changed", target: id, details });
  const touchesRights = "role" in details || "workspaceIds" in details;
  const { changes, effect } = await commit(control, touchesRights ? { member: id } : undefined, [
    ...memberUpdates(db, changed, member.version),
    auditInsertIf(db, event, "members", changed.version),
  ]);
  return changes[0] === 0 ? lostRace : { member: changed, effect };
}

/** Keys that act as the member are dead from then on. */
export async function removeMember(control: Control, caller: Caller, id: string): Promise<ChangedMember | Refusal> {
  const { db } = control;
  const member = await readMember(db, id);
  if (!member) return notFound("member");
  const version = control.newId("ver");
  const { organizationId, email } = member;
  const event = auditEvent(control, caller, {
    organizationId,
    action: "member.removed",
    target: id,
    details: { email },
  });
  const { changes, effect } = await commit(control, { member: id }, [
    memberRemoval(db, { id, at: control.now(), version }),
    auditInsertIf(db, event, "members", version),
  ]);
  return changes[0] === 0 ? notFound("member") : { member, effect };
}

const lostRace: Refusal = { code: "conflict", problem: "Somebody else changed the member at the same time." };
