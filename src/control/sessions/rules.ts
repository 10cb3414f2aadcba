/** Whose sign-in links and sessions a caller can manage. */

import type { Refusal } from "../../errors.ts";
import type { MemberRecord } from "../../records/member.ts";
import { readMember } from "../../store/members.ts";
import { forbidden } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { isOwner } from "../people/rules.ts";
import { invalid, notFound } from "../validation.ts";

/** A key is held to its environment, its life and its limits, and a session is not: so no key makes, sees or ends one. */
export function refuseKey({ standing }: Caller): Refusal | undefined {
  if (standing.kind === "root" || !standing.key) return undefined;
  return forbidden("A key cannot do this; use the root token, or sign in.");
}

/** Everyone's own, an owner's whole organization, and all for the root token. */
export function managesSessionsOf(
  { standing }: Caller,
  { organizationId, memberId }: { organizationId: string; memberId: string },
): boolean {
  if (standing.kind === "root") return true;
  return standing.organizationId === organizationId && (standing.memberId === memberId || isOwner(standing));
}

/** The member whose sessions are meant: the caller if none is named. */
export async function findHolder(
  control: Control,
  caller: Caller,
  named: string | undefined,
): Promise<MemberRecord | Refusal> {
  const refusal = refuseKey(caller);
  if (refusal) return refusal;
  const { standing } = caller;
  const memberId = named ?? (standing.kind === "member" ? standing.memberId : null);
  if (memberId === null) return invalid("member_id", "is required: the root token has no sessions");
  const member = await readMember(control.db, memberId);
  return member && managesSessionsOf(caller, { ...member, memberId }) ? member : notFound("member");
}
