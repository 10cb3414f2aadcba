/** Sign-in links and sessions. */

import * as z from "zod";
import { givenId } from "../../records/forms.ts";
import type { Session } from "../../store/sessions.ts";
import type { Invitation } from "../../store/sign-in-links.ts";
import { page } from "./page.ts";

export const signInLinkBody = z.strictObject({
  member_id: givenId,
  next: z.string().max(2000).default("/"),
});

export function renderInvitation({ memberId, createdBy, createdAt, expiresAt }: Invitation) {
  return {
    member_id: memberId,
    created_by: createdBy,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  };
}

const ofMember = { member_id: givenId.optional() };

export const sessionPageQuery = z.strictObject({ ...page, ...ofMember });

export const sessionsQuery = z.strictObject(ofMember);

/** `current`: by what the call was made. */
export function renderSession(session: Session, current: string) {
  const { id, organizationId, memberId, createdAt, lastSeenAt, expiresAt, device, place } = session;
  return {
    id,
    organization_id: organizationId,
    member_id: memberId,
    current: id === current,
    created_at: new Date(createdAt).toISOString(),
    last_seen_at: new Date(lastSeenAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
    device,
    place,
  };
}
