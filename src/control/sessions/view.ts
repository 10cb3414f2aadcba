/** The platform team looks at the console as a member sees it. Meanwhile its session changes nothing. */

import { isRefusal, type Refusal } from "../../errors.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Organization } from "../../records/organization.ts";
import { auditInsert } from "../../store/audit.ts";
import { readMember } from "../../store/members.ts";
import { readOrganization } from "../../store/organizations.ts";
import { rootViewUpdate } from "../../store/root-sessions.ts";
import { findMember, forbidden } from "../access.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";

/** Who is looked at. */
export interface Viewed {
  readonly member: MemberRecord;
  readonly organization: Pick<Organization, "name" | "status">;
}

export async function beginView(control: Control, caller: Caller, memberId: string): Promise<MemberRecord | Refusal> {
  if (caller.standing.kind !== "root") return forbidden("Only the platform team can look at the console as a member.");
  const member = await findMember(control, caller, memberId, "members:read");
  if (isRefusal(member)) return member;
  const { organizationId } = member;
  const event = auditEvent(control, caller, { organizationId, action: "member.viewed", target: memberId, details: {} });
  const { db } = control;
  await commit(control, undefined, [
    rootViewUpdate(db, { id: caller.via, viewedMemberId: memberId }),
    auditInsert(db, event),
  ]);
  return member;
}

export async function endView(control: Control, { via }: Caller): Promise<void> {
  await commit(control, undefined, [rootViewUpdate(control.db, { id: via, viewedMemberId: null })]);
}

/** `undefined` without a view, or if its member was removed. */
export async function findViewed(
  { db }: Control,
  { viewedMemberId }: Pick<Caller, "viewedMemberId">,
): Promise<Viewed | undefined> {
  const member = viewedMemberId === undefined ? undefined : await readMember(db, viewedMemberId);
  const organization = member && (await readOrganization(db, member.organizationId));
  return member && organization ? { member, organization } : undefined;
}
