/** An invitation is a sign-in link for a member who has never signed in. It lives for days, and can be revoked. */

import { isRefusal, type Refusal } from "../../errors.ts";
import { type Invitation, invitationEnding, readInvitations } from "../../store/sign-in-links.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { notFound } from "../validation.ts";
import { findGuest, findInvited, linkUse, type MadeSignInLink, makeLink } from "./sign-in-link.ts";

export async function createInvitation(
  control: Control,
  caller: Caller,
  memberId: string,
): Promise<MadeSignInLink | Refusal> {
  const member = await findGuest(control, caller, memberId);
  if (isRefusal(member)) return member;
  if (member.lastSignedInAt !== null) {
    return { code: "conflict", problem: "The member has signed in before. Create a sign-in link for them." };
  }
  return makeLink(control, caller, member, { next: "/", lifeMs: control.gateway.invitationMs, invites: true });
}

/** The one that can still be used. */
export async function findInvitation(
  control: Control,
  caller: Caller,
  memberId: string,
): Promise<Invitation | Refusal> {
  const member = await findInvited(control, caller, memberId);
  if (isRefusal(member)) return member;
  return (await findInvitations(control, { member: memberId })).get(memberId) ?? notFound("invitation");
}

/** Its link stops working at once. One that cannot be used at the moment ends too: its creator or the member can get their role back. */
export async function revokeInvitation(
  control: Control,
  caller: Caller,
  memberId: string,
): Promise<Invitation | Refusal> {
  const member = await findInvited(control, caller, memberId);
  if (isRefusal(member)) return member;
  const use = { ...linkUse(control), dormantToo: true };
  const invitation = (await readInvitations(control.db, { member: memberId }, use)).get(memberId);
  if (!invitation) return notFound("invitation");
  const { organizationId } = member;
  const event = { organizationId, action: "invitation.revoked", target: memberId, details: {} };
  await commit(control, undefined, invitationEnding(control.db, auditEvent(control, caller, event)));
  return invitation;
}

/** Those that can still be used, by the member's id. */
export function findInvitations(
  control: Control,
  of: { readonly member: string } | { readonly organization: string },
): Promise<ReadonlyMap<string, Invitation>> {
  return readInvitations(control.db, of, linkUse(control));
}
